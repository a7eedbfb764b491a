"""What is noted of an accepted adapter: a line in `FLAGS` for each flag."""

import re
from collections.abc import Callable
from typing import Any

from recycling.adapters import module_name
from recycling.pool import config_keys
from recycling.pool.candidate import QUANTISED, Candidate, code
from recycling.pool.inspection import CONFIG, WEIGHTS

TOKENIZER_FILES = {
    "added_tokens.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
}
# Files at the root that are no further part of the adapter: the same adapter again, the state of
# the training, whole models.
_NO_PART = re.compile(
    r"adapter_model\b.*|(\d+_)?adapters\.\w+|optimizer.*|scheduler.*|scaler.*|rng_state.*|random_states.*|training_args.*"
    r"|(pytorch_)?model(-\d+-of-\d+)?\.\w+|consolidated.*|tf_model.*|flax_model.*",
    re.ASCII,
)
_WEIGHTS_OF_ANY_KIND = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".npz")


def flags(candidate: Candidate) -> tuple[str, ...]:
    """The flags of an accepted adapter, in the order of `FLAGS`, some with what was found."""
    found = {name: holds(candidate) for name, holds in FLAGS.items()}
    return tuple(
        f"{name}:{value}" if isinstance(value, str) else name
        for name, value in found.items()
        if value
    )


def _partial_layers(candidate: Candidate) -> bool:
    present = candidate.pairing.pairs
    roles = {module_name.parse(module).in_any_layer for module in present}
    absent = (module for module in candidate.rules.body if module not in present)
    return any(module_name.parse(module).in_any_layer in roles for module in absent)


def _differs(key: str, *values: Any) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.config.get(key) not in values


def _revision(candidate: Candidate) -> str:
    """The revision of the base that the adapter names; a branch that moves is none."""
    named = candidate.named_base.revision or candidate.config.get("revision")
    return "" if named in (None, "", "main") else code(named)


def _known_commit(candidate: Candidate) -> str:
    """The base's commit, if the adapter names a commit of the same repository."""
    rules = candidate.rules
    same = candidate.named_base.repository.casefold() == rules.base_repository.casefold()
    commit = re.fullmatch(r"[0-9a-f]{7,40}", _revision(candidate))
    return rules.base_commit if same and commit else ""


def _other_revision(candidate: Candidate) -> str:
    named, commit = _revision(candidate), _known_commit(candidate)
    return "" if commit.startswith(named) else f"{named[:8]}!={commit[:8]}" if commit else ""


def _unknown_revision(candidate: Candidate) -> str:
    return "" if _known_commit(candidate) else _revision(candidate)


def _unknown_config(candidate: Candidate) -> bool | str:
    """Whether there are unknown keys; the first one that is not off."""
    tolerated = config_keys.tolerated(candidate.config)
    return code(tolerated[0]) if tolerated else not set(candidate.config) <= config_keys.KNOWN_KEYS


def _other_weights(candidate: Candidate) -> str:
    """The first file at the root that may hold further trained parts."""
    files = (name for name in sorted(candidate.listing.files) if "/" not in name)
    found = (name for name in files if name.endswith(_WEIGHTS_OF_ANY_KIND) and name != WEIGHTS)
    return next((code(name) for name in found if not _NO_PART.fullmatch(name)), "")


def _keys_unlike_peft(candidate: Candidate) -> bool:
    """Whether PEFT would not find all factors by their names; it warns, and takes zeros."""
    return any(
        key not in (f"{stem}.weight", f"{stem}.default.weight")
        for module, sides in candidate.pairing.pairs.items()
        for side, key in sides.items()
        for stem in [f"base_model.model.{module}.lora_{side}"]
    )


def _untargeted(candidate: Candidate) -> str:
    """The first module with factors that is no target of the config; PEFT leaves it out."""
    targets = candidate.config.get("target_modules")
    if not isinstance(targets, list):
        return ""
    ends = tuple(f".{target}" for target in targets)
    modules = candidate.pairing.pairs
    return next((module for module in modules if not f".{module}".endswith(ends)), "")


FLAGS: dict[str, Callable[[Candidate], bool | str]] = {
    "rslora": lambda candidate: bool(candidate.config.get("use_rslora")),
    "rank_pattern": lambda candidate: bool(candidate.config.get("rank_pattern")),
    "alpha_pattern": lambda candidate: bool(candidate.config.get("alpha_pattern")),
    "fan_in_fan_out": lambda candidate: bool(candidate.config.get("fan_in_fan_out")),
    "special_start": _differs("init_lora_weights", None, True, "gaussian"),
    "no_task_type": lambda candidate: candidate.config.get("task_type") is None,
    "partial_layers": _partial_layers,
    "mixed_dtypes": lambda candidate: len({e.dtype for e in candidate.tensors.values()}) > 1,
    "trained_on_4bit": lambda candidate: candidate.rules.aliases[str(candidate.base)] == QUANTISED,
    "base_from_card": lambda candidate: candidate.base_of_config is None,
    "other_revision": _other_revision,
    "unknown_revision": _unknown_revision,
    "bias": lambda candidate: candidate.config.get("bias") not in (None, "none"),
    "unknown_config": _unknown_config,
    "own_tokenizer": lambda candidate: bool(TOKENIZER_FILES & set(candidate.listing.files)),
    "other_adapters": lambda candidate: any(
        name.endswith(f"/{CONFIG}") for name in candidate.listing.files
    ),
    "other_weights": _other_weights,
    "keys_unlike_peft": _keys_unlike_peft,
    "untargeted": _untargeted,
    "no_card": lambda candidate: candidate.listing.card != "readable",
    "target_related": lambda candidate: bool(candidate.related),
    "no_licence": lambda candidate: not candidate.listing.licence,
}
