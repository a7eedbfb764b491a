"""The same study, the same bytes; how far other number formats and machines may be off."""

import copy
import os
import subprocess

import pytest
import studies
import torch
from model_cases import INSTRUCTION, ROWS

from recycling.model.base import Base
from recycling.model.scoring import predict


@pytest.mark.faults
@pytest.mark.parametrize(
    ("cores", "hash_seed", "first"), [("1", "1", "twins"), ("2", "2", "average")]
)
def test_same_bytes_elsewhere_in_another_order(lean, tmp_path, cores, hash_seed, first):
    folder = studies.lean(tmp_path / "another folder")
    target = f"results/toy/merged/{first}/months/0/merge.json"
    order = ["--cores", cores, "--prioritize", target, "--scheduler", "greedy"]
    done = subprocess.run(
        studies.command("--configfile", "toy.yaml", *order),
        cwd=folder,
        env=studies.ENVIRONMENT | {"PYTHONHASHSEED": hash_seed},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert studies.results(folder) == studies.results(lean)


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="a network namespace needs root")
def test_a_study_runs_without_a_network(lean, tmp_path):
    alone = ["unshare", "--net"]
    if subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("no network namespaces here")
    routes = subprocess.run([*alone, "cat", "/proc/net/route"], capture_output=True, check=True)
    assert len(routes.stdout.splitlines()) <= 1  # the head of the table
    folder = studies.lean(tmp_path / "project")
    command = [*alone, *studies.command("--configfile", "toy.yaml")]
    done = subprocess.run(
        command,
        cwd=folder,
        env={key: value for key, value in studies.ENVIRONMENT.items() if key != "HF_HUB_OFFLINE"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert studies.results(folder) == studies.results(lean)


def likelihoods(base: Base) -> torch.Tensor:
    """Log-likelihood per token of every answer and choice."""
    rows = predict(base, INSTRUCTION, ROWS, 0)
    values = [
        nll / tokens
        for row in rows
        for nll, tokens in zip(
            (row.answer_nll, *row.choice_nll), (row.answer_tokens, *row.choice_tokens), strict=True
        )
    ]
    return torch.tensor(values, dtype=torch.float64)


# Other processors add in another order: what that can change is of the size of float32's rounding,
# which the difference to float64 shows.
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 2e-5), (torch.bfloat16, 0.3)], ids=str
)
def test_other_formats_and_machines_stay_within_the_stated_tolerance(toy_base, dtype, tolerance):
    exact = Base(copy.deepcopy(toy_base.model).double(), toy_base.tokenizer)
    other = Base(copy.deepcopy(toy_base.model).to(dtype), toy_base.tokenizer)
    off = (likelihoods(other) - likelihoods(exact)).abs().max().item()
    assert 0 < off < tolerance
