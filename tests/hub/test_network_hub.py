import hashlib
from pathlib import Path

import fake_hub
import pytest
from fake_hub import FakeHub, Repository
from huggingface_hub import HfApi, constants
from pool_cases import BASE, COMMIT, CONFIG, WEIGHTS, fit, store

from recycling.ground.errors import InputError
from recycling.hub import retry, transfer
from recycling.hub.address import HubError
from recycling.hub.folder import FolderHub
from recycling.hub.opening import connect
from recycling.pool import inspection as inspecting

TAGS = ["peft", f"base_model:{BASE}", f"base_model:adapter:{BASE}", "license:mit"]
SECRET = "hf_" + "s3cr3t" * 5


def repository(files=None, **changes):
    return Repository(files or fit(), **{"commit": COMMIT, "tags": TAGS, **changes})


def listed(bases=(BASE,), ids=()):
    return {found.repo: found for found in connect("huggingface").repositories(bases, ids)}


def refused(function, *arguments):
    with pytest.raises(HubError) as error:
        function(*arguments)
    return error.value.reason


# the server itself, asked by huggingface_hub


def test_server_speaks_to_huggingface_hub(start_hub, tmp_path):
    hub = start_hub({"ana/lora": repository(), "bob/lora": repository()}, page=1)
    api = HfApi(endpoint=hub.url)
    found = [found.id for found in api.list_models(filter=f"base_model:adapter:{BASE}")]
    assert found == ["ana/lora", "bob/lora"]
    assert api.model_info("ana/lora", files_metadata=True).siblings[0].size
    path = api.hf_hub_download("ana/lora", WEIGHTS, cache_dir=tmp_path, revision=COMMIT)
    assert Path(path).read_bytes() == fit()[WEIGHTS]
    assert hub.requests["list"] == 2
    assert hub.requests["stored"] >= 1


def test_server_draws_the_same_faults_from_a_seed():
    hubs = [FakeHub({}, rate=0.05, seed=3) for _ in range(2)]
    faults, again = ([hub.fault() for _ in range(4000)] for hub in hubs)
    assert faults == again
    assert 150 < sum(map(bool, faults)) < 250
    assert set(faults) == {"", *fake_hub.FAULTS}


# listing


def test_listing(start_hub):
    hub = start_hub({"ana/lora": repository(), "bob/other": repository(tags=["peft"])})
    found = listed()["ana/lora"]
    assert (found.commit, found.owner, found.licence) == (COMMIT, "ana", "mit")
    assert (found.base_model, found.card, found.problem) == (BASE, "readable", "")
    assert (found.date, found.tags) == ("2025-01-01", tuple(TAGS))
    assert found.files == dict.fromkeys([CONFIG, WEIGHTS, "README.md"])
    assert hub.requests == {"list": 1}


def test_one_page_for_a_thousand_and_each_adapter_once(start_hub):
    repositories = {f"o/r{number}": repository() for number in range(2001)}
    for found in repositories.values():
        found.tags = [*TAGS, "base_model:adapter:alias/b"]
    hub = start_hub(repositories)
    found = [one.repo for one in connect("huggingface").repositories([BASE, "alias/b"], [])]
    assert sorted(found) == sorted(repositories)
    assert hub.requests == {"list": 6}


def test_ids_cost_a_request_only_when_no_page_holds_them(start_hub):
    hub = start_hub(
        {
            "ana/lora": repository(),
            "bob/untagged": repository(tags=[]),
            "eve/other": repository(),
            "old/name": repository(moved_to="ana/lora"),
            "off/lora": repository(disabled=True, tags=[]),
        }
    )
    ids = ["ana/lora", "bob/untagged", "old/name", "zoe/gone", "off/lora", "../x", "ana/lora"]
    found = listed(ids=ids)
    assert {repo: row.problem for repo, row in found.items()} == {
        "ana/lora": "",
        "bob/untagged": "",
        "old/name": "renamed",
        "zoe/gone": "gone",
        "off/lora": "disabled",
        "../x": "repo_name",
    }
    assert "found ana/lora, expected old/name" in found["old/name"].detail
    assert hub.requests == {"list": 1, "info": 5}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"gated": True}, "gated"),
        ({"disabled": True}, "disabled"),
        ({"commit": "main"}, "no_revision"),
    ],
)
def test_listed_repositories_that_cannot_be_used(start_hub, changes, reason):
    start_hub({"ana/lora": repository(**changes), "bob/lora": repository()})
    found = listed()
    assert found["ana/lora"].problem == reason
    assert found["ana/lora"].detail.startswith("found ")
    assert found["bob/lora"].problem == ""


def test_odd_names_and_too_many_files_are_rows(start_hub, monkeypatch):
    monkeypatch.setattr("recycling.hub.network.MOST_FILES", 3)
    start_hub({"ana/-x": repository(), "a/b": repository(fit() | {"more": b""})})
    found = listed()
    assert {repo: row.problem for repo, row in found.items()} == {
        "ana/-x": "repo_name",
        "a/b": "too_large",
    }
    assert found["a/b"].files == {}


# reading


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


# patience


@pytest.mark.parametrize("fault", [*fake_hub.FAULTS, "retry_at"])
def test_a_failure_that_passes_is_not_seen(start_hub, tmp_path, fault):
    hub = start_hub({"ana/lora": repository({"f": b"0123456789"})})
    source = connect("huggingface")
    hub.faults = [fault, fault]
    assert source.read("ana/lora", COMMIT, "f", 10) == b"0123456789"
    hub.faults = [fault]
    source.fetch("ana/lora", COMMIT, "f", tmp_path / "f", 10)
    hub.faults = [fault]
    assert set(listed(ids=["ana/lora"])) == {"ana/lora"}
    assert hub.faults == []


