"""The files of routed adapters."""

import pytest
import torch
from model_cases import factors
from safetensors.torch import save_file

from recycling.adapters import routed
from recycling.ground.errors import InputError


def some(combination="products"):
    """Two experts, of which the second lacks a module."""
    q, v = factors(3, 5, 4, 1), factors(1, 5, 2, 2)
    modules = {
        "q": routed.Experts(q, torch.tensor([0, 1, 1]), torch.eye(2, 4)),
        "v": routed.Experts(v, torch.tensor([0]), torch.eye(2, 2)),
    }
    return routed.Routed(("one", "two"), modules, 2, 0.5, combination)


@pytest.mark.parametrize("combination", routed.COMBINATIONS)
def test_what_is_saved_is_read_again(tmp_path, combination):
    given = some(combination)
    routed.write(given, tmp_path / "one", "toy")
    found = routed.read(tmp_path / "one")
    settings = (found.names, found.top_k, found.temperature, found.combination)
    assert settings == (("one", "two"), 2, 0.5, combination)
    assert list(found.modules) == ["q", "v"]
    for module, experts in given.modules.items():
        assert torch.equal(found.modules[module].factors.a, experts.factors.a)
        assert torch.equal(found.modules[module].factors.b, experts.factors.b)
        assert torch.equal(found.modules[module].owners, experts.owners)
        assert torch.equal(found.modules[module].prototypes, experts.prototypes)
    routed.write(found, tmp_path / "two", "toy")
    for name in (routed.DESCRIPTION, routed.WEIGHTS):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_folder_with_other_tensors(tmp_path):
    routed.write(some(), tmp_path, "toy")
    save_file({"q.a": torch.zeros(1)}, tmp_path / routed.WEIGHTS)
    with pytest.raises(InputError, match=r"keys: found \['q.a'\], expected `<module>.` and each"):
        routed.read(tmp_path)
