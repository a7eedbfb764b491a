"""Answers that no honest hub gives, by what is wrong with them."""

import gzip
import itertools
import json
import time

from pool_cases import BASE, COMMIT

SIZE = 1000
DATA = bytes(range(250)) * 4
TAGS = [f"base_model:adapter:{BASE}"]
ROW = {"id": "eve/bad", "sha": COMMIT, "tags": TAGS, "siblings": [{"rfilename": "f"}]}


def answer(body=b"", status="200 OK", length=None, **headers):
    """An answer as it goes over the line; the length is that of the body unless it is given."""
    given = {"Content-Length": len(body) if length is None else length} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = [f"{name}: {value}".encode() for name, value in given.items() if value != ""]
    return b"\r\n".join([f"HTTP/1.1 {status}".encode(), *lines, b"", body])


def part(start, last, size, body, **headers):
    """An answer that holds a part of a file."""
    span = f"bytes {start}-{last}/{size}"
    return answer(body, "206 Partial Content", **{"Content_Range": span, **headers})


def dripping(beginning, drop=b"x"):
    """A hub that sends a byte now and then, for ever."""

    def pieces():
        yield beginning
        for _ in itertools.count():
            time.sleep(0.02)
            yield drop

    return pieces


def flood(beginning, size):
    """A hub that sends many bytes."""

    def pieces():
        yield beginning
        block = b"[" * 1_000_000
        yield from itertools.repeat(block, size // len(block))

    return pieces


def bomb():
    """A megabyte that unpacks to a gigabyte."""
    return gzip.compress(bytes(10**6)) * 1000


# Rows of a listing, beside a row that is as it should be, and the reason that they get, if any.
ROWS = {
    "null": (None, "unreadable_repository"),
    "a number": (7, "unreadable_repository"),
    "a text": ("eve/bad", "unreadable_repository"),
    "a list": ([ROW], "unreadable_repository"),
    "an empty object": ({}, "unreadable_repository"),
    "no name": ({**ROW, "id": None}, "unreadable_repository"),
    "a number as name": ({**ROW, "id": 12}, "unreadable_repository"),
    "a list as name": ({**ROW, "id": ["eve/bad"]}, "unreadable_repository"),
    "an empty name": ({**ROW, "id": ""}, "unreadable_repository"),
    "a name of a megabyte": ({**ROW, "id": "e/" + "x" * 10**6}, "unreadable_repository"),
    "half a character as name": ({**ROW, "id": "eve/\ud800"}, "unreadable_repository"),
    "a name with a line break": ({**ROW, "id": "eve/bad\nrow"}, "repo_name"),
    "a name that steers a terminal": ({**ROW, "id": "eve/\x1b[2J"}, "repo_name"),
    "a name that goes up": ({**ROW, "id": "../bad"}, "repo_name"),
    "a name in other letters": ({**ROW, "id": "eve/b\u0430d"}, "repo_name"),
    "tags null": ({**ROW, "tags": None}, "unreadable_repository"),
    "tags as a text": ({**ROW, "tags": "license:mit"}, "unreadable_repository"),
    "tags of numbers": ({**ROW, "tags": [1, 2]}, "unreadable_repository"),
    "tags of lists": ({**ROW, "tags": [["license:mit"]]}, "unreadable_repository"),
    "tags as an object": ({**ROW, "tags": {"license": "mit"}}, "unreadable_repository"),
    "half a character as tag": ({**ROW, "tags": ["license:\udfff"]}, ""),
    "files null": ({**ROW, "siblings": None}, "unreadable_repository"),
    "files as texts": ({**ROW, "siblings": ["f"]}, "unreadable_repository"),
    "a file null": ({**ROW, "siblings": [None]}, "unreadable_repository"),
    "a file without a name": ({**ROW, "siblings": [{}]}, "unreadable_repository"),
    "a number as file": ({**ROW, "siblings": [{"rfilename": 3}]}, "unreadable_repository"),
    "an empty file name": ({**ROW, "siblings": [{"rfilename": ""}]}, "unreadable_repository"),
    "a file name of a megabyte": (
        {**ROW, "siblings": [{"rfilename": "x" * 10**6}]},
        "unreadable_repository",
    ),
    "too many files": ({**ROW, "siblings": [{"rfilename": "f"}] * 5001}, "too_large"),
    "commit null": ({**ROW, "sha": None}, "no_revision"),
    "commit a number": ({**ROW, "sha": 10**39}, "unreadable_repository"),
    "commit a branch": ({**ROW, "sha": "main"}, "no_revision"),
    "commit in other digits": ({**ROW, "sha": "\u0661" * 40}, "no_revision"),
    "commit with a line break": ({**ROW, "sha": COMMIT + "\n"}, "no_revision"),
    "switched off as a text": ({**ROW, "disabled": "no"}, "unreadable_repository"),
    "gated as a list": ({**ROW, "gated": []}, "unreadable_repository"),
    "a date as a number": ({**ROW, "lastModified": 1e400}, "unreadable_repository"),
    "a date as a list": ({**ROW, "lastModified": [2025]}, "unreadable_repository"),
}

# Whole answers to a question, and what is said of them.
PAGES = {
    "nothing": (answer(), "no JSON"),
    "HTML": (answer(b"<html>"), "no JSON"),
    "bad UTF-8": (answer(b'[{"id": "\xff\xfe"}]'), "no JSON"),
    "UTF-16": (answer('[{"id": "a/b"}]'.encode("utf-16")), "no JSON"),
    "half of it": (answer(b'[{"id": "a/b"'), "no JSON"),
    "two of it": (answer(b"[][]"), "no JSON"),
    "a number of a million digits": (answer(b"[" + b"1" * 10**6 + b"]"), "no JSON"),
    "deep lists": (answer(b"[" * 10**6), "no JSON"),
    "deep objects": (answer(b'{"a":' * 200_000), "no JSON"),
    "deep and closed": (answer(b"[" * 10**5 + b"]" * 10**5), "no JSON"),
    "compressed": (answer(bomb(), Content_Encoding="gzip"), "a compressed answer"),
    "compressed twice": (answer(b"", Content_Encoding="gzip, gzip"), "a compressed answer"),
    "compressed in an unknown way": (answer(b"", Content_Encoding="zzz"), "a compressed answer"),
    "says that it is large": (answer(b"[]", length=5 * 10**8), "RemoteProtocolError 7 times"),
    "is large": (flood(answer(length=5 * 10**8), 5 * 10**8), "above 16000000 bytes"),
    "has no end": (flood(answer(length=""), 10**9), "above 16000000 bytes"),
    "a length in other digits": (answer(b"[]", length="\u00b2"), "RemoteProtocolError 7 times"),
    "a negative length": (answer(b"[]", length=-1), "RemoteProtocolError 7 times"),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n", "RemoteProtocolError 7 times"),
    "closed at once": (b"", "RemoteProtocolError 7 times"),
    "endless headers": (
        flood(b"HTTP/1.1 200 OK\r\nX: ", 10**7),
        "RemoteProtocolError 7 times",
    ),
    "a header with a null byte": (answer(b"[]", X_A="a\0b"), "RemoteProtocolError 7 times"),
    "a status that is none": (answer(b"[]", status="999 ?"), "status 999"),
    "no content": (answer(status="204 None"), "status 204"),
    "a part": (part(0, 1, 2, b"[]"), "status 206"),
    "another protocol": (answer(status="101 Switching", length=""), "RemoteProtocolError"),
    "a redirect to nowhere": (answer(status="302 Found"), "status 302"),
    "a redirect to itself": (answer(status="302 Found", Location="?x"), "more than 5 redirects"),
    "a redirect to a file": (answer(status="302 Found", Location="file:///etc/passwd"), "none"),
    "a redirect to no host": (
        answer(status="302 Found", Location="http://"),
        "more than 5 redirects",
    ),
    "a redirect to a bad port": (answer(status="302 Found", Location="http://a:b/"), "none"),
    "a redirect to a bad name": (
        answer(status="302 Found", Location="http://xn--\u00ff/"),
        "found ",
    ),
    "a redirect to another host": (
        answer(status="307 No", Location="http://127.0.0.2:9/x"),
        "a redirect to another host",
    ),
    "an error of ten megabytes": (
        answer(b"[" * 10**7, "400 Bad", X_Error_Message="\x1b[2J"),
        "status 400",
    ),
    "an error as a list": (answer(b"[1]", "403 No", Content_Type="application/json"), "status 403"),
    "an error in depth": (answer(b"[" * 10**6, "404 No"), "status 404"),
    "a wait in other digits": (
        answer(status="429 Slow", Retry_After="\u00b2"),
        "status 429 7 times",
    ),
    "a wait of a thousand digits": (
        answer(status="429 Slow", RateLimit='"api";r=0;t=' + "9" * 5000),
        "status 429 7 times",
    ),
    "a wait until a year that is none": (
        answer(status="429 Slow", Retry_After="Mon, 01 Jan 0001 00:00:00 -0000"),
        "status 429 7 times",
    ),
    "a wait of years": (answer(status="429 Slow", Retry_After="999999999"), "a wait of 999999999"),
    "cookies": (answer(b"{", Set_Cookie="a=" + "b" * 5000 + "; max-age=\u00b2"), "no JSON"),
    "headers that creep": (dripping(b"HTTP/1.1 200 OK\r\nX: "), "headers that creep 7 times"),
    "interim answers for ever": (
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        "headers that creep 7 times",
    ),
    "a body that creeps": (dripping(answer(length=10**6)), "a body that creeps 7 times"),
    "a chunk that creeps": (
        dripping(answer(length="", Transfer_Encoding="chunked") + b"5;"),
        "a body that creeps 7 times",
    ),
}

# Answers that are lists or objects, but not of repositories.
NOT_LISTS = {
    "null": b"null",
    "a number": b"12",
    "a text": b'"repositories"',
    "an object": json.dumps(ROW).encode(),
    "not a number": b"NaN",
}

# Answers to a question for bytes 500 to 600 of a file of 1,000, and the reason for which they are
# refused.
FILES = {
    "another start": (part(0, 99, SIZE, DATA[:100]), "unavailable"),
    "a later start": (part(600, 699, SIZE, DATA[600:700]), "unavailable"),
    "a part that is too short": (part(500, 549, SIZE, DATA[500:550]), "unavailable"),
    "no range": (answer(DATA[500:600], "206 Part"), "unavailable"),
    "a range without a size": (part(500, 599, "*", DATA[500:600]), "unavailable"),
    "a range in other digits": (part("\u0665\u0660\u0660", 599, SIZE, b""), "unavailable"),
    "a range that ends before it begins": (part(500, 499, SIZE, b""), "unavailable"),
    "a range beyond the end": (part(500, 1999, SIZE, DATA[500:]), "unavailable"),
    "a range in other units": (
        part(0, 0, 0, b"", Content_Range="lines 500-599/1000"),
        "unavailable",
    ),
    "several ranges": (
        part(0, 0, 0, b"", Content_Range="multipart/byteranges; boundary=x"),
        "unavailable",
    ),
    "a size of a thousand digits": (part(500, 599, "9" * 1000, b""), "unavailable"),
    "fewer bytes than it says": (part(500, 599, SIZE, DATA[500:520], length=""), "unavailable"),
    "the whole file": (answer(DATA), "unavailable"),
    "the end of the file, which it is not": (
        answer(DATA[500:600], "416 No", Content_Range="bytes */1000"),
        "unavailable",
    ),
    "compressed": (part(500, 599, SIZE, b"", Content_Encoding="br"), "unavailable"),
    "another commit": (
        part(500, 599, SIZE, DATA[500:600], X_Repo_Commit="\x1b[2J" + "f" * 40),
        "no_revision",
    ),
    "a status that is none": (answer(status="299 Fine"), "unavailable"),
    "not modified": (answer(status="304 Same"), "unavailable"),
    "a redirect to itself": (answer(status="302 Found", Location="?x"), "unavailable"),
    "a redirect to a file": (answer(status="302 F", Location="file:///etc/passwd"), "unavailable"),
    "a body that creeps": (
        dripping(part(500, 599, SIZE, b"", length=100)),
        "unavailable",
    ),
}
