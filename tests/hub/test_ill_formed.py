"""A hub may answer anything: a row gets one reason, a run one line, in bounded time and memory."""

import json
import subprocess
import sys
import time
from functools import partial

import ill_formed
import pytest
import studies
from hub_cases import listed, refused, repository
from hypothesis import given
from hypothesis import strategies as st
from pool_cases import BASE, COMMIT

from recycling.ground.errors import InputError
from recycling.hub import answers, client, network
from recycling.hub.address import HubError
from recycling.hub.opening import connect

pytestmark = pytest.mark.hostile

GOOD = {**ill_formed.ROW, "id": "ana/good"}


@pytest.fixture
def hub(start_hub, monkeypatch):
    """A hub with one repository; what creeps is noticed at once."""
    monkeypatch.setattr(client, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(client, "PIECE_SECONDS", 0.1)
    return start_hub({"ana/good": repository({"f": ill_formed.DATA})})


def test_at_least_so_many_kinds_are_tried():
    tables = (ill_formed.ROWS, ill_formed.PAGES, ill_formed.NOT_LISTS, ill_formed.FILES)
    assert sum(map(len, tables)) >= 100


def printable(*texts):
    return all(text.isprintable() and len(text) < 400 for text in texts)


def outcome(call):
    """What a call gives, and the words with which it ends if it does."""
    try:
        return call(), ""
    except (HubError, InputError) as error:
        return None, str(error)


@pytest.mark.parametrize("kind", ill_formed.ROWS)
def test_a_row_costs_itself_at_most(hub, kind):
    row, reason = ill_formed.ROWS[kind]
    hub.raw["list"] = ill_formed.answer(json.dumps([row, GOOD]).encode())
    bad, good = listed().values()
    assert (good.repo, good.problem, list(good.files)) == ("ana/good", "", ["f"])
    assert bad.problem == reason
    assert bad.detail.startswith("found ") == bool(reason)
    assert printable(bad.repo, bad.commit, bad.detail, bad.date, *bad.tags)
    assert not (reason and bad.files)


@pytest.mark.parametrize("kind", ill_formed.ROWS)
def test_a_repository_that_is_asked_for_costs_itself_at_most(hub, kind):
    row, reason = ill_formed.ROWS[kind]
    hub.raw["info"] = ill_formed.answer(json.dumps(row).encode())
    found = listed(ids=["eve/bad"])["eve/bad"]
    assert found.problem in (reason, "renamed")
    assert printable(found.detail)


@pytest.mark.parametrize("kind", ill_formed.PAGES)
def test_a_page_that_is_none_is_one_line(hub, kind):
    hub.raw["list"], said = ill_formed.PAGES[kind]
    with pytest.raises(InputError) as error:
        listed()
    assert said in str(error.value)
    assert printable(str(error.value))


@pytest.mark.parametrize("kind", ill_formed.PAGES)
def test_one_answer_that_is_none_is_one_reason(hub, kind):
    hub.raw["info"], said = ill_formed.PAGES[kind]
    found, line = outcome(lambda: listed(ids=["eve/bad"])["eve/bad"])
    if found is None:  # a hub that asks to wait asks it of everybody
        assert "wait" in kind
    else:
        assert found.problem in ("unavailable", "too_large", "gone")
    assert said in (found.detail if found else line)


@pytest.mark.parametrize("kind", ill_formed.NOT_LISTS)
def test_a_page_of_something_else_is_one_line(hub, kind):
    hub.raw["list"] = ill_formed.answer(ill_formed.NOT_LISTS[kind])
    with pytest.raises(InputError, match=r"hub: listing: found 'a page that is no list'"):
        listed()


@pytest.mark.parametrize("kind", ill_formed.FILES)
def test_a_part_of_a_file_is_the_part_that_was_asked_for(hub, kind, tmp_path):
    hub.raw["resolve"], reason = ill_formed.FILES[kind]
    source = connect("huggingface")
    assert refused(source.read_range, "ana/good", COMMIT, "f", 500, 600) == reason


@pytest.mark.parametrize("kind", ill_formed.PAGES)
def test_an_answer_that_is_none_gives_no_file(hub, kind, tmp_path):
    """Whatever is answered, reading and fetching end in a reason, one line, or these bytes."""
    hub.raw["resolve"], _ = ill_formed.PAGES[kind]
    source = connect("huggingface")
    arguments = ("ana/good", COMMIT, "f")
    for call in (
        lambda: source.read(*arguments, 1000),
        lambda: source.fetch(*arguments, tmp_path / "f", 1000),
    ):
        found, line = outcome(call)
        assert printable(line)
        assert line or len(found) <= 64
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 1000


# pages


def test_pages_that_lead_back_end(hub, start_hub):
    link = f'<{hub.url}/api/models?cursor=1>; rel="next"'
    hub.raw["list"] = ill_formed.answer(json.dumps([GOOD]).encode(), Link=link)
    with pytest.raises(InputError, match=r"listing: found 'a next page that came before'"):
        listed()
    assert hub.requests == {"list": 2}


def endless(hub):
    def pages():
        number = len(hub.heard)
        link = f'<{hub.url}/api/models?cursor={number}>; rel="next"'
        row = {**GOOD, "id": f"ana/r{number}"}
        yield ill_formed.answer(json.dumps([row]).encode(), Link=link)

    return pages


@pytest.mark.parametrize(
    ("limit", "value", "said"),
    [
        ("MOST_PAGES", 20, "more than 20 pages"),
        ("MOST_LISTED", 20, "more than 20 repositories"),
        ("LISTING_BYTES", 5000, "more than 5000 bytes"),
        ("LISTING_SECONDS", 0.2, "no end in 0 s"),
    ],
)
def test_endless_pages_end(hub, monkeypatch, limit, value, said):
    monkeypatch.setattr(network, limit, value)
    hub.raw["list"] = endless(hub)
    with pytest.raises(InputError, match=f"hub: listing: found '{said}'"):
        listed()
    assert len(hub.heard) < 500


@pytest.mark.parametrize(
    "link",
    [
        "<>; rel=next",
        "<http://[::1>; rel=next",
        "<file:///etc/passwd>; rel=next",
        "<{}@x>; rel=next",
    ],
)
def test_a_next_page_lies_on_the_hub(hub, link):
    body = json.dumps([GOOD]).encode()
    hub.raw["list"] = ill_formed.answer(body, Link=link.format(hub.url))
    found, line = outcome(listed)
    if link == "<>; rel=next":
        assert list(found) == ["ana/good"]
    else:
        assert "hub: listing: found 'a next page on another host'" in line
    assert hub.requests == {"list": 1}


def test_a_repository_with_very_many_files_does_not_cost_its_page(start_hub, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_BYTES", 50_000)
    many = {f"f{number:05}": b"" for number in range(2000)}
    hub = start_hub(
        {"eve/many": repository(many), **{f"o/r{n}": repository() for n in range(4)}}, page=3
    )
    found = listed()
    assert {repo: row.problem for repo, row in found.items()} == {
        "eve/many": "too_large",
        **{f"o/r{n}": "" for n in range(4)},
    }
    assert all(len(row.files) == 3 for row in found.values() if not row.problem)
    # The page that is too large, again without files, its three repositories, the next page.
    assert hub.requests == {"list": 3, "info": 3}


# anything


TEXT = st.text(st.characters(), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
KEYS = ("id", "sha", "tags", "siblings", "gated", "disabled", "lastModified")


@given(
    JSON | st.dictionaries(st.sampled_from(KEYS), JSON),
    st.dictionaries(st.sampled_from(KEYS), JSON),
)
def test_any_row_is_a_repository_or_a_reason(row, changes):
    for given_row in (row, {**ill_formed.ROW, **changes}):
        assert isinstance(answers.name(given_row), str)
        found, line = outcome(partial(answers.repository, given_row))
        assert found or line.startswith("unreadable_repository: found ")
        assert printable(line)


# time and memory

LISTED = """
import pathlib, re, sys
from recycling.ground.errors import InputError
from recycling.hub.opening import connect
rows = []
try:
    for row in connect("huggingface").repositories([sys.argv[1]], []):
        rows.append(row)
except InputError:
    pass
status = pathlib.Path("/proc/self/status").read_text()
print(len(rows), re.search(r"VmHWM:\\s+(\\d+)", status)[1])
"""

NESTED = b"[" * 400 + b"]" * 400
ID = b'"id":"eve/bad",'


@pytest.mark.parametrize(
    ("beginning", "item", "end"),
    [
        (b"[", NESTED, b"]"),
        (b"[", b"[]", b"]"),
        (b"[", b"0", b"]"),
        (b"[", b"{}", b"]"),
        (b"[{" + ID + b'"tags":[', b"[]", b"]}]"),
        (b"[{" + ID + b'"siblings":[', b"{}", b"]}]"),
        (b"[{" + ID + b'"siblings":[', b'{"rfilename":"a"}', b"]}]"),
        (b"[{" + ID + b'"siblings":[', NESTED, b"]}]"),
        (b"[{" + ID + b'"more":[', b"[]", b"]}]"),
        (b'[{"id":{"a":[', b"{}", b"]}}]"),
    ],
)
def test_the_largest_pages_take_bounded_memory_and_time(hub, beginning, item, end):
    room = answers.ANSWER_BYTES - len(beginning) - len(end)
    body = beginning + b",".join([item] * (room // (len(item) + 1))) + end
    hub.raw["list"] = ill_formed.answer(body)
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LISTED, BASE],
        env=studies.ENVIRONMENT | {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"},
        cwd=studies.ROOT / "src",
        capture_output=True,
        text=True,
        check=True,
    )
    rows, kilobytes = map(int, done.stdout.split())
    print(f"{rows} rows, {kilobytes / 1000:.0f} MB, {time.monotonic() - started:.1f} s")
    assert hub.requests == {"list": 1}
    assert rows <= network.MOST_LISTED
    assert kilobytes < 1_000_000
    assert time.monotonic() - started < 60
