"""What a hub is told and given, and where redirects lead."""

import subprocess
import sys

import ill_formed
import pytest
import studies
from hub_cases import listed, refused, repository
from huggingface_hub import constants
from pool_cases import BASE, COMMIT, WEIGHTS

from recycling.ground.errors import InputError
from recycling.hub import client
from recycling.hub.opening import connect

pytestmark = pytest.mark.hostile
SECRET = "hf_" + "s3cr3t" * 5
TOLD = {"host", "user-agent", "accept", "accept-encoding", "connection", "range", "authorization"}


def everything(ids=()):
    """Every kind of request to the hub."""
    found = listed(ids=ids)
    source = connect("huggingface")
    source.read("ana/lora", COMMIT, "README.md", 10**5)
    source.read_range("ana/lora", COMMIT, WEIGHTS, 0, 10)
    return found


def test_a_hub_hears_the_same_from_everybody(start_hub, monkeypatch):
    hub = start_hub({"ana/lora": repository(), "bob/untagged": repository(tags=[])})
    everything(["ana/lora", "bob/untagged"])
    for variable in ("AI_AGENT", "AGENT", "CI", "SPACE_ID", "HF_HUB_USER_AGENT_ORIGIN"):
        monkeypatch.setenv(variable, "told")
    before, hub.heard = hub.heard, []
    everything(["ana/lora", "bob/untagged"])
    assert [(path, headers | {"Host": ""}) for path, headers in hub.heard] == [
        (path, headers | {"Host": ""}) for path, headers in before
    ]
    assert {headers["User-Agent"] for _, headers in hub.heard} == {client.USER_AGENT}
    assert {headers["Accept-Encoding"] for _, headers in hub.heard} == {"identity"}
    assert {name.lower() for _, headers in hub.heard for name in headers} <= TOLD
    assert len(before) == 5


REGISTRY = '{"standardEnvVars": ["PATH"], "harnesses": {"x": {"envVars": {"HOME": "*"}}}}'
SEVERAL_WAYS = """
import os, sys
from recycling.ground import runlog
runlog.start(sys.argv[1], 1, online=True)
from recycling.hub.opening import connect
print(len(list(connect("huggingface").repositories([sys.argv[2]], []))))
from huggingface_hub import hf_hub_download
from transformers import AutoConfig
try:
    AutoConfig.from_pretrained("ana/lora")
except (OSError, ValueError):
    pass
print(hf_hub_download("ana/lora", "README.md", revision=sys.argv[3]))
"""


def test_a_job_asks_no_hub_what_to_look_for_and_keeps_answers_in_its_study(start_hub, tmp_path):
    hub = start_hub({"ana/lora": repository()}, page=1)
    log, home = tmp_path / "results/toy/logs/x.log", tmp_path / "home"
    home.mkdir()
    (home / ".agent_harnesses.json").write_text(REGISTRY)  # another hub was asked before
    leave_out = {"HF_HUB_DISABLE_TELEMETRY", "HF_HUB_CACHE", "HF_HUB_OFFLINE"}
    environment = {key: text for key, text in studies.ENVIRONMENT.items() if key not in leave_out}
    done = subprocess.run(
        [sys.executable, "-c", SEVERAL_WAYS, log, BASE, COMMIT],
        env=environment | {"HF_ENDPOINT": hub.url, "HF_HOME": str(home), "HF_HUB_OFFLINE": "0"},
        cwd=studies.ROOT / "src",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, log.read_text()
    assert not [path for path, _ in hub.heard if "harnesses" in path]
    told = [text for _, headers in hub.heard for text in headers.values()]
    assert len(hub.heard) > 3
    assert not [text for text in told if "agent/" in text]
    assert log.read_text().splitlines()[0] == "1"
    cache = tmp_path / "results/toy/hub_cache/hub"
    assert log.read_text().splitlines()[-1].startswith(str(cache))
    assert [path.name for path in home.iterdir()] == [".agent_harnesses.json"]


# where redirects lead


def elsewhere(hub, location):
    hub.raw["resolve"] = ill_formed.answer(status="302 Found", Location=location)


def test_the_token_goes_to_the_hub_alone(start_hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", SECRET)
    hub = start_hub({"ana/lora": repository({"f": b"1234"})})
    stored = f"{hub.cdn}/cdn/ana/lora/f"
    elsewhere(hub, stored)
    assert connect("huggingface").read("ana/lora", COMMIT, "f", 10) == b"1234"
    told = {path: headers.get("Authorization") for path, headers in hub.heard}
    assert list(told.values()) == [f"Bearer {SECRET}", None]


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_every_redirect_of_a_file_is_followed(start_hub, status):
    hub = start_hub({"ana/lora": repository({"f": b"1234"})})
    hub.raw["resolve"] = ill_formed.answer(status=f"{status} There", Location="/cdn/ana/lora/f")
    assert connect("huggingface").read("ana/lora", COMMIT, "f", 10) == b"1234"


def test_redirects_are_not_read(start_hub):
    hub = start_hub({"ana/lora": repository({"f": b"1234"})})
    beginning = ill_formed.answer(status="302 There", length=10**10, Location="/cdn/ana/lora/f")
    hub.raw["resolve"] = ill_formed.dripping(beginning)
    assert connect("huggingface").read("ana/lora", COMMIT, "f", 10) == b"1234"


def test_an_encrypted_hub_leads_to_no_open_line(monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "https://hub.example")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    redirect = client.Response(302, headers={"Location": "http://hub.example/x"})
    monkeypatch.setattr(client.Client, "_ask", lambda *_: redirect)
    assert refused(connect("huggingface").read, "ana/lora", COMMIT, "f", 10) == "unavailable"


def test_a_hub_sets_no_cookies(start_hub):
    hub = start_hub({"ana/lora": repository({"f": b"1"})})
    hub.raw["list"] = ill_formed.answer(b"[]", Set_Cookie="seen=1; Path=/")
    source = connect("huggingface")
    list(source.repositories([BASE], []))
    source.read("ana/lora", COMMIT, "f", 10)
    assert not [headers for _, headers in hub.heard if "Cookie" in headers]


# what the user gives


@pytest.mark.parametrize(
    "endpoint", ["hub", "ftp://hub", "http://", "http://a:b", "https://xn--\xff"]
)
def test_an_endpoint_is_an_address(monkeypatch, endpoint):
    monkeypatch.setattr(constants, "ENDPOINT", endpoint)
    with pytest.raises(
        InputError, match=r"hub: HF_ENDPOINT: found .*, expected http:// or https://"
    ):
        connect("huggingface")
