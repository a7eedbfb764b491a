"""Accepted, or one reason why not: every rule for an adapter whose weights are not yet read.

A rule is a function from a candidate to a Rejection or None and one line in `CHECKS`; the first
that objects decides. A flag is a line in `FLAGS`: noted, and the adapter stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recycling.adapters import module_name
from recycling.pool import adapter_config, adapter_tensors
from recycling.pool.candidate import QUANTISED, Candidate, Rejection, Rules
from recycling.pool.inspection import CONFIG, Inspection


@dataclass(frozen=True)
class Verdict:
    """What vetting says: accepted when `reason` is empty. `rank` is the largest of any module."""

    stage: str = ""
    reason: str = ""
    detail: str = ""
    flags: tuple[str, ...] = ()
    rank: int | None = None


def vet(inspection: Inspection, rules: Rules) -> Verdict:
    """The first objection in the order of `CHECKS`, or acceptance with flags."""
    candidate = Candidate(inspection, rules)
    for stage, checks in CHECKS.items():
        for check in checks:
            rejection = check(candidate)
            if rejection is not None:
                return Verdict(stage, rejection.reason, rejection.detail)
    return Verdict(
        flags=tuple(name for name, holds in FLAGS.items() if holds(candidate)),
        rank=max(candidate.shape(module, "A")[0] for module in candidate.pairing.pairs),
    )


CHECKS: dict[str, tuple[Callable[[Candidate], Rejection | None], ...]] = {
    "listing": (
        adapter_config.hub_problem,
        adapter_config.denylist,
        adapter_config.licence,
        adapter_config.target_related,
        adapter_config.subfolder_only,
        adapter_config.no_config,
        adapter_config.no_safetensors,
        adapter_config.new_embeddings,
    ),
    "header": (
        adapter_config.too_large,
        adapter_config.unread,
        adapter_config.peft_type,
        adapter_config.base,
        adapter_config.task_type,
        adapter_config.variant,
        adapter_config.mutated_base,
        adapter_config.modules_to_save,
        adapter_config.unknown_config,
        adapter_config.unreadable_config,
        adapter_tensors.embedding,
        adapter_tensors.extra_tensors,
        adapter_tensors.keys_unmatched,
        adapter_tensors.unpaired,
        adapter_tensors.empty_tensor,
        adapter_tensors.dtype,
        adapter_tensors.shape,
        adapter_tensors.scale_unknown,
        adapter_tensors.rank_mismatch,
        adapter_tensors.rank_limit,
    ),
}

TOKENIZER_FILES = {
    "added_tokens.json",
    "chat_template.jinja",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
}


def _partial_layers(candidate: Candidate) -> bool:
    present = candidate.pairing.pairs
    roles = {module_name.parse(module).in_any_layer for module in present}
    absent = (module for module in candidate.rules.body if module not in present)
    return any(module_name.parse(module).in_any_layer in roles for module in absent)


def _differs(key: str, *values: Any) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.config.get(key) not in values


FLAGS: dict[str, Callable[[Candidate], bool]] = {
    "rslora": lambda candidate: bool(candidate.config.get("use_rslora")),
    "rank_pattern": lambda candidate: bool(candidate.config.get("rank_pattern")),
    "alpha_pattern": lambda candidate: bool(candidate.config.get("alpha_pattern")),
    "fan_in_fan_out": lambda candidate: bool(candidate.config.get("fan_in_fan_out")),
    "special_start": _differs("init_lora_weights", None, True, "gaussian"),
    "no_task_type": lambda candidate: candidate.config.get("task_type") is None,
    "partial_layers": _partial_layers,
    "mixed_dtypes": lambda candidate: len({e.dtype for e in candidate.tensors.values()}) > 1,
    "trained_on_4bit": lambda candidate: candidate.rules.aliases[str(candidate.base)] == QUANTISED,
    "base_from_card": lambda candidate: (
        candidate.base != candidate.config.get("base_model_name_or_path")
    ),
    "unknown_config": lambda candidate: not set(candidate.config) <= adapter_config.KNOWN_KEYS,
    "own_tokenizer": lambda candidate: bool(TOKENIZER_FILES & set(candidate.listing.files)),
    "other_adapters": lambda candidate: any(
        name.endswith(f"/{CONFIG}") for name in candidate.listing.files
    ),
    "no_card": lambda candidate: candidate.listing.card != "readable",
    "target_related": lambda candidate: bool(candidate.related),
    "no_licence": lambda candidate: not candidate.listing.licence,
}
