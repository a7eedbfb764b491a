"""An adapter is read, cast and copied before the base wears it."""

from types import SimpleNamespace

import pytest
import torch
from model_cases import adapter

from recycling.adapters import canonical
from recycling.model import staging


@pytest.fixture
def stored(toy_base, tmp_path):
    one = adapter(toy_base, "one", 1)
    canonical.write(one, tmp_path / "one.safetensors")
    return one, tmp_path / "one.safetensors"


def beside(device, dtype):
    """As much of a base as is asked for."""
    return SimpleNamespace(device=torch.device(device), model=SimpleNamespace(dtype=dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_an_adapter_has_the_base_s_format_and_memory_of_its_own(stored, dtype):
    one, file = stored
    read = staging.read(beside("cpu", dtype), file)
    size = file.stat().st_size
    file.write_bytes(bytes(size))  # where it was mapped from there is nothing now
    assert (read.name, list(read)) == ("one", list(one))
    for module, factors in one.items():
        assert torch.equal(read[module].a, factors.a.to(dtype))
        assert torch.equal(read[module].b, factors.b.to(dtype))


@pytest.mark.parametrize(("device", "pinned"), [("cpu", 0), ("cuda", 2)])
def test_beside_a_gpu_every_side_is_pinned(stored, monkeypatch, device, pinned):
    one, file = stored
    sides = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda side: sides.append(side) or side)
    staging.read(beside(device, torch.float32), file)
    assert len(sides) == pinned * len(one)
