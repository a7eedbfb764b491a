"""What tests share: one thread, no network, a toy base model made on the spot."""

# ruff: noqa: E402 - the variables must be set before the libraries are imported.

import os

for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ["HF_HUB_OFFLINE"] = "1"

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
    """A copy of the project in which the toy study ran to its end, undisturbed."""
    folder = studies.runnable(tmp_path_factory.mktemp("finished") / "project")
    done = studies.toy(folder)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder
