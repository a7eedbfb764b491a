"""A file that was cut is the file that the hub has, whatever the hub gives of it."""

import hashlib

import ill_formed
import pytest
from hub_cases import refused, repository
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pool_cases import COMMIT, WEIGHTS

from recycling.ground.errors import InputError
from recycling.hub.address import HubError
from recycling.hub.opening import connect

pytestmark = pytest.mark.hostile
DATA, OTHER = bytes(range(250)) * 4, bytes(range(249, -1, -1)) * 4


def fetched(target):
    digest = connect("huggingface").fetch("ana/lora", COMMIT, target.name, target, 10**6)
    assert hashlib.sha256(target.read_bytes()).hexdigest() == digest
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    return target.read_bytes()


def asked_from(hub):
    """Where the last request wanted to begin."""
    return int(hub.heard[-1][1]["Range"].removeprefix("bytes=").partition("-")[0])


@pytest.mark.parametrize("have", [1, 500, 1000, 5000])
def test_without_a_checksum_a_file_is_begun_anew(start_hub, tmp_path, have):
    hub = start_hub({"ana/lora": repository({"f": DATA})})
    (tmp_path / "f.part").write_bytes((OTHER * 5)[:have])
    assert fetched(tmp_path / "f") == DATA
    assert asked_from(hub) == 0


def test_without_a_checksum_a_cut_file_is_asked_for_once_more(start_hub, tmp_path):
    hub = start_hub({"ana/lora": repository({"f": DATA})})
    hub.faults = ["cut_body"]
    assert fetched(tmp_path / "f") == DATA
    assert [headers["Range"] for _, headers in hub.heard] == ["bytes=0-", "bytes=0-"]


@pytest.mark.parametrize("checksum", [False, True])
@pytest.mark.parametrize(
    "reply",
    [
        lambda: ill_formed.part(0, 999, 1000, DATA),
        lambda: ill_formed.answer(DATA),
    ],
)
def test_a_hub_that_begins_at_the_start_is_not_spliced(start_hub, tmp_path, reply, checksum):
    hub = start_hub({"ana/lora": repository()})
    stated = {"X_Linked_ETag": f'"{hashlib.sha256(DATA).hexdigest()}"'} if checksum else {}
    (tmp_path / "f.part").write_bytes(OTHER[:500])
    head, _, body = reply().partition(b"\r\n\r\n")
    lines = [head, *(f"{key.replace('_', '-')}: {text}".encode() for key, text in stated.items())]
    hub.raw["resolve"] = b"\r\n".join([*lines, b"", body])
    assert fetched(tmp_path / "f") == DATA


@pytest.mark.parametrize("start", [0, 499, 501, 999])
def test_another_part_than_was_asked_for_is_refused(start_hub, tmp_path, start):
    """With a checksum that would fit what the hub wants to have spliced."""
    hub = start_hub({"ana/lora": repository()})
    part = DATA[start : start + 500][:500]
    spliced = hashlib.sha256(OTHER[:500] + part).hexdigest()
    (tmp_path / "f.part").write_bytes(OTHER[:500])
    hub.raw["resolve"] = ill_formed.part(
        start, start + len(part) - 1, 1000, part, X_Linked_ETag=f'"{spliced}"'
    )
    arguments = ("ana/lora", COMMIT, "f", tmp_path / "f", 10**6)
    assert refused(connect("huggingface").fetch, *arguments) == "unavailable"
    assert not (tmp_path / "f").exists()


REPLIES = st.tuples(
    st.sampled_from([DATA, OTHER]),
    st.integers(0, 1000),  # bytes that come before the line is cut
    st.sampled_from(["as asked", "from 0", "later", "whole", "416"]),
    st.sampled_from(["none", "right", "wrong"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.lists(REPLIES, min_size=1, max_size=7), st.binary(max_size=1200))
def test_a_file_is_never_put_together_of_two(start_hub, tmp_path_factory, replies, before):
    hub = start_hub({"ana/lora": repository()})
    folder = tmp_path_factory.mktemp("files")
    (folder / "f.part").write_bytes(before)
    waiting = list(replies)

    def reply():
        data, cut, manner, checksum = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        asked = asked_from(hub)
        digest = hashlib.sha256(data).hexdigest()
        etag = {"none": "", "right": f'"{digest}"', "wrong": f'"{digest[::-1]}"'}[checksum]
        start = {"from 0": 0, "later": min(asked + 1, 999)}.get(manner, asked)
        if manner == "whole":
            full = ill_formed.answer(data, X_Linked_ETag=etag)
            yield full[: len(full) - len(data) + cut]
        elif manner == "416" or start >= 1000:
            yield ill_formed.answer(status="416 No", Content_Range="bytes */1000")
        else:
            full = ill_formed.part(start, 999, 1000, data[start:], X_Linked_ETag=etag)
            yield full[: len(full) - len(data[start:]) + min(cut, 1000 - start)]

    hub.raw["resolve"] = reply
    target = folder / "f"
    try:
        digest = connect("huggingface").fetch("ana/lora", COMMIT, "f", target, 10**6)
    except (HubError, InputError):
        assert not target.exists()
    else:
        assert target.read_bytes() in (DATA, OTHER)
        assert digest == hashlib.sha256(target.read_bytes()).hexdigest()


def test_with_a_checksum_a_file_goes_on(start_hub, tmp_path):
    hub = start_hub({"ana/lora": repository({WEIGHTS: DATA})})
    (tmp_path / f"{WEIGHTS}.part").write_bytes(DATA[:400])
    assert fetched(tmp_path / WEIGHTS) == DATA
    assert asked_from(hub) == 400
