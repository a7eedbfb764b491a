"""The hub of the tests speaks as huggingface_hub expects, and fails as it is told to."""

import subprocess
import sys
from pathlib import Path

import fake_hub
from fake_hub import FakeHub
from hub_cases import repository
from huggingface_hub import HfApi
from pool_cases import BASE, COMMIT, WEIGHTS, fit, store


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


def test_the_server_can_be_started_by_hand(tmp_path):
    store(tmp_path / "hub", fit())
    script = Path(fake_hub.__file__)
    server = subprocess.Popen(
        [sys.executable, script, tmp_path / "hub"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout.readline().startswith("export HF_ENDPOINT=http://127.0.0.1:")
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()
