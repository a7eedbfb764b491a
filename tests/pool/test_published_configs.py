"""Adapter configs as people publish them, version by version and tool by tool, with the verdict.

The base is a tiny one under the name of Llama 3.1 8B Instruct. Ranks, names, keys and values are in
the manner of what the tools write; the tensors are random, of the config's rank.
"""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from pool_cases import BODY, CONFIG, WEIGHTS, rules, tensors, verdict

from recycling.community.defects import with_tensors

BASE = "meta-llama/Llama-3.1-8B-Instruct"
COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"
CACHE = "/root/.cache/huggingface/hub/models--"
RULES = rules(
    aliases={
        BASE: "same_weights",
        "meta-llama/Meta-Llama-3.1-8B-Instruct": "same_weights",
        "unsloth/Meta-Llama-3.1-8B-Instruct": "same_weights",
        "unsloth/Meta-Llama-3.1-8B-Instruct-bnb-4bit": "quantised",
    },
    base_repository=BASE,
    base_commit=COMMIT,
    max_bytes=10**7,
    max_rank=256,
)
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


@dataclass(frozen=True)
class Published:
    """Config, flags if it is accepted, else the reason, and what lies beside the config."""

    config: dict[str, Any]
    flags: str = ""
    refused: str = ""
    card: str = BASE
    files: tuple[str, ...] = ()
    rename: tuple[str, str] = ("", "")
    tensors: dict[str, list[int]] = field(default_factory=dict)
    weights: str = WEIGHTS


def lora(**changes):
    """What every version since 0.2 writes."""
    return {
        "base_model_name_or_path": BASE,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": 16,
        "lora_dropout": 0.05,
        "modules_to_save": None,
        "peft_type": "LORA",
        "r": 8,
        "target_modules": ALL,
        "task_type": "CAUSAL_LM",
    } | changes


def peft_02(**changes):
    return lora(**{"merge_weights": False, "enable_lora": None} | changes)


def peft_03(**changes):
    return lora(**{"init_lora_weights": True} | changes)


def peft_05(**changes):
    later = {"auto_mapping": None, "layers_pattern": None, "layers_to_transform": None}
    return peft_03(**later | {"revision": None} | changes)


def peft_06(**changes):
    return peft_05(**{"alpha_pattern": {}, "rank_pattern": {}} | changes)


def peft_09(**changes):
    later = {"loftq_config": {}, "megatron_config": None, "megatron_core": "megatron.core"}
    return peft_06(**later | {"use_rslora": False, "use_dora": False} | changes)


def peft_14(**changes):
    later = {"eva_config": None, "exclude_modules": None, "lora_bias": False}
    return peft_09(**later | {"layer_replication": None} | changes)


def peft_17(**changes):
    later = {"corda_config": None, "trainable_token_indices": None, "target_parameters": None}
    return peft_14(**later | {"qalora_group_size": 16, "use_qalora": False} | changes)


def peft_19(**changes):
    later = {"alora_invocation_tokens": None, "arrow_config": None, "ensure_weight_tying": False}
    return peft_17(**later | {"peft_version": "0.19.1"} | changes)


def unsloth(**changes):
    mapping = {
        "base_model_class": "LlamaForCausalLM",
        "parent_library": "transformers.models.llama.modeling_llama",
        "unsloth_fixed": True,
    }
    named = "unsloth/meta-llama-3.1-8b-instruct-bnb-4bit"
    return peft_19(
        **{"auto_mapping": mapping, "base_model_name_or_path": named, "r": 16, "lora_dropout": 0}
        | changes
    )


VISION = (
    r"(?:.*?(?:language|text).*?(?:self_attn|attention|attn|mlp|feed_forward|ffn|dense).*?"
    r"(?:q_proj|v_proj|down_proj).*?)|(?:\bmodel\.layers\.[\d]{1,}\.(?:self_attn|mlp)\.(?:q_proj))"
)
SWIFT = r"^(model)(?!.*(lm_head|output|emb|wte|shared)).*"
LAYER_3 = r".*\.layers\.1\..*(q_proj|k_proj)$"
SNAPSHOT = f"{CACHE}meta-llama--Llama-3.1-8B-Instruct/snapshots/{COMMIT}"
OTHER_SNAPSHOT = SNAPSHOT.replace(COMMIT, "f" * 40)

