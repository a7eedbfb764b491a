import json
import warnings

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from recycling.adapters import lowrank, peft_files, peft_read
from recycling.adapters.peft_files import AdapterFileError, Entry
from recycling.ground.errors import InputError
from recycling.pool.config_keys import KNOWN_KEYS

COMMON = {"r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "v_proj", "down_proj"]}
SETTINGS = {
    "usual": {},
    "rank_1": {"r": 1, "lora_alpha": 16},
    "all_linear": {"target_modules": "all-linear"},
    "regex_targets": {"target_modules": r".*\.1\..*(q|gate)_proj"},
    "rslora": {"use_rslora": True, "r": 8},
    "rank_pattern": {"rank_pattern": {"q_proj": 2, "v_proj": 7}},
    "alpha_pattern": {"alpha_pattern": {"down_proj": 1, r"layers.0.self_attn.v_proj": 3}},
    "patterns": {
        "rank_pattern": {r"^model.layers.0.*": 2, "v_proj": 3, r"\.q_proj": 5},
        "alpha_pattern": {r"layers\.[0-9].mlp.down_proj": 5, "proj": 9, r"v_pro|v_proj": 11},
    },
    "patterns_rslora": {
        "rank_pattern": {"q_proj": 2},
        "use_rslora": True,
        "alpha_pattern": {"q_proj": 5},
    },
    "groups": {"rank_pattern": {r".*\.layers\.1\..*(q_proj|v_proj)$": 3, "(up|down)_proj": 5}},
    "partial_layers": {"layers_to_transform": [1]},
    "gaussian": {"init_lora_weights": "gaussian"},
    "orthogonal": {"init_lora_weights": "orthogonal"},
}


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def base():
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        vocab_size=64,
    )
    return LlamaForCausalLM(config)


@pytest.fixture(scope="module")
def modules():
    return {
        name
        for name, module in base().named_modules()
        if isinstance(module, torch.nn.Linear) and name != "lm_head"
    }


def saved(folder, settings):
    """A PEFT adapter with random factors on disk, and PEFT's own dense updates."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = peft.get_peft_model(
            base(), peft.LoraConfig(task_type="CAUSAL_LM", **COMMON | settings)
        )
        torch.manual_seed(1)
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(parameter, std=0.2)
        model.save_pretrained(folder)
    return {
        name.removeprefix("base_model.model."): layer.get_delta_weight("default").detach()
        for name, layer in model.named_modules()
        if isinstance(layer, peft.tuners.lora.Linear)
    }


def read(folder):
    weights = (folder / "adapter_model.safetensors").read_bytes()
    header = peft_files.parse_header(weights, len(weights))
    tensors = peft_read.read_tensors(folder / "adapter_model.safetensors", header)
    return peft_files.parse_config((folder / "adapter_config.json").read_bytes()), tensors


@pytest.mark.parametrize("name", SETTINGS)
def test_the_updates_are_those_of_peft(name, modules, tmp_path):
    deltas = saved(tmp_path, SETTINGS[name])
    adapter = peft_read.adapter(*read(tmp_path), modules, "a--b", {"commit": "c"})
    assert (adapter.name, adapter.source) == ("a--b", {"commit": "c"})
    assert list(adapter) == sorted(deltas)
    for module, factors in adapter.items():
        torch.testing.assert_close(factors.delta(), deltas[module], atol=1e-6, rtol=1e-6)
    total = sum(delta.double().square().sum() for delta in deltas.values()).sqrt().item()
    assert lowrank.total_norm(adapter) == pytest.approx(total, rel=1e-6)


def test_mixed_types_and_names_in_the_keys_change_nothing(modules, tmp_path):
    saved(tmp_path, {})
    config, tensors = read(tmp_path)
    coarse = {key: value.bfloat16().float() for key, value in tensors.items()}
    expected = peft_read.adapter(config, coarse, modules, "x", {})
    renamed = {
        key.replace(".weight", ".default.weight").replace("base_model.model.", "_orig_mod."): (
            value.bfloat16() if ".lora_A." in key else value
        )
        for key, value in coarse.items()
    }
    save_file(renamed, tmp_path / "adapter_model.safetensors")
    found = peft_read.adapter(*read(tmp_path), modules, "x", {})
    for module, factors in expected.items():
        assert torch.equal(found[module].a, factors.a)
        assert torch.equal(found[module].b, factors.b)
        assert found[module].a.dtype == found[module].b.dtype == torch.float32


def test_only_the_inspected_tensors_are_read(tmp_path):
    path = tmp_path / "x.safetensors"
    save_file({"a": torch.zeros(2, 3)}, path)
    assert torch.equal(
        peft_read.read_tensors(path, {"a": Entry("F32", (2, 3))})["a"], torch.zeros(2, 3)
    )
    for expected in ({}, {"a": Entry("F32", (3, 2))}, {"a": Entry("BF16", (2, 3))}):
        with pytest.raises(AdapterFileError, match="changed: found other tensors"):
            peft_read.read_tensors(path, expected)
    path.write_bytes(b"\x80\x04pickle")
    with pytest.raises(AdapterFileError, match="unreadable_weights: found "):
        peft_read.read_tensors(path, {})


@pytest.mark.parametrize("spoil", ["unmatched", "extra", "unpaired", "none"])
def test_unvetted_tensors_are_refused(spoil, modules, tmp_path):
    saved(tmp_path, {})
    config, tensors = read(tmp_path)
    key = next(iter(tensors))
    spoilt = {
        "unmatched": tensors | {"x.lora_A.weight": tensors[key]},
        "extra": tensors | {"x": tensors[key]},
        "unpaired": {name: value for name, value in tensors.items() if name != key},
        "none": {},
    }[spoil]
    with pytest.raises(InputError, match=r"x: tensors: found .* expected a pair A, B for modules"):
        peft_read.adapter(config, spoilt, modules, "x", {})


@pytest.mark.parametrize("change", [{"lora_alpha": None}, {"r": 3}])
def test_unvetted_scales_are_refused(change, modules, tmp_path):
    saved(tmp_path, {})
    config, tensors = read(tmp_path)
    with pytest.raises(InputError, match=r"x: scale of model.layers.0.mlp.down_proj: .* r = 4 and"):
        peft_read.adapter(config | change, tensors, modules, "x", {})


def test_every_key_of_the_installed_peft_is_known(tmp_path):
    saved(tmp_path, {})
    assert set(json.loads((tmp_path / "adapter_config.json").read_text())) <= KNOWN_KEYS
    assert load_file(tmp_path / "adapter_model.safetensors")
