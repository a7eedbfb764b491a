import json

import peft
import pytest
import torch
from model_cases import adapter, logits
from toy.base import build

from recycling.adapters import lowrank, peft_folder
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.model import base as bases

TOKENS = [5, 80, 33, 260, 7, 120, 64]


@pytest.fixture(scope="module")
def deep_folder(tmp_path_factory):
    """Four layers: from 20 target modules on PEFT shortens the list of names by itself."""
    folder = tmp_path_factory.mktemp("deep")
    build(folder, layers=4)
    return folder


def agree(folder, base_folder, ours):
    """Both ways of reading `folder` act on the base as `ours` does."""
    base = bases.load(base_folder, "cpu", "float32")
    bare = logits(base.model, TOKENS)
    with base.wearing(ours):
        expected = logits(base.model, TOKENS)
    with base.wearing(peft_folder.read_peft(folder, "x", base.linears)):
        assert (logits(base.model, TOKENS) - expected).abs().max() < 1e-4
    loaded = peft.PeftModel.from_pretrained(base.model, folder).eval()
    assert (logits(loaded, TOKENS) - expected).abs().max() < 1e-4
    return (expected - bare).abs().max() > 0.05


@pytest.mark.parametrize("ranks", [(2,), (1, 2, 5), (1,)])
@pytest.mark.parametrize(
    "without", [(), ("up_proj", "layers.1.mlp"), ("mlp", "layers.0", "v_proj")]
)
def test_peft_loads_what_is_saved(toy_base, toy_folder, tmp_path, ranks, without):
    ours = adapter(toy_base, "x", 1, ranks=ranks, without=without)
    peft_folder.write_peft(ours, tmp_path, "toy")
    assert agree(tmp_path, toy_folder, ours)


def test_peft_loads_many_modules_with_gaps(deep_folder, tmp_path):
    base = bases.load(deep_folder, "cpu", "float32")
    ours = adapter(base, "x", 1, ranks=(1, 3), without=("layers.2.mlp", "layers.0.self_attn.q"))
    assert len(ours) == 24
    peft_folder.write_peft(ours, tmp_path, "toy")
    assert agree(tmp_path, deep_folder, ours)


def test_a_merge_of_mixed_ranks_with_negative_coefficients(toy_base, toy_folder, tmp_path):
    one = adapter(toy_base, "one", 1, ranks=(1, 4), without=("o_proj",))
    two = adapter(toy_base, "two", 2, ranks=(3,), without=("mlp",))
    modules = {
        module: lowrank.concatenate(
            [a[module].scaled(c) for a, c in ((one, -0.7), (two, 1.3)) if module in a]
        )
        for module in sorted({*one, *two})
    }
    ours = Adapter("merged", modules)
    peft_folder.write_peft(ours, tmp_path, "toy")
    assert agree(tmp_path, toy_folder, ours)


@pytest.mark.parametrize(("rslora", "scale"), [(False, 6 / 4), (True, 6 / 2)])
def test_factors_before_the_scale(toy_base, toy_folder, tmp_path, rslora, scale):
    raw = adapter(toy_base, "x", 1, ranks=(4,))
    peft_folder.write_peft(raw, tmp_path, "toy", alpha=6, rslora=rslora)
    assert agree(tmp_path, toy_folder, Adapter("x", {m: f.scaled(scale) for m, f in raw.items()}))
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (config["lora_alpha"], config["use_rslora"]) == (6, rslora)


def test_without_alpha_factors_are_applied_as_they_are(toy_base, toy_folder, tmp_path):
    ours = adapter(toy_base, "x", 1, ranks=(4,))
    peft_folder.write_peft(ours, tmp_path, "toy", rslora=True)
    assert agree(tmp_path, toy_folder, ours)


def test_round_trip_keeps_every_update(toy_base, tmp_path):
    ours = adapter(toy_base, "x", 1, ranks=(1, 4), without=("q_proj",))
    peft_folder.write_peft(ours, tmp_path, "toy")
    read = peft_folder.read_peft(tmp_path, "again", toy_base.linears)
    assert read.name == "again"
    assert list(read) == list(ours)
    for module in ours:
        assert torch.equal(read[module].delta(), ours[module].delta())


def test_a_zero_adapter(toy_base, toy_folder, tmp_path):
    zero = {m: f.scaled(0) for m, f in adapter(toy_base, "x", 1).items()}
    peft_folder.write_peft(Adapter("x", zero), tmp_path, "toy")
    assert not agree(tmp_path, toy_folder, None)


def test_an_adapter_of_rank_0(toy_base, toy_folder, tmp_path):
    none = {m: Factors(f.a[:0], f.b[:, :0]) for m, f in adapter(toy_base, "x", 1).items()}
    peft_folder.write_peft(Adapter("x", none), tmp_path, "toy")
    assert not agree(tmp_path, toy_folder, None)


def test_factors_that_still_carry_gradients(toy_base, tmp_path):
    part = next(iter(adapter(toy_base, "x", 1).values()))
    trained = Factors(part.a.double().requires_grad_(True), part.b.double())
    peft_folder.write_peft(
        Adapter("x", {"model.layers.0.self_attn.q_proj": trained}), tmp_path, "toy"
    )
    read = peft_folder.read_peft(tmp_path, "x", toy_base.linears)
    assert read["model.layers.0.self_attn.q_proj"].a.dtype == torch.float32


def test_equal_adapters_have_equal_bytes(toy_base, tmp_path):
    for folder in ("one", "two"):
        peft_folder.write_peft(adapter(toy_base, "x", 1, ranks=(1, 2)), tmp_path / folder, "toy")
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two


def test_a_folder_for_another_base(toy_base, tmp_path):
    peft_folder.write_peft(adapter(toy_base, "x", 1), tmp_path, "toy")
    with pytest.raises(InputError, match="x: tensors: found"):
        peft_folder.read_peft(tmp_path, "x", ["model.layers.0.self_attn.q_proj"])
