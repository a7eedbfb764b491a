"""A hub on loopback that speaks what huggingface_hub asks for, and fails as it is told to.

`with FakeHub(repositories) as hub:` serves until the block ends; `HF_ENDPOINT=hub.url` points a
client at it. `python tests/support/fake_hub.py FOLDER` serves a folder in the layout of the Hugging
Face cache and prints the line to export.
"""

import base64
import contextlib
import hashlib
import json
import random
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import yaml

STORED_APART = (".safetensors", ".bin", ".parquet")  # large files, which the Hub redirects
FAULTS = ("limited", "retry_after", "error_500", "error_503", "cut", "cut_body")


@dataclass
class Repository:
    """What the hub knows of a repository; a file is its bytes or the path of them."""

    files: dict[str, bytes | Path]
    commit: str = "0" * 40
    tags: list[str] = field(default_factory=list)
    date: str = "2025-01-01T00:00:00.000Z"
    gated: bool = False
    disabled: bool = False
    moved_to: str = ""

    def data(self, name: str) -> bytes:
        stored = self.files[name]
        return stored if isinstance(stored, bytes) else stored.read_bytes()

    def size(self, name: str) -> int:
        stored = self.files[name]
        return len(stored) if isinstance(stored, bytes) else stored.stat().st_size


def from_folder(root: Path) -> dict[str, Repository]:
    """The repositories of a hub folder, tagged from their cards as the Hub does."""
    found = {}
    for folder in sorted(root.glob("models--*")):
        name = folder.name.removeprefix("models--").replace("--", "/", 1)
        commit = (folder / "refs" / "main").read_text().strip()
        snapshot = folder / "snapshots" / commit
        files = {
            str(path.relative_to(snapshot)): path
            for path in sorted(snapshot.rglob("*"))
            if path.is_file()
        }
        written = datetime.fromtimestamp((folder / "refs" / "main").stat().st_mtime, UTC)
        date = written.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        found[name] = Repository(files, commit, tags(files.get("README.md")), date)
    return found


def tags(card: Path | None) -> list[str]:
    """The tags that the Hub derives from a card."""
    if card is None or not card.read_text(errors="replace").startswith("---\n"):
        return []
    fields = yaml.safe_load(card.read_text().split("---\n")[1])
    bases = fields.get("base_model", [])
    bases = bases if isinstance(bases, list) else [bases]
    licence = [f"license:{fields['license']}"] if "license" in fields else []
    relations = [f"base_model:{kind}{base}" for base in bases for kind in ("", "adapter:")]
    return list(dict.fromkeys([*fields.get("tags", []), *relations, *licence]))


class FakeHub:
    """Serves `repositories`; `rate` of the requests fail, drawn from `seed`, one in `FAULTS` each.

    `token` opens gated repositories and may write; `public` has those that it made for all to see.
    Slow files are sent in pieces of `slow[file]` seconds each.
    `requests` counts by kind and `asked` by repository, `sent` counts bytes by repository, `heard`
    has the path and the headers of each request. What is in `raw[kind]` is sent as it is to a
    request of that kind, bytes or several of them, and the line is closed.
    """

    def __init__(
        self,
        repositories: dict[str, Repository],
        *,
        rate: float = 0.0,
        seed: int = 0,
        page: int = 1000,
        token: str = "",
        wait: int = 0,
    ) -> None:
        self.repositories, self.rate, self.page, self.token = repositories, rate, page, token
        self.wait = wait
        self.faults: list[str] = []
        self.slow: dict[str, float] = {}
        self.etags: dict[tuple[str, str], str] = {}
        self.raw: dict[str, bytes | Callable[[], Iterable[bytes]]] = {}
        self.heard: list[tuple[str, dict[str, str]]] = []
        self.requests: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.sent: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.tokens_at_cdn = 0
        self.public: set[str] = set()
        self.uploaded: dict[str, bytes] = {}
        self.lock = threading.Lock()
        self._draw = random.Random(seed)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def cdn(self) -> str:
        """The same server by another name: another host to a client."""
        return f"http://localhost:{self._server.server_address[1]}"

    def __enter__(self) -> "FakeHub":
        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.hub = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()

    def fault(self) -> str:
        """The fault of the next request: first those that were ordered, then drawn ones."""
        with self.lock:
            if self.faults:
                return self.faults.pop(0)
            return self._draw.choice(FAULTS) if self._draw.random() < self.rate else ""

    def etag(self, repo: str, name: str) -> str:
        key = (repo, name)
        if key not in self.etags:
            self.etags[key] = hashlib.sha256(self.repositories[repo].data(name)).hexdigest()
        return self.etags[key]


