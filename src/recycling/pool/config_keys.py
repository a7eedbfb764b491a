"""Which keys of an adapter's config are known, and which others cannot change its update.

PEFT adds keys with each version and writes all of them into every config, and trainers add keys of
their own. A key that nobody here knows may change the update, so its adapter is refused unless one
of five things shows that it does nothing:

* its value is off;
* it is a setting of a feature whose switch stands in the same config and is off;
* by its name it says how the adapter was trained or saved;
* the study names it as harmless;
* it is a default of a newer PEFT, as the pool shows (see `newer_peft`).

In PEFT a new feature is off until a switch turns it on: `true`, a list, a table or a word. It must
be, or older configs, which lack the key, would change their meaning. So a default is harmless.
Those of PEFT 0.3 to 0.21 that are not off are settings, such as `qalora_group_size: 16` beside
`use_qalora: false`; the second point holds for each of them.
"""

import re
from collections.abc import Collection, Mapping

from recycling.adapters.peft_files import Json

# Keys that make the update something else than scale * B A, by the name of the variant.
VARIANTS = {
    "alora_invocation_tokens": "alora",
    "arrow_config": "arrow",
    "kasa_config": "kasa",
    "layer_replication": "layer_replication",
    "lora_bias": "lora_bias",
    "megatron_config": "megatron",
    "monteclora_config": "monteclora",
    "target_parameters": "target_parameters",
    "trainable_token_indices": "trainable_tokens",
    "use_bdlora": "bdlora",
    "use_dora": "dora",
    "use_qalora": "qalora",
}

# The keys of PEFT 0.21: read elsewhere here, or about training alone.
KNOWN_KEYS = {
    "alpha_pattern",
    "auto_mapping",
    "base_model_name_or_path",
    "bias",
    "corda_config",
    "ensure_weight_tying",
    "eva_config",
    "exclude_modules",
    "fan_in_fan_out",
    "inference_mode",
    "init_lora_weights",
    "layers_pattern",
    "layers_to_transform",
    "loftq_config",
    "lora_alpha",
    "lora_dropout",
    "lora_ga_config",
    "megatron_core",
    "modules_to_save",
    "peft_type",
    "peft_version",
    "qalora_group_size",
    "r",
    "rank_pattern",
    "revision",
    "runtime_config",
    "target_modules",
    "task_type",
    "use_rslora",
    "velora_config",
    *VARIANTS,
}

# How an adapter was trained or saved, by whom and from what.
_TRAINING = re.compile(
    r"(.*_)?(dtype|learning_rate|batch_size|epochs)|((data|random)_)?seed|random_state"
    r"|(peft|transformers|torch|trl|unsloth|axolotl|swift|llamafactory|framework|library)_version"
    r"|merge_weights|lorap_(lr_ratio|emb_lr)|optim|optimizer|lr_scheduler_type|weight_decay"
    r"|warmup_(steps|ratio)|max_steps|gradient_accumulation_steps|(use_)?gradient_checkpointing"
    r"|max_(seq_)?length|model_max_length|packing|dataset|dataset_name|datasets|output_dir"
    r"|load_in_[48]bit|quantization_config|model_type|architectures|trainer|framework|library_name"
    r"|author|description|language|license|tags|created_at",
    re.ASCII,
)


def suspects(config: Mapping[str, Json], harmless: Collection[str]) -> list[str]:
    """The keys, sorted, that may change the update in a way that is not known here.

    `harmless` are the keys that a study allows, and those at a default of a newer PEFT.
    """
    unknown = sorted(set(config) - KNOWN_KEYS - set(harmless))
    return [key for key in unknown if not (_off(config[key]) or _idle(key, config))]


def tolerated(config: Mapping[str, Json]) -> list[str]:
    """The keys, sorted, that are not known here and not off."""
    return sorted(key for key in set(config) - KNOWN_KEYS if not _off(config[key]))


def _off(value: Json) -> bool:
    """Null, false, zero or empty; of a table, where all of it is null or false."""
    if isinstance(value, dict):
        return all(
            part is None or part is False or (isinstance(part, dict) and _off(part))
            for part in value.values()
        )
    return not value


def _idle(key: str, config: Mapping[str, Json]) -> bool:
    """Whether a key is about training, or belongs to a feature that is off."""
    if _TRAINING.fullmatch(key):
        return True
    words = key.split("_")
    for end in range(1, len(words)):
        feature = "_".join(words[:end])
        switches = [name for name in (f"use_{feature}", f"{feature}_config") if name in config]
        # LoRA itself is no feature that can be off.
        if switches and feature != "lora" and all(_off(config[name]) for name in switches):
            return True
    return False