def test_waits_as_the_hub_asks_and_in_all_threads(start_hub, naps, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(retry, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        retry, "sleep", lambda left: (naps.append(left), clock.append(clock.pop() + left))
    )
    hub = start_hub({"ana/lora": repository({"f": b"1"})}, wait=7)
    source = connect("huggingface")
    hub.faults = ["limited", "retry_after"]
    source.read("ana/lora", COMMIT, "f", 10)
    assert naps == [8, 7]
    hub.wait = 401
    hub.faults = ["limited"]
    with pytest.raises(InputError, match=r"hub: rate limit: found 'a wait of 402 s', expected at"):
        source.read("ana/lora", COMMIT, "f", 10)


def test_without_a_header_it_waits_longer_each_time(start_hub, naps):
    hub = start_hub({"ana/lora": repository({"f": b"1"})})
    hub.faults = ["error_503"] * 3
    connect("huggingface").read("ana/lora", COMMIT, "f", 10)
    assert naps == [1, 2, 4]


def test_one_repository_that_never_answers_is_a_row(start_hub, naps):
    hub = start_hub({"ana/lora": repository({"f": b"1"})})
    hub.faults = ["error_500"] * retry.TRIES
    with pytest.raises(HubError, match="unavailable: found status 500 7 times, expected an answer"):
        connect("huggingface").read("ana/lora", COMMIT, "f", 10)
    assert len(naps) == retry.TRIES - 1


def test_a_hub_that_never_answers_stops_the_job(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository({"f": b"1"})})
    hub.faults = ["limited"] * retry.TRIES
    source = connect("huggingface")
    with pytest.raises(InputError, match=r"hub: requests: found 'status 429 7 times'"):
        source.read("ana/lora", COMMIT, "f", 10)
    monkeypatch.setattr(
        transfer, "hf_hub_url", lambda *arguments, **options: "http://127.0.0.1:9/x"
    )
    with pytest.raises(InputError, match=r"hub: requests: found 'ConnectError 7 times'"):
        source.read("ana/lora", COMMIT, "f", 10)


def test_a_listing_that_fails_is_one_line(start_hub):
    hub = start_hub({"ana/lora": repository()})
    hub.faults = ["error_503"] * retry.TRIES
    with pytest.raises(InputError, match=r"hub: listing: found 'found status 503 7 times.* pages"):
        listed()


def test_a_page_that_is_no_page_is_one_line(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository()})
    monkeypatch.setattr(fake_hub.Handler, "send_json", lambda self, *_: self.send(200, b"<html>"))
    with pytest.raises(InputError, match=r"hub: listing: found 'a page that is no JSON'"):
        listed()
    assert hub.requests == {"list": 1}


def test_pages_are_followed_on_the_hub_only(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository(), "bob/lora": repository()}, page=1)
    monkeypatch.setattr(FakeHub, "url", FakeHub.cdn)
    with pytest.raises(InputError, match=r"hub: listing: found 'a next page on another host'"):
        listed()
    assert hub.requests == {"list": 1}


def test_a_creeping_body_is_asked_for_again(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository({"f": bytes(100)})})
    hub.slow["f"] = 0.05
    monkeypatch.setattr(transfer, "GRACE", 0.1)
    with pytest.raises(HubError, match="unavailable: found a body that creeps"):
        connect("huggingface").read("ana/lora", COMMIT, "f", 100)
    monkeypatch.setattr(transfer, "SLOWEST", 1.0)
    assert connect("huggingface").read("ana/lora", COMMIT, "f", 100) == bytes(100)


@pytest.mark.parametrize("ids", [(), ("ana/lora",)])
def test_offline_says_so(start_hub, monkeypatch, ids):
    start_hub({})
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    source = connect("huggingface")
    expected = r"hub: HF_HUB_OFFLINE: found '1', expected 0 or none .*; unset it"
    with pytest.raises(InputError, match=expected):
        list(source.repositories([BASE], ids))
    with pytest.raises(InputError, match=expected):
        source.read("ana/lora", COMMIT, "f", 10)


# the token


def test_token_opens_gated_repositories_and_stays_on_the_hub(
    start_hub, monkeypatch, tmp_path, capfd
):
    hub = start_hub({"ana/lora": repository(gated=True)}, token=SECRET)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    source = connect("huggingface")
    (listing,) = source.repositories([BASE], [])
    assert inspecting.inspect(source, listing).problem == ""
    source.fetch("ana/lora", COMMIT, WEIGHTS, tmp_path / "w", 10**6)
    assert hub.requests["stored"] == 2
    assert hub.tokens_at_cdn == 0
    monkeypatch.setenv("HF_TOKEN", SECRET[::-1])
    wrong = connect("huggingface")
    assert inspecting.inspect(wrong, listing).problem == "gated"
    assert SECRET not in "".join(capfd.readouterr())


@pytest.mark.parametrize("fault", [*fake_hub.FAULTS, "denied"])
def test_no_error_holds_the_token_or_a_signed_address(start_hub, monkeypatch, caplog, capfd, fault):
    hub = start_hub({"ana/lora": repository(gated=fault == "denied")}, token="another")
    monkeypatch.setenv("HF_TOKEN", SECRET)
    hub.faults = [fault] * retry.TRIES * 2 if fault != "denied" else []
    with pytest.raises((HubError, InputError)) as error:
        connect("huggingface").read_range("ana/lora", COMMIT, WEIGHTS, 0, 10)
    said = f"{error.value!r} {caplog.text} {''.join(capfd.readouterr())}"
    assert SECRET not in said
    assert "signature" not in said