PUBLISHED = {
    # PEFT, as it writes a usual LoRA
    "peft 0.2": Published(peft_02(), "unknown_config"),
    "peft 0.2, merged in evaluation": Published(
        peft_02(merge_weights=True), "unknown_config:merge_weights"
    ),
    "peft 0.2, merged linear layers": Published(
        peft_02(enable_lora=[True, False, True]), refused="unknown_config:enable_lora"
    ),
    "peft 0.3": Published(peft_03(target_modules=["q_proj", "v_proj", "down_proj"])),
    "peft 0.5": Published(peft_05()),
    "peft 0.6": Published(peft_06()),
    "peft 0.9": Published(peft_09()),
    "peft 0.14": Published(peft_14()),
    "peft 0.17": Published(peft_17()),
    "peft 0.19": Published(peft_19()),
    "peft 0.19, rsLoRA": Published(peft_19(use_rslora=True, r=64), "rslora"),
    "peft 0.9, DoRA": Published(peft_09(use_dora=True), refused="variant:dora"),
    "peft 0.10, PiSSA": Published(
        peft_09(init_lora_weights="pissa_niter_16"), refused="mutated_base"
    ),
    "peft 0.12, OLoRA": Published(peft_09(init_lora_weights="olora"), refused="mutated_base"),
    "peft 0.15, CorDA": Published(
        peft_17(init_lora_weights="corda", corda_config={"corda_method": "kpm"}),
        refused="mutated_base",
    ),
    "peft 0.8, LoftQ": Published(
        peft_09(init_lora_weights="loftq", loftq_config={"loftq_bits": 4}), refused="mutated_base"
    ),
    "peft 0.14, EVA": Published(
        peft_14(init_lora_weights="eva", eva_config={"rho": 2.0}), "special_start"
    ),
    "peft 0.17, experts": Published(
        peft_17(target_parameters=["feed_forward.experts.down_proj"]),
        refused="variant:target_parameters",
    ),
    "peft 0.18, activated LoRA": Published(
        peft_19(alora_invocation_tokens=[128006, 78191]), refused="variant:alora"
    ),
    "peft 0.15, new tokens": Published(
        peft_17(trainable_token_indices=[128256]), refused="variant:trainable_tokens"
    ),
    "peft, IA3": Published(
        {"peft_type": "IA3", "base_model_name_or_path": BASE}, refused="variant:ia3"
    ),
    "peft, prompt tuning": Published(
        {"peft_type": "PROMPT_TUNING", "num_virtual_tokens": 8}, refused="variant:prompt_tuning"
    ),
    "peft, AdaLoRA": Published(
        lora(peft_type="ADALORA", init_r=12, target_r=8), refused="variant:adalora"
    ),
    "peft, ranks of single layers": Published(
        peft_09(alpha_pattern={LAYER_3: 32, r"model\.layers\.0\.mlp\.(up|down)_proj": 8}),
        "alpha_pattern",
    ),
    "peft, a pattern that looks around": Published(
        peft_09(alpha_pattern={"(?!lm_head).*proj": 32}), refused="unsafe_pattern"
    ),
    "peft, the biases of a base without any": Published(peft_09(bias="lora_only"), "bias"),
    "peft, the biases of a base that has some": Published(
        peft_09(bias="lora_only"),
        refused="variant:bias",
        tensors={"base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias": [8]},
    ),
    "peft, trained on another commit": Published(
        peft_09(revision="8c22764a7e3675c50d4c7c9a4edb474456022b16"),
        "other_revision:8c22764a!=0e9e39f2",
    ),
    "a newer peft, its default": Published(
        peft_19(fancy_blocks=16, use_fancy=False, peft_version="0.25.0"),
        "unknown_config:fancy_blocks",
    ),
    "a newer peft, switched on": Published(
        peft_19(fancy_blocks=16, use_fancy=True), refused="unknown_config:fancy_blocks"
    ),
    # unsloth
    "unsloth": Published(unsloth(), "trained_on_4bit"),
    "unsloth, no task type": Published(unsloth(task_type=None), "no_task_type,trained_on_4bit"),
    "unsloth, full precision": Published(
        unsloth(base_model_name_or_path="unsloth/Meta-Llama-3.1-8B-Instruct")
    ),
    "unsloth, by a pattern, with a tokenizer": Published(
        unsloth(target_modules=VISION),
        "trained_on_4bit,own_tokenizer",
        files=("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"),
    ),
    "unsloth, another model": Published(
        unsloth(base_model_name_or_path="unsloth/Meta-Llama-3.1-8B-bnb-4bit"),
        refused="base_mismatch",
    ),
    "unsloth, embeddings too": Published(
        unsloth(modules_to_save=["lm_head", "embed_tokens"]), refused="modules_to_save"
    ),
    # axolotl
    "axolotl": Published(
        peft_09(r=32, lora_alpha=16, base_model_name_or_path=f"{BASE}/"),
    ),
    "axolotl, new tokens": Published(
        peft_09(modules_to_save=["embed_tokens", "lm_head"]), refused="modules_to_save"
    ),
    "axolotl, checkpoints and a whole model beside it": Published(
        peft_09(),
        "other_adapters",
        files=("checkpoint-90/adapter_config.json", "pytorch_model.bin", "training_args.bin"),
    ),
    "axolotl, ZeRO-3": Published(
        peft_09(),
        refused="empty_tensor",
        tensors={"base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": [0]},
    ),
    # LLaMA-Factory
    "llama-factory, a path": Published(
        peft_14(base_model_name_or_path="/root/autodl-tmp/models/Llama-3.1-8B-Instruct"),
        "base_from_card",
    ),
    "llama-factory, a relative path": Published(
        peft_14(base_model_name_or_path="models/Llama-3.1-8B-Instruct"), "base_from_card"
    ),
    "llama-factory, a path and no card": Published(
        peft_14(base_model_name_or_path="saves/k2"), refused="base_unknown", card=""
    ),
    "llama-factory, a value head": Published(
        peft_14(), "other_weights:value_head.safetensors", files=("value_head.safetensors",)
    ),
    "llama-factory, LongLoRA": Published(
        peft_09(), "other_weights:trainable_params.bin", files=("trainable_params.bin",)
    ),
    # TRL
    "trl, SFT": Published(peft_17(target_modules="all-linear")),
    "trl, DPO on a model of one's own": Published(
        peft_09(base_model_name_or_path="ana/Llama-3.1-8B-Instruct-SFT"), refused="base_mismatch"
    ),
    "trl, reward": Published(
        peft_09(task_type="SEQ_CLS", modules_to_save=["score"]), refused="task_type"
    ),
    "trl, from the cache": Published(peft_17(base_model_name_or_path=SNAPSHOT)),
    "trl, from the cache, another commit": Published(
        peft_17(base_model_name_or_path=OTHER_SNAPSHOT), "other_revision:ffffffff!=0e9e39f2"
    ),
    "trl, another model from the cache": Published(
        peft_17(base_model_name_or_path=f"{CACHE}Qwen--Qwen3-4B/snapshots/{COMMIT}"),
        refused="base_mismatch",
    ),
    # ms-swift
    "ms-swift": Published(
        peft_14(
            base_model_name_or_path="/cache/modelscope/hub/LLM-Research/Meta-Llama-3___1-8B-Instruct",
            target_modules=SWIFT,
            lora_dtype="bfloat16",
            lorap_lr_ratio=16.0,
            lorap_emb_lr=1e-06,
        ),
        "base_from_card,unknown_config:lora_dtype",
        files=("additional_config.json", "args.json"),
    ),
    "ms-swift, the vision tower trained in full": Published(
        peft_14(lora_dtype=None, lorap_lr_ratio=None),
        "unknown_config,other_weights:vit.safetensors",
        files=("vit.safetensors",),
    ),
    # other tools
    "autotrain": Published(
        peft_05(r=16, base_model_name_or_path="Llama-3.1-8B-Instruct"), "base_from_card"
    ),
    "torchtune": Published(
        {"r": 8, "lora_alpha": 16, "target_modules": ALL, "peft_type": "LORA"}
        | {"base_model_name_or_path": BASE},
        "no_task_type",
    ),
    "torchtune, DeepSpeed wrappers in the names": Published(
        peft_09(), "keys_unlike_peft", rename=("base_model.model.", "module.base_model.model.")
    ),
    "llava": Published(
        peft_05(), "other_weights:non_lora_trainables.bin", files=("non_lora_trainables.bin",)
    ),
    "a trainer that adds its settings": Published(
        peft_09(learning_rate=2e-4, transformers_version="4.44.2", torch_dtype="bfloat16"),
        "unknown_config:learning_rate",
    ),
    "a mixture of LoRAs": Published(
        peft_09(lora_nums=4, blc_weight=0.1), refused="unknown_config:blc_weight"
    ),
    "mlx": Published(
        {"fine_tune_type": "lora", "lora_parameters": {"rank": 8, "scale": 20.0}, "num_layers": 16},
        refused="mlx",
        weights="adapters.safetensors",
    ),
    "a pickle": Published(peft_03(), refused="no_safetensors", weights="adapter_model.bin"),
    # Llama Guard and other relatives
    "llama guard": Published(
        peft_09(base_model_name_or_path="meta-llama/Llama-Guard-3-8B"), refused="base_mismatch"
    ),
    "llama guard, as a classifier": Published(
        peft_09(base_model_name_or_path=BASE, task_type="SEQ_CLS"), refused="task_type"
    ),
    "abliterated": Published(
        peft_09(base_model_name_or_path="mlabonne/Meta-Llama-3.1-8B-Instruct-abliterated"),
        refused="base_mismatch",
    ),
    "the older name of the base, in small letters": Published(
        peft_09(base_model_name_or_path="meta-llama/meta-llama-3.1-8b-instruct@main")
    ),
    "nothing": Published({}, refused="variant:none"),
    "no alpha": Published(
        {key: v for key, v in peft_09().items() if key != "lora_alpha"}, refused="scale_unknown"
    ),
}


def files(published):
    config = published.config
    usual = tensors(rank=config.get("r", 8), modules=BODY)
    found = {key.replace(*published.rename): value for key, value in usual.items()}
    for key, shape in published.tensors.items():
        found[key] = ("F32", shape, bytes(4 * shape[0]))
    made = with_tensors({CONFIG: json.dumps(config).encode()}, found)
    made[published.weights] = made.pop(WEIGHTS)
    return made | dict.fromkeys(published.files, b"")


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_vetting_says_of_it(name):
    published = PUBLISHED[name]
    found = verdict(files(published), RULES, base_model=published.card)
    assert (found.reason, ",".join(found.flags)) == (published.refused, published.flags), found
