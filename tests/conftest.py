"""What tests share: one thread, no network, a toy base model made on the spot."""

# ruff: noqa: E402 - the variables must be set before the libraries are imported.

import os
import shutil
import sys
import threading
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ["HF_HUB_OFFLINE"] = "1"
# Scripts are imported by their names, as one file each.
ROOT = Path(__file__).resolve().parents[1]
sys.path += [
    str(ROOT / "tools"),
    *map(str, ROOT.glob("workflow/scripts/*")),
    str(ROOT / "tests" / "slurm"),
]

from recycling.ground import garbage

# Each test process imports as much as a job does.
garbage.look_rarely()

import pytest
import studies
import torch
from hypothesis import settings
from toy.base import build

from recycling.model import base as bases

torch.set_num_threads(1)
settings.register_profile("tests", deadline=None, derandomize=True)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory):
    """A folder with a 2-layer Llama and its tokenizer."""
    folder = tmp_path_factory.mktemp("base")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def toy_base(toy_folder):
    """The base in that folder, float32 on the CPU; frozen, so tests can share it."""
    return bases.load(toy_folder, "cpu", "float32")


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A copy of the project in which the toy study ran to its end, undisturbed.

    It is run once: of several test processes by the first that asks, and each has a copy.
    """
    own = tmp_path_factory.getbasetemp()
    common = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    ran = studies.once(common / "toy", lambda folder: studies.undisturbed(studies.runnable(folder)))
    return shutil.copytree(ran, tmp_path_factory.mktemp("finished") / "project")


@pytest.fixture(scope="session")
def lean(tmp_path_factory):
    """The same with the lean study."""
    return studies.undisturbed(studies.lean(tmp_path_factory.mktemp("lean") / "project"))


@pytest.fixture
def naps(monkeypatch):
    """No test waits for a hub; what would have been waited is noted."""
    from recycling.hub import retry

    slept = []
    monkeypatch.setattr(retry, "sleep", slept.append)
    return slept


@pytest.fixture
def start_hub(monkeypatch, naps):
    """Start a hub and point huggingface_hub at it; at the end nothing of it runs on."""
    from fake_hub import FakeHub
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    running = []
    close_session()

    def serve(repositories, **options):
        hub = FakeHub(repositories, **options).__enter__()
        running.append(hub)
        addresses = f"{hub.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", addresses)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        return hub

    monkeypatch.delenv("HF_TOKEN", raising=False)
    yield serve
    for hub in running:
        hub.__exit__()
    close_session()
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if "serve_forever" in name or "process_request" in name]
