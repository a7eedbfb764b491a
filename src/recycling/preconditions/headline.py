"""The answer to the user's question, and what to do about it: what the page begins with."""

from collections.abc import Sequence

import pandas as pd

from recycling.preconditions import conclusions
from recycling.preconditions.chains import HOPS
from recycling.preconditions.conclusions import BASE, ORACLE, Seen
from recycling.preconditions.shares import EXPERTS, TWO_CALLS
from recycling.preconditions.spelling import counted, listed

HEADLINES = {
    "not needed": "No merge is needed: {alone} answers the two-hop questions alone.",
    "composes": "It works: {composing}.",
    "undecided": "Undecided: {n} chains are too few to say whether any rule composes.",
    "hop unknown": "It will not work: neither the base nor its expert knows {unknown}.",
    "hop unsaid": "It will not work as it is: {unsaid} is known but not said when asked.",
    "hop open": "It will not work: no rule has both hops; whether an expert does is undecided.",
    "hop lost": "It will not work: every rule loses a hop that is known without it (interference).",
    "no template": "It will not work: where no hop is lost, the steps are not written.",
    "wrong steps": "It will not work: where no hop is lost, steps are written, but wrong ones.",
}
REMEDIES = {
    "not needed": "Use it as it is, and ask a merge only to do better than that.",
    "composes": "Use a rule that composes, in the form of question in which it does.",
    "undecided": "Add chains; {more}.",
    "hop unknown": "Find or train an adapter for that hop; no rule of merging makes up for it.",
    "hop unsaid": "Word the question as the adapter's training did, or train the form of answer.",
    "hop open": "Add chains, for it is open whether expert or merge lacks the hop: {open}.",
    "hop lost": "Call the experts one after the other, or try other rules, scales and ranks.",
    "no template": "Let an adapter join (experts: others) that has read chains of thought of these "
    "very relations, or call the experts one after the other.",
    "wrong steps": "Call the experts one after the other, or train on chains of thought of these "
    "very relations.",
}


def headline(seen: Seen) -> str:
    """Whether it would work, in one sentence."""
    return HEADLINES[conclusions.verdict(seen)].format(**_details(seen))


def remedy(seen: Seen) -> str:
    """What to do, and what no merge at all gets right."""
    return f"{REMEDIES[conclusions.verdict(seen)].format(**_details(seen))} {_in_turn(seen)}"


def hops(seen: Seen, state: str, among: Sequence[str] = HOPS) -> str:
    """The names of those hops that are `known`, `unknown`, `unsaid` or `undecided`."""
    found = [f"hop {hop[-1]}" for hop in among if conclusions.known(seen, hop) == state]
    return " and ".join(found)


def _details(seen: Seen) -> dict[str, str]:
    """What the sentences name."""
    found = {rule: conclusions.why(seen, rule) for rule in seen.rules}
    by = {
        "by steps": [rule for rule, one in found.items() if one.steps == "composes"],
        "directly": [rule for rule, one in found.items() if one.direct == "composes"],
    }
    return {
        "unknown": hops(seen, "unknown"),
        "unsaid": hops(seen, "unsaid"),
        "alone": listed(conclusions.alone(seen)),
        "composing": "; ".join(f"{listed(rules)}, {how}" for how, rules in by.items() if rules),
        "n": str(seen.row(*BASE, "hop1")["n"]),
        "more": _more(_open_rules(seen)),
        "open": _more(_open_hops(seen)),
    }


def _open_rules(seen: Seen) -> list[pd.Series]:
    cells = [(EXPERTS, rule, form) for rule in seen.rules for form in ("chain", "direct")]
    return [seen.row(*cell) for cell in cells if seen.outcome(*cell) == "undecided"]


def _open_hops(seen: Seen) -> list[pd.Series]:
    cells = [(name, "alone", hop) for name, hop in zip(seen.merged, HOPS, strict=False)]
    return [seen.row(*cell) for cell in cells if seen.outcome(*cell) == "undecided"]


def _more(rows: Sequence[pd.Series]) -> str:
    """How many chains would decide what is open in these rows."""
    counts = [count for row in rows if (count := conclusions.enough_chains(row)) is not None]
    if not counts:
        return "some share lies so close to the line that no number of them may decide"
    return f"if shares stay as they are, {min(counts)} or more would decide"


def _in_turn(seen: Seen) -> str:
    """What no merge at all gets right."""
    said = [f"Calling the two experts one after the other gets {counted(seen, TWO_CALLS, 'hops')}"]
    if (EXPERTS, ORACLE, "chain") in seen.table.index:
        said.append(f"changing them within one chain of thought {counted(seen, ORACLE, 'chain')}")
    return "; ".join(said) + "."
