"""What the keys of a check of preconditions, and its questions, must be together."""

from recycling.composition import METHODS, methods
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import free_of_data
from recycling.plan.study import pool_checks
from recycling.plan.study.faults import require
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.preconditions import chains


def checked(study: PreconditionsStudy) -> PreconditionsStudy:
    """The study; raises InputError for experts and rules that do not fit together."""
    pool_checks.check(study.base, study.pool.hub, study.community, study.tasks)
    _check_experts(study)
    # Merges of adapters alone, without a row of data, and the oracle that knows whose turn it is.
    offered = {*free_of_data(), *METHODS, "hop_oracle"}
    table = {name: entry for name, entry in methods().items() if name in offered}
    for name, rule in study.rules.items():
        registry.check(table, rule.method, rule.options, f"rules.{name}.method")
        if (name == "hop_oracle") != (rule.method == "hop_oracle"):
            raise InputError(
                "config",
                f"rules.{name}",
                rule.method,
                "hop_oracle as the name of that rule, and of no other",
                "rename the rule: it is no merge",
            )
    if set(study.rules) == {"hop_oracle"}:
        raise InputError("config", "rules", ["hop_oracle"], "also a merge", "add one, or leave out")
    return study


def _check_experts(study: PreconditionsStudy) -> None:
    experts, choosing = study.experts, study.choosing
    named = list(experts.named.values())
    if (choosing > 0) == (len(named) == len(chains.HOPS)):
        expected = "0 where experts names both hops" if choosing else "some chains"
        raise InputError(
            "config", "choosing", choosing, expected, "name both experts, or let chains choose"
        )
    merged = [*named, *experts.others]
    for name in merged:
        if merged.count(name) > 1:
            raise InputError("config", "experts", merged, "each adapter once", "name another")
        if study.pool.hub.kind == "community":
            known = sorted(study.community)
            require("experts", name, known, "a recipe of the community", "correct the spelling")


def check_questions(study: PreconditionsStudy) -> None:
    """Raise InputError unless the file of questions can be asked, and leaves chains to judge."""
    found = len(chains.read(study.questions).chains)
    if study.choosing > found - chains.FEWEST:
        raise InputError(
            "config",
            "choosing",
            study.choosing,
            f"at most {found - chains.FEWEST}, as {study.questions} has {found} chains",
            "add chains or let fewer choose",
        )
