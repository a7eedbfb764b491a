"""Accepted, or one reason why not: every rule for an adapter whose weights are not yet read.

A rule is a function from a candidate to a Rejection or None and one line in `CHECKS`; the first
that objects decides. A flag is a line in `FLAGS`: noted, and the adapter stays.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recycling.pool import config_checks, tensor_checks
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
        config_checks.hub_problem,
        config_checks.denylist,
        config_checks.licence,
        config_checks.target_related,
        config_checks.subfolder_only,
        config_checks.no_config,
        config_checks.no_safetensors,
        config_checks.new_embeddings,
    ),
    "header": (
        config_checks.too_large,
        config_checks.unread,
        config_checks.peft_type,
        config_checks.base,
        config_checks.task_type,
        config_checks.variant,
        config_checks.mutated_base,
        config_checks.modules_to_save,
        config_checks.unknown_config,
        config_checks.unreadable_config,
        tensor_checks.embedding,
        tensor_checks.extra_tensors,
        tensor_checks.keys_unmatched,
        tensor_checks.unpaired,
        tensor_checks.empty_tensor,
        tensor_checks.dtype,
        tensor_checks.shape,
        tensor_checks.scale_unknown,
        tensor_checks.rank_mismatch,
        tensor_checks.rank_limit,
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
    kinds = {re.sub(r"\.\d+\.", ".*.", module) for module in present}
    return any(
        re.sub(r"\.\d+\.", ".*.", module) in kinds and module not in present
        for module in candidate.rules.body
    )


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
    "unknown_config": lambda candidate: not set(candidate.config) <= config_checks.KNOWN_KEYS,
    "own_tokenizer": lambda candidate: bool(TOKENIZER_FILES & set(candidate.listing.files)),
    "other_adapters": lambda candidate: any(
        name.endswith(f"/{CONFIG}") for name in candidate.listing.files
    ),
    "no_card": lambda candidate: candidate.listing.card != "readable",
    "target_related": lambda candidate: bool(candidate.related),
    "no_licence": lambda candidate: not candidate.listing.licence,
}