class Server(ThreadingHTTPServer):
    """Waits for its threads when it is closed, and so hangs up on clients that hold the line."""

    daemon_threads = False
    hub: FakeHub

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.lines: set[socket.socket] = set()

    def handle_error(self, *about: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # a client may leave at any time
            super().handle_error(*about)

    def hang_up(self) -> None:
        for line in list(self.lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.lines.add(self.connection)

    def finish(self) -> None:
        self.server.lines.discard(self.connection)
        with contextlib.suppress(OSError):
            super().finish()

    @property
    def hub(self) -> FakeHub:
        return self.server.hub

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.handle_any()

    do_HEAD = do_POST = do_PUT = do_GET

    def handle_any(self) -> None:
        with self.hub.lock:
            self.hub.heard.append((self.path, dict(self.headers)))
        parts = urlsplit(self.path)
        path, query = unquote(parts.path), parse_qs(parts.query)
        found = ((kind, re.fullmatch(pattern, path)) for kind, pattern in ROUTES.items())
        kind, match = next(((kind, match) for kind, match in found if match), ("", None))
        if match is None:
            return self.send(404)
        self.repo = match.groupdict().get("repo") or ""
        with self.hub.lock:
            self.hub.requests[kind] += 1
            self.hub.asked[self.repo] += 1
        if kind in self.hub.raw:
            return self.send_raw(self.hub.raw[kind])
        self.cut = None
        fault = self.hub.fault()
        if fault:
            with self.hub.lock:
                self.hub.failed[fault] += 1
        wait = str(self.hub.wait)
        match fault:
            case "limited":
                policy = '"fixed window";"api";q=500;w=300'
                headers = {"RateLimit": f'"api";r=0;t={wait}', "RateLimit-Policy": policy}
                return self.send(429, b"slow down", headers)
            case "retry_after":
                return self.send(429, b"slow down", {"Retry-After": wait})
            case "retry_at":
                later = formatdate(time.time() + self.hub.wait, usegmt=True)
                return self.send(429, b"slow down", {"Retry-After": later})
            case "error_500" | "error_503":
                return self.send(int(fault[-3:]), b"no luck")
            case "cut":
                self.close_connection = True
                return None
            case "cut_body":
                self.cut = 0.5
        return getattr(self, f"on_{kind}")(query, **match.groupdict())

    def on_list(self, query: dict[str, list[str]]) -> None:
        wanted = query.get("filter", [])
        repositories = [
            name
            for name, found in sorted(self.hub.repositories.items())
            if set(wanted) <= set(found.tags) and not found.moved_to
        ]
        start = int(query.get("cursor", ["0"])[0])
        size = min(self.hub.page, int(query.get("limit", ["1000"])[0]))
        headers = {}
        if start + size < len(repositories):
            following = urlencode({**query, "cursor": start + size}, doseq=True)
            headers["Link"] = f'<{self.hub.url}/api/models?{following}>; rel="next"'
        page = repositories[start : start + size]
        self.send_json([self.about(name, query) for name in page], headers)

    def about(self, name: str, query: dict[str, list[str]]) -> dict[str, object]:
        """The properties that were asked for with `expand`."""
        found = self.hub.repositories[name]
        sizes = "blobs" in query
        known = {
            "sha": found.commit,
            "tags": found.tags,
            "gated": "manual" if found.gated else False,
            "disabled": found.disabled,
            "lastModified": found.date,
            "siblings": [
                {"rfilename": file} | ({"size": found.size(file)} if sizes else {})
                for file in found.files
            ],
        }
        expand = query.get("expand", list(known))
        return {"id": name, "modelId": name} | {key: known[key] for key in expand if key in known}

    def on_info(self, query: dict[str, list[str]], repo: str, revision: str | None) -> None:
        found = self.found(repo, revision)
        if found:
            self.send_json(self.about(repo, query))

    def on_data_set(self, query: object) -> None:
        self.send(404)  # it has none

    def on_tree(self, query: dict[str, list[str]], repo: str, revision: str) -> None:
        found = self.found(repo, revision)
        if found:
            files = [
                {"type": "file", "path": name, "size": found.size(name), "oid": "0" * 40}
                for name in found.files
            ]
            self.send_json(files)

    def on_resolve(self, query: object, repo: str, revision: str, file: str) -> None:
        found = self.found(repo, revision)
        if not found:
            return
        if found.gated and not self.allowed():
            self.send(403, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "ask first"})
        elif file not in found.files:
            self.send(404, b"", {"X-Error-Code": "EntryNotFound"})
        else:
            etag = self.hub.etag(repo, file)
            headers = {"X-Repo-Commit": found.commit, "ETag": f'"{etag}"'}
            if file.endswith(STORED_APART):
                headers["X-Linked-ETag"] = headers["ETag"]
                headers["X-Linked-Size"] = str(found.size(file))
                headers["Location"] = f"{self.hub.cdn}/cdn/{repo}/{file}?signature=secret"
                self.send(302, b"", headers)
            else:
                self.send_file(found.data(file), headers, file)

    def on_stored(self, query: object, repo: str, file: str) -> None:
        """A large file, where the Hub's redirect leads."""
        self.hub.tokens_at_cdn += "Authorization" in self.headers
        self.send_file(self.hub.repositories[repo].data(file), {}, file)

    def body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def may_write(self) -> bool:
        """Whether the token may; otherwise says that it may not."""
        if self.allowed():
            return True
        self.body()
        self.send(403, b"", {"X-Error-Message": "no right to write"})
        return False

    def on_create(self, query: object) -> None:
        if self.may_write():
            asked = json.loads(self.body())
            repo = f"{asked['organization']}/{asked['name']}"
            self.hub.repositories[repo] = Repository({})
            if asked.get("visibility") != "private":
                self.hub.public.add(repo)
            self.send_json({"url": f"{self.hub.url}/{repo}"})

    def on_card(self, query: object) -> None:
        self.body()
        self.send_json({"warnings": [{"message": "a word"}], "errors": []})

    def on_preupload(self, query: object, repo: str, revision: str) -> None:
        if self.may_write() and self.found(repo, revision):
            self.send_json(
                {
                    "files": [
                        {
                            "path": file["path"],
                            "uploadMode": "lfs"
                            if file["path"].endswith(STORED_APART)
                            else "regular",
                            "shouldIgnore": False,
                        }
                        for file in json.loads(self.body())["files"]
                    ]
                }
            )

    def on_batch(self, query: object, repo: str) -> None:
        if self.may_write():
            objects = [
                {**one, "actions": {"upload": {"href": f"{self.hub.url}/upload/{one['oid']}"}}}
                for one in json.loads(self.body())["objects"]
            ]
            self.send_json({"transfer": "basic", "objects": objects})

    def on_upload(self, query: object, oid: str) -> None:
        data = self.body()
        same = hashlib.sha256(data).hexdigest() == oid
        if same:
            self.hub.uploaded[oid] = data
        self.send(200 if same else 422)

    def on_commit(self, query: object, repo: str, revision: str) -> None:
        if not self.may_write():
            return
        for line in map(json.loads, self.body().splitlines()):
            value, files = line["value"], self.hub.repositories[repo].files
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.hub.uploaded[value["oid"]]
        oid = "c" * 40
        self.send_json({"commitUrl": f"{self.hub.url}/{repo}/commit/{oid}", "commitOid": oid})

    def found(self, repo: str, revision: str | None) -> Repository | None:
        found = self.hub.repositories.get(repo)
        if found is None:
            self.send(404, b"", {"X-Error-Code": "RepoNotFound"})
        elif found.moved_to:
            self.send(307, b"", {"Location": self.path.replace(repo, found.moved_to)})
        elif found.disabled:
            self.send(403, b"", {"X-Error-Message": "Access to this resource is disabled."})
        elif revision not in (None, "main", found.commit):
            self.send(404, b"", {"X-Error-Code": "RevisionNotFound"})
        else:
            return found
        return None

    def allowed(self) -> bool:
        return bool(self.hub.token) and (
            self.headers.get("Authorization") == f"Bearer {self.hub.token}"
        )

    def send_file(self, data: bytes, headers: dict[str, str], file: str) -> None:
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        headers = headers | {"Accept-Ranges": "bytes"}
        if asked is None or self.command == "HEAD":
            return self.send(200, data, headers, self.hub.slow.get(file, 0.0))
        start, last = int(asked[1]), int(asked[2] or len(data) - 1)
        if start >= len(data):
            return self.send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
        part = data[start : last + 1]
        headers["Content-Range"] = f"bytes {start}-{start + len(part) - 1}/{len(data)}"
        return self.send(206, part, headers, self.hub.slow.get(file, 0.0))

    def send_raw(self, answer: bytes | Callable[[], Iterable[bytes]]) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            for piece in [answer] if isinstance(answer, bytes) else answer():
                self.wfile.write(piece)
                self.wfile.flush()

    def send_json(self, value: object, headers: dict[str, str] | None = None) -> None:
        headers = {"Content-Type": "application/json", **(headers or {})}
        self.send(200, json.dumps(value).encode(), headers)

    def send(
        self,
        status: int,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        pause: float = 0.0,
    ) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if getattr(self, "cut", None) and len(body) > 1:
            body = body[: int(len(body) * self.cut)]
            self.close_connection = True
        with self.hub.lock:
            self.hub.sent[getattr(self, "repo", "")] += len(body)
        step = max(1, len(body) // 10) if pause else len(body) or 1
        try:
            for position in range(0, len(body), step):
                self.wfile.write(body[position : position + step])
                self.wfile.flush()
                time.sleep(pause)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # a client may stop reading, and often does


NAME = r"[^/]+/[^/]+"
ROUTES = {
    "list": r"/api/models",
    "create": r"/api/repos/create",
    "card": r"/api/validate-yaml",
    "preupload": rf"/api/models/(?P<repo>{NAME})/preupload/(?P<revision>[^/]+)",
    "commit": rf"/api/models/(?P<repo>{NAME})/commit/(?P<revision>[^/]+)",
    "batch": rf"/(?P<repo>{NAME})\.git/info/lfs/objects/batch",
    "upload": r"/upload/(?P<oid>[0-9a-f]+)",
    "tree": rf"/api/models/(?P<repo>{NAME})/tree/(?P<revision>[^/]+)",
    "info": rf"/api/models/(?P<repo>{NAME})(?:/revision/(?P<revision>[^/]+))?",
    "data_set": r"/api/datasets/.+",
    "stored": rf"/cdn/(?P<repo>{NAME})/(?P<file>.+)",
    "resolve": rf"/(?P<repo>{NAME})/resolve/(?P<revision>[^/]+)/(?P<file>.+)",
}


def main(folder: str) -> None:
    with FakeHub(from_folder(Path(folder))) as hub:
        print(f"export HF_ENDPOINT={hub.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(f"{dict(hub.requests)}, {sum(hub.sent.values())} bytes", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1])
