"""The checks of a preconditions study's configuration that a schema cannot make."""

from collections.abc import Mapping
from typing import Any

from recycling.composition import METHODS
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import FREE_OF_DATA
from recycling.plan import composition as composition
from recycling.preconditions import chains


def check(study: Mapping[str, Any]) -> None:
    """Raise InputError for experts and rules that do not fit together."""
    experts, choosing = study["experts"], study["choosing"]
    named = [experts[hop] for hop in chains.HOPS if hop in experts]
    if (choosing > 0) == (len(named) == len(chains.HOPS)):
        expected = "0 where experts names both hops" if choosing else "some chains"
        raise InputError(
            "config", "choosing", choosing, expected, "name both experts, or let chains choose"
        )
    merged = [*named, *experts["others"]]
    for name in merged:
        if merged.count(name) > 1:
            raise InputError("config", "experts", merged, "each adapter once", "name another")
        if study["pool"]["hub"]["kind"] == "community" and name not in study["community"]:
            raise InputError(
                "config",
                "experts",
                name,
                f"a recipe of the community, one of {sorted(study['community'])}",
                "correct the spelling",
            )
    # Merges of adapters alone, without a row of data, and the oracle that knows whose turn it is.
    offered = [*FREE_OF_DATA, *METHODS, "hop_oracle"]
    table = {name: entry for name, entry in composition.methods().items() if name in offered}
    for name, rule in study["rules"].items():
        options = {key: value for key, value in rule.items() if key != "method"}
        registry.check(table, rule["method"], options, f"rules.{name}.method")
        if (name == "hop_oracle") != (rule["method"] == "hop_oracle"):
            raise InputError(
                "config",
                f"rules.{name}",
                rule["method"],
                "hop_oracle as the name of that rule, and of no other",
                "rename the rule: it is no merge",
            )
    if set(study["rules"]) == {"hop_oracle"}:
        raise InputError("config", "rules", ["hop_oracle"], "also a merge", "add one, or leave out")


def check_questions(study: Mapping[str, Any]) -> None:
    """Raise InputError unless the file of questions can be asked, and leaves chains to judge."""
    found = len(chains.read(study["questions"]).chains)
    if study["choosing"] > found - chains.FEWEST:
        raise InputError(
            "config",
            "choosing",
            study["choosing"],
            f"at most {found - chains.FEWEST}, as {study['questions']} has {found} chains",
            "add chains or let fewer choose",
        )
