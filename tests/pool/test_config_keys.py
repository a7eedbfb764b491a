"""Unknown keys: those about training pass, those that may change the update do not."""

import json
import warnings

import peft
import pytest
from pool_cases import MemoryHub, fit, rules, verdict

from recycling.ground.errors import InputError
from recycling.pool import config_keys, inspection, ledger
from recycling.pool.config_keys import VARIANTS, suspects

# Keys that came with PEFT 0.16 and later.
NEWER = {
    "alora_invocation_tokens",
    "arrow_config",
    "ensure_weight_tying",
    "kasa_config",
    "lora_ga_config",
    "monteclora_config",
    "peft_version",
    "qalora_group_size",
    "target_parameters",
    "use_bdlora",
    "use_qalora",
    "velora_config",
}
SETTINGS = {"megatron_core", "runtime_config"}


@pytest.fixture
def saved(tmp_path):
    """The config of a usual LoRA as the installed PEFT writes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        settings = peft.LoraConfig(r=2, lora_alpha=4, task_type="CAUSAL_LM", target_modules=["q"])
        settings.save_pretrained(tmp_path)
    return json.loads((tmp_path / "adapter_config.json").read_text())


@pytest.mark.parametrize("newer", [set(), NEWER, NEWER | SETTINGS, NEWER | SETTINGS | {*VARIANTS}])
def test_the_defaults_of_a_newer_peft_empty_no_pool(saved, newer, monkeypatch):
    """A list of keys that ended at PEFT 0.15, or earlier, takes what PEFT 0.21 writes."""
    monkeypatch.setattr(config_keys, "KNOWN_KEYS", config_keys.KNOWN_KEYS - newer)
    assert newer & set(saved) or not newer
    assert suspects(saved | {"runtime_config": {"ephemeral_gpu_offload": False}}, []) == []


ON = {
    "alora_invocation_tokens": [1, 2],
    "arrow_config": {"top_k": 3},
    "kasa_config": {"beta": 1e-4},
    "lora_ga_config": {"scale": "stable"},
    "monteclora_config": {"num_samples": 8},
    "target_parameters": ["experts.up_proj"],
    "use_bdlora": {"nblocks": 2},
    "use_qalora": True,
    "velora_config": {"num_groups": 4},
}


@pytest.mark.parametrize("key", ON)
def test_what_a_newer_peft_switches_on_never_passes(saved, key, monkeypatch):
    monkeypatch.setattr(config_keys, "KNOWN_KEYS", config_keys.KNOWN_KEYS - NEWER)
    assert key in suspects(saved | {key: ON[key]}, [])


def test_a_setting_passes_only_while_its_feature_is_off():
    for switch in ("use_fancy", "fancy_config"):
        assert suspects({"fancy_size": 3, switch: None}, []) == []
        assert suspects({"fancy_size": 3, switch: True}, []) == sorted(["fancy_size", switch])
    assert suspects({"fancy_size": 3, "use_fancy": True, "fancy_config": None}, [])
    assert suspects({"fancy_size": 3}, []) == ["fancy_size"]
    assert suspects({"fancysize": 3, "use_fancy": False}, []) == ["fancysize"]
    assert suspects({"lora_power": 2, "lora_config": None, "use_lora": False}, []) == ["lora_power"]


@pytest.mark.parametrize("value", [None, False, 0, "", [], {}, {"a": {"b": False}, "c": None}])
def test_what_is_off(value):
    assert suspects({"new_trick": value}, []) == []
    assert verdict(fit(new_trick=value)).flags == ("unknown_config",)


@pytest.mark.parametrize("value", [True, 1, 0.5, "sqrt", [0], [None], {"beta": 0}, {"a": True}])
def test_what_is_on(value):
    assert suspects({"new_trick": value}, []) == ["new_trick"]
    assert verdict(fit(new_trick=value)).reason == "unknown_config:new_trick"


@pytest.mark.parametrize(
    "config",
    [
        {"merge_weights": True},
        {"transformers_version": "4.38.2"},
        {"torch_dtype": "bfloat16"},
        {"learning_rate": 2e-4},
        {"lora_dtype": "float32", "lorap_lr_ratio": 16, "lorap_emb_lr": 1e-6},
        {"per_device_train_batch_size": 2, "num_train_epochs": 3, "data_seed": 1},
        {"load_in_4bit": True, "quantization_config": {"bits": 4}},
        {"model_type": "llama", "architectures": ["LlamaForCausalLM"]},
    ],
)
def test_keys_about_training_pass_with_a_flag(config):
    found = verdict(fit(**config))
    assert (found.reason, found.flags) == ("", (f"unknown_config:{min(config)}",))


@pytest.mark.parametrize("key", ["enable_lora", "lora_scale", "merge_mode", "lora_version"])
def test_other_keys_do_not(key):
    assert verdict(fit(**{key: 2})).reason == f"unknown_config:{key}"


def test_a_study_can_allow_keys():
    given = rules(harmless_keys=frozenset({"new_trick"}))
    assert verdict(fit(new_trick=1), given).flags == ("unknown_config:new_trick",)
    assert verdict(fit(new_trick=1, other=1), given).reason == "unknown_config:other"
    # A feature that is known to change the update stays refused.
    given = rules(harmless_keys=frozenset({"use_dora"}))
    assert verdict(fit(use_dora=True), given).reason == "variant:dora"


def test_a_pool_that_only_unknown_keys_empty_says_how_to_allow_them():
    hub = MemoryHub(fit(new_trick=1))
    with pytest.raises(InputError, match=r"unknown_config:new_trick.* pool\.limits\.harmless_keys"):
        ledger.vetted([inspection.inspect(hub, hub.listing())], rules(), 1)
