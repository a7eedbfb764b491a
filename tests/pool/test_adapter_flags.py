"""Flags that need more than one case; one case of each flag is in test_vetting."""

import warnings

import peft
import pytest
import torch
from hub_cases import repository
from pool_cases import BASE, BASE_COMMIT, BODY, MODULES, fit, rules, verdict
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM

from recycling.hub.opening import connect
from recycling.pool import inspection
from recycling.pool.inspection import CONFIG, WEIGHTS
from recycling.pool.vetting import vet


@pytest.mark.parametrize(
    ("config", "flags"),
    [
        ({"revision": BASE_COMMIT}, ()),
        ({"revision": BASE_COMMIT[:7]}, ()),
        ({"revision": "main"}, ()),
        ({"revision": ""}, ()),
        ({"base_model_name_or_path": f"{BASE}@main"}, ()),
        ({"base_model_name_or_path": f"{BASE}@{BASE_COMMIT}"}, ()),
        ({"base_model_name_or_path": f"{BASE}@0123abc"}, ("other_revision:0123abc!=fedcba98",)),
        ({"revision": "v1.0"}, ("unknown_revision:v1.0",)),
        ({"revision": 7}, ("unknown_revision:7",)),
        # The commit of a copy cannot be compared with that of the original.
        (
            {"base_model_name_or_path": "lab/base-1b-bnb-4bit", "revision": "0123abc"},
            ("trained_on_4bit", "unknown_revision:0123abc"),
        ),
        (
            {"base_model_name_or_path": "/data/base", "revision": BASE_COMMIT},
            ("base_from_card", f"unknown_revision:{BASE_COMMIT}"),
        ),
    ],
)
def test_the_revision_of_the_base(config, flags):
    assert verdict(fit(**config)).flags == flags


def test_the_commit_of_the_base_may_not_be_known():
    given = rules(base_repository="", base_commit="")
    assert verdict(fit(revision="49e3418f"), given).flags == ("unknown_revision:49e3418f",)
    assert verdict(fit(), given).flags == ()


PARTS = ["trainable_params.bin", "mm_projector.bin", "value_head.safetensors", "vit.safetensors"]
NO_PARTS = [
    "adapter_model.bin",
    "optimizer.pt",
    "rng_state_0.pth",
    "training_args.bin",
    "model.safetensors",
    "pytorch_model-00001-of-00002.bin",
    "checkpoint-5/trainable_params.bin",
    "trainer_state.json",
]


def test_other_trained_parts_are_told_from_the_state_of_a_training():
    for file in PARTS:
        assert verdict(fit() | {file: b""}).flags == (f"other_weights:{file}",)
    assert verdict(fit() | dict.fromkeys(NO_PARTS, b"")).flags == ()


@pytest.mark.parametrize(
    "target", ["all-linear", ".*proj", None, [*MODULES], ["mlp.down_proj", "q_proj", "v_proj"]]
)
def test_targets_that_cover_what_the_file_holds(target):
    assert verdict(fit(target_modules=target)).flags == ()


def test_files_beside_an_adapter_of_the_network_are_seen(start_hub):
    start_hub({"ana/lora": repository(files=fit() | {"trainable_params.bin": b""})})
    hub = connect("huggingface")
    [listing] = hub.repositories([BASE], [])
    found = vet(inspection.inspect(hub, listing), rules())
    assert found.flags == ("other_weights:trainable_params.bin",)


def base():
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=8,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        vocab_size=100,
    )
    return LlamaForCausalLM(config)


def renamed(old, new):
    return lambda key: key.replace(old, new)


@pytest.mark.parametrize(
    "rename",
    [
        renamed("", ""),
        renamed(".weight", ".default.weight"),
        renamed(".weight", ".math.weight"),
        renamed("base_model.model.", ""),
        renamed("base_model.model.", "base_model."),
        renamed("base_model.model.model.", "base_model.model."),
        renamed("base_model.model.", "base_model.model.base_model.model."),
        renamed("base_model.", "_orig_mod.base_model."),
        renamed("layers.0.", "layers.0._fsdp_wrapped_module."),
    ],
)
def test_names_that_peft_does_not_find(rename, tmp_path):
    """Vetting accepts the names; the flag says whether PEFT itself finds them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        targets = ["q_proj", "v_proj", "down_proj"]
        settings = peft.LoraConfig(r=2, target_modules=targets, task_type="CAUSAL_LM")
        peft.get_peft_model(base(), settings).save_pretrained(tmp_path)
    saved = load_file(tmp_path / WEIGHTS)
    save_file({rename(key): value for key, value in saved.items()}, tmp_path / WEIGHTS)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        peft.PeftModel.from_pretrained(base(), tmp_path)
    missed = any("missing adapter keys" in str(warning.message) for warning in caught)
    files = {name: (tmp_path / name).read_bytes() for name in (CONFIG, WEIGHTS)}
    found = verdict(files)
    assert (found.reason, "keys_unlike_peft" in found.flags) == ("", missed)
    assert len(saved) == 2 * len(BODY)
