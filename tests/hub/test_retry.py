"""A busy hub is asked again: how long is waited, how often, and what is said in the end."""

import fake_hub
import pytest
from hub_cases import listed, repository
from huggingface_hub import constants
from pool_cases import BASE, COMMIT

from recycling.ground.errors import InputError
from recycling.hub import retry
from recycling.hub.address import HubError
from recycling.hub.opening import connect


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
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    source = connect("huggingface")
    with pytest.raises(InputError, match=r"hub: requests: found 'ConnectError 7 times'"):
        source.read("ana/lora", COMMIT, "f", 10)


def test_what_is_no_failure_of_the_hub_ends_it_at_once(naps):
    tried = []

    def interrupted():
        tried.append(1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        retry.Retries().run(interrupted)
    assert (len(tried), naps) == (1, [])


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


def test_waiting_is_bounded():
    total = sum(retry.FIRST_WAIT * 2**attempt for attempt in range(retry.TRIES - 1))
    assert total < retry.LONGEST_WAIT
