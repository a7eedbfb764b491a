"""`make gpu-check`, with the processor in the place of the GPU."""

import check_gpu
import pytest
import torch

from recycling.model import base as bases


def test_the_processor_equals_itself(toy_folder, capsys):
    assert check_gpu.main(toy_folder, "cpu", 64) == 0
    said = capsys.readouterr().out
    assert said.endswith("equal\n")
    for name in ("score", "answer", "train"):
        assert f"\n{name}: " in said


@pytest.mark.parametrize("module", ["lm_head", "model.layers.1.mlp.down_proj"])
def test_another_model_is_told(toy_folder, capsys, monkeypatch, module):
    real, loaded = bases.load, []

    def load(*arguments):
        base = real(*arguments)
        loaded.append(base)
        if len(loaded) == 2:
            with torch.no_grad():
                base.model.get_submodule(module).weight.mul_(1.05)
        return base

    monkeypatch.setattr(check_gpu, "load", load)
    assert check_gpu.main(toy_folder, "cpu", 64) == 1
    assert "NOT EQUAL" in capsys.readouterr().out


def test_a_token_of_a_large_base_costs_two_operations_a_weight(toy_base):
    task = check_gpu.tasks.load("city_continent", "builtin")
    found = check_gpu.speeds(toy_base, task, check_gpu.random_adapter(toy_base), 64)
    weights = sum(module.weight.numel() for module in toy_base.linears.values())
    weights += toy_base.output_layer.weight.numel()
    ratios = {name: share / (rate * weights) for name, (rate, share) in found.items()}
    assert ratios["score"] == pytest.approx(ratios["answer"])
    assert ratios["train"] == pytest.approx(2 * ratios["score"])
