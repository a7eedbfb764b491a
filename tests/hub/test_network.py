"""The Hub over HTTP: what it lists, and where the token goes."""

import fake_hub
import pytest
from fake_hub import FakeHub
from hub_cases import TAGS, listed, repository
from pool_cases import BASE, COMMIT, CONFIG, WEIGHTS, fit

from recycling.ground.errors import InputError
from recycling.hub import retry
from recycling.hub.address import HubError
from recycling.hub.opening import connect
from recycling.pool import inspection as inspecting

SECRET = "hf_" + "s3cr3t" * 5


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


def test_a_listing_that_fails_is_one_line(start_hub):
    hub = start_hub({"ana/lora": repository()})
    hub.faults = ["error_503"] * retry.TRIES
    with pytest.raises(InputError, match=r"hub: listing: found 'found status 503 7 times.* pages"):
        listed()


def test_a_page_that_is_no_page_is_one_line(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository()})
    monkeypatch.setattr(fake_hub.Handler, "send_json", lambda self, *_: self.send(200, b"<html>"))
    with pytest.raises(InputError, match=r"hub: listing: found 'found an answer that is no JSON'"):
        listed()
    assert hub.requests == {"list": 1}


def test_pages_are_followed_on_the_hub_only(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository(), "bob/lora": repository()}, page=1)
    monkeypatch.setattr(FakeHub, "url", FakeHub.cdn)
    with pytest.raises(InputError, match=r"hub: listing: found 'a next page on another host'"):
        listed()
    assert hub.requests == {"list": 1}


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
