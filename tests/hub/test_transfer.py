"""Files over HTTP are pinned, bounded, resumed and checked."""

import hashlib

import fake_hub
import pytest
from hub_cases import refused, repository
from pool_cases import BASE, COMMIT, WEIGHTS, fit, store

from recycling.hub import client
from recycling.hub.address import HubError
from recycling.hub.folder import FolderHub
from recycling.hub.opening import connect
from recycling.pool import inspection as inspecting


def test_an_inspection_takes_three_requests_and_no_weights(start_hub):
    hub = start_hub({"ana/lora": repository()})
    source = connect("huggingface")
    (listing,) = source.repositories([BASE], [])
    found = inspecting.inspect(source, listing)
    assert found.problem == ""
    assert found.listing.files[WEIGHTS] == len(fit()[WEIGHTS])
    assert hub.requests == {"list": 1, "resolve": 2, "stored": 1}


def test_over_http_and_from_the_folder_everything_is_the_same(start_hub, tmp_path):
    store(tmp_path, fit() | {"sub/x.txt": b"12345"})
    start_hub(fake_hub.from_folder(tmp_path))
    folder, network = FolderHub(tmp_path), connect("huggingface")
    (left,), (right,) = (hub.repositories([BASE], []) for hub in (folder, network))
    inspected = [inspecting.inspect(hub, row) for hub, row in ((folder, left), (network, right))]
    assert inspected[0].config == inspected[1].config
    assert inspected[0].tensors == inspected[1].tensors
    assert (left.repo, left.commit, left.licence, left.base_model, left.card) == (
        right.repo,
        right.commit,
        right.licence,
        right.base_model,
        right.card,
    )


def test_reads_are_bounded(start_hub, tmp_path):
    hub = start_hub(
        {
            "ana/lora": repository({"f": b"0123456789", "empty": b""}),
            "ana/large": repository({WEIGHTS: bytes(10**6)}),
        }
    )
    source = connect("huggingface")
    assert source.read("ana/lora", COMMIT, "f", 10) == b"0123456789"
    assert refused(source.read, "ana/lora", COMMIT, "f", 9) == "too_large"
    assert source.read("ana/lora", COMMIT, "empty", 9) == b""
    assert source.read_range("ana/lora", COMMIT, "f", 2, 5) == (b"234", 10)
    assert source.read_range("ana/lora", COMMIT, "f", 8, 50) == (b"89", 10)
    assert source.read_range("ana/lora", COMMIT, "f", 50, 60) == (b"", 10)
    assert refused(source.fetch, "ana/lora", COMMIT, "f", tmp_path / "copy", 9) == "too_large"
    assert list(tmp_path.iterdir()) == []
    assert refused(source.read, "ana/large", COMMIT, WEIGHTS, 1000) == "too_large"
    assert hub.sent["ana/large"] <= 1000


@pytest.mark.parametrize(
    ("changes", "file", "reason"),
    [
        ({}, "missing", "unreadable_repository"),
        ({}, "../x", "outside_hub"),
        ({"gated": True}, "f", "gated"),
        ({"disabled": True}, "f", "disabled"),
        ({"commit": "a" * 40}, "f", "no_revision"),
    ],
)
def test_files_that_are_not_given(start_hub, changes, file, reason):
    start_hub({"ana/lora": repository({"f": b"1"}, **changes)})
    source = connect("huggingface")
    assert refused(source.read, "ana/lora", COMMIT, file, 10) == reason
    assert refused(source.read, "zoe/gone", COMMIT, "f", 10) == "gone"
    assert refused(source.read, "ana/../lora", COMMIT, "f", 10) == "repo_name"
    assert refused(source.read, "ana/lora", "main", "f", 10) == "no_revision"


def test_fetch_is_checked_and_complete(start_hub, tmp_path):
    data = bytes(range(256)) * 1000
    hub = start_hub({"ana/lora": repository({WEIGHTS: data, "empty": b""})})
    source = connect("huggingface")
    digest = source.fetch("ana/lora", COMMIT, WEIGHTS, tmp_path / "a" / "copy", 10**6)
    assert (tmp_path / "a" / "copy").read_bytes() == data
    assert digest == hashlib.sha256(data).hexdigest()
    assert source.fetch("ana/lora", COMMIT, "empty", tmp_path / "e", 10)
    assert (tmp_path / "e").read_bytes() == b""
    hub.etags["ana/lora", WEIGHTS] = "0" * 64
    assert refused(source.fetch, "ana/lora", COMMIT, WEIGHTS, tmp_path / "b", 10**6) == (
        "unavailable"
    )
    assert not (tmp_path / "b").exists()


def test_fetch_goes_on_where_it_was_cut(start_hub, tmp_path):
    data = bytes(range(256)) * 1000
    hub = start_hub({"ana/lora": repository({WEIGHTS: data})})
    hub.faults = ["", "cut_body", "", "cut_body", "", "cut_body"]
    source = connect("huggingface")
    source.fetch("ana/lora", COMMIT, WEIGHTS, tmp_path / "copy", 10**6)
    assert (tmp_path / "copy").read_bytes() == data
    assert hub.sent["ana/lora"] == len(data)
    (tmp_path / "again.part").write_bytes(data[:200_000])
    hub.sent.clear()
    source.fetch("ana/lora", COMMIT, WEIGHTS, tmp_path / "again", 10**6)
    assert (tmp_path / "again").read_bytes() == data
    assert hub.sent["ana/lora"] == len(data) - 200_000


@pytest.mark.parametrize("part", [bytes(256_000), b"x" * 300_000, b"wrong"])
def test_a_wrong_part_is_thrown_away(start_hub, tmp_path, part):
    data = bytes(range(256)) * 1000
    start_hub({"ana/lora": repository({WEIGHTS: data})})
    (tmp_path / "copy.part").write_bytes(part)
    connect("huggingface").fetch("ana/lora", COMMIT, WEIGHTS, tmp_path / "copy", 10**6)
    assert (tmp_path / "copy").read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_a_creeping_body_is_asked_for_again(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository({"f": bytes(100)})})
    hub.slow["f"] = 0.05
    monkeypatch.setattr(client, "PIECE_SECONDS", 0.1)
    with pytest.raises(HubError, match="unavailable: found a body that creeps"):
        connect("huggingface").read("ana/lora", COMMIT, "f", 100)
    monkeypatch.setattr(client, "PIECE", 10)
    assert connect("huggingface").read("ana/lora", COMMIT, "f", 100) == bytes(100)
