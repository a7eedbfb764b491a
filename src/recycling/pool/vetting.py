"""Accepted, or one reason why not: every rule for an adapter whose weights are not yet read.

A rule is a function from a candidate to a Rejection or None and one line in `CHECKS`; the first
that objects decides. What is noted of an accepted adapter is in `FLAGS` of `adapter_flags`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from recycling.hub.address import HubError
from recycling.hub.guard import guarded
from recycling.pool import adapter_config, adapter_flags, adapter_tensors
from recycling.pool.candidate import Candidate, Rejection, Rules
from recycling.pool.inspection import Inspection


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
    try:
        with guarded(inspection.listing.repo):
            return _vetted(inspection, rules)
    except HubError as error:
        return Verdict("header", error.reason, error.detail)


def _vetted(inspection: Inspection, rules: Rules) -> Verdict:
    candidate = Candidate(inspection, rules)
    for stage, checks in CHECKS.items():
        for check in checks:
            rejection = check(candidate)
            if rejection is not None:
                return Verdict(stage, rejection.reason, rejection.detail)
    return Verdict(
        flags=adapter_flags.flags(candidate),
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
        adapter_config.mlx_files,
        adapter_config.no_safetensors,
        adapter_config.new_embeddings,
    ),
    "header": (
        adapter_config.too_large,
        adapter_config.unread,
        adapter_config.mlx_layout,
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
