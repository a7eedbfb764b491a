"""The conclusions of a check of preconditions in words: the page that a reader opens first."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from recycling.output import intervals, markdown
from recycling.preconditions import conclusions
from recycling.preconditions.chains import HOPS
from recycling.preconditions.conclusions import ORACLE, Seen
from recycling.preconditions.shares import EXPERTS, TWO_CALLS

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
STEPS = {
    "composes": "composes by steps",
    "undecided": "by steps undecided",
    "hop unknown": "fails by steps for want of {lost}, unknown to base and expert",
    "hop unsaid": "fails by steps for want of {lost}, known but not said",
    "hop open": "fails by steps for want of {lost}; whether its expert knows it is undecided",
    "hop lost": "fails by steps for want of {lost}, known without it (interference)",
    "no template": "fails by steps: no hop is lost, but steps are not written",
    "wrong steps": "fails by steps: no hop is lost and steps are written, but wrong ones",
}
DIRECT = {
    "composes": "composes directly",
    "undecided": "directly undecided",
    "at chance": "directly not above chance",
    "above chance": "directly above chance, but not enough",
}
KNOWN = {
    "known": "**Known.**",
    "unknown": "**Unknown** to the base and to its expert.",
    "unsaid": "**Known but not said**: the right answer is the likeliest and yet is not written.",
    "undecided": "**Undecided.**",
}
MEASURES = ("hop1", "hop2", "hops", "chain_form", "chain_bridge", "chain", "direct")
HEADS = ("hop 1", "hop 2", "both hops", "in steps", "bridge", "chain", "direct")


def text(seen: Seen, experts: pd.DataFrame, study: str, choosing: int) -> str:
    """The whole page; `experts` is the ranking of the merged adapters."""
    first = seen.row("base", "none", "hop1")
    verdict = conclusions.verdict(seen)
    words = _words(seen)
    singles = [("base", "none"), *((name, "alone") for name in seen.merged)]
    rules = [(EXPERTS, rule) for rule in seen.rules]
    parts = [
        f"# Preconditions: the study {study}",
        f"**Would these adapters answer two-hop questions together?** "
        f"{HEADLINES[verdict].format(**words)}",
        f"{REMEDIES[verdict].format(**words)} {_in_turn(seen)}",
        f"n = {first['n']} chains; brackets are exact {first['level']:.0%} intervals. Known, "
        f"present or composing is a share above {first['enough']:g} by the exact binomial test "
        "with Holm's correction, missing is one below it, everything else undecided; p is the same "
        "test against chance.",
        "## The experts",
        _experts(experts, choosing),
        "## Is each hop known?",
        "\n".join(_hop(seen, hop, singles[0], number) for number, hop in enumerate(HOPS)),
        "## Is there a template, a chain of thought that writes the bridge?",
        _template(seen),
        "## Which rule composes?",
        "\n".join(_rule(seen, rule) for rule in seen.rules),
        _best_alone(seen),
        "## All shares",
        _table(seen, [*singles, *rules]),
        "By choice among the answers of the file, nothing generated:",
        _choices(seen, [*singles, *rules]),
        _others(seen, singles),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _words(seen: Seen) -> dict[str, Any]:
    hops = {state: _hops(seen, state) for state in ("unknown", "unsaid")}
    found = {rule: conclusions.why(seen, rule) for rule in seen.rules}
    by = {
        "by steps": [rule for rule, one in found.items() if one.steps == "composes"],
        "directly": [rule for rule, one in found.items() if one.direct == "composes"],
    }
    return {
        **hops,
        "alone": _listed(conclusions.alone(seen)),
        "composing": "; ".join(f"{_listed(rules)}, {how}" for how, rules in by.items() if rules),
        "n": seen.row("base", "none", "hop1")["n"],
        "more": _more(_open_rules(seen)),
        "open": _more(_open_hops(seen)),
    }


def _hops(seen: Seen, state: str, among: Sequence[str] = HOPS) -> str:
    """Those of the hops that are known, unknown, unsaid or undecided, in words."""
    found = [f"hop {hop[-1]}" for hop in among if conclusions.known(seen, hop) == state]
    return " and ".join(found)


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
    said = [f"Calling the two experts one after the other gets {_of(seen, TWO_CALLS, 'hops')}"]
    if (EXPERTS, ORACLE, "chain") in seen.table.index:
        said.append(f"changing them within one chain of thought {_of(seen, ORACLE, 'chain')}")
    return "; ".join(said) + "."


def _of(seen: Seen, rule: str, measure: str, library: str = EXPERTS) -> str:
    row = seen.row(library, rule, measure)
    return f"{row['right']} of {row['n']} right, {share(row)}"


def share(row: pd.Series) -> str:
    """A share with its interval."""
    return intervals.share(row["share"], row["low"], row["high"])


def _experts(experts: pd.DataFrame, choosing: int) -> str:
    roles = [*(f"hop {hop[-1]}" for hop in HOPS), *["joins"] * (len(experts) - len(HOPS))]
    lines = []
    for role, row in zip(roles, experts.itertuples(), strict=True):
        how = "named in the study"
        if pd.notna(row.score):
            how = f"best alone on {choosing} chains that are not counted below: {row.score:.2f}"
        lines.append(f"* {role}: `{row.adapter}`, {how}")
    return "\n".join(lines)


def _hop(seen: Seen, hop: str, base: tuple[str, str], number: int) -> str:
    expert = (seen.merged[number], "alone")
    known = conclusions.known(seen, hop)
    told = [
        f"{name} {share(seen.row(*cell, hop))}, among all answers "
        f"{_against_chance(seen.row(*cell, f'{hop}_choice'))}"
        for name, cell in (("the base", base), ("its expert", expert))
    ]
    return f"* Hop {number + 1}: {KNOWN[known]} Named right: {'; '.join(told)}."


def _template(seen: Seen) -> str:
    state, where = conclusions.template(seen)
    base = share(seen.row("base", "none", "chain_form"))
    tail = f"The base names some bridge and then some answer in {base} of its chains."
    if state == "present":
        return f"**Present**: {_listed(where)}. {tail}"
    if state == "absent":
        return f"**Absent** in the base and in every adapter alone. {tail}"
    return f"**Undecided.** {tail}"


def _rule(seen: Seen, rule: str) -> str:
    found = conclusions.why(seen, rule)
    choice = _against_chance(seen.row(EXPERTS, rule, "direct_choice"))
    missing = [hop for hop in HOPS if seen.outcome(EXPERTS, rule, hop) == "no"]
    states = {reason: _hops(seen, state, missing) for state, reason in conclusions.LOST.items()}
    steps = STEPS[found.steps].format(lost=states.get(found.steps))
    return (
        f"* `{rule}`: {steps}, {_of(seen, rule, 'chain')}; {DIRECT[found.direct]}, "
        f"{_of(seen, rule, 'direct')}, among all answers {choice}."
    )


def _best_alone(seen: Seen) -> str:
    """What of a direct choice no merge is behind: names may be associated without any hop."""
    rows = {library: seen.row(library, rule, "direct_choice") for library, rule in seen.singles}
    best, row = max(rows.items(), key=lambda found: float(found[1]["share"]))
    return (
        f"Without any merge `{best}` chooses {share(row)} of the direct answers right: only "
        "what a rule has beyond that comes of merging."
    )


def _against_chance(row: pd.Series) -> str:
    return f"{share(row)}, chance {row['chance']:.3f}, p {row['p_holm']:.2g}"


def _table(seen: Seen, cells: Sequence[tuple[str, str]]) -> str:
    def filled(library: str, rule: str) -> list[str]:
        return [_cell(seen, library, rule, measure) for measure in MEASURES]

    return _lines(["", *HEADS], cells, filled)


def _cell(seen: Seen, library: str, rule: str, measure: str) -> str:
    row = seen.row(library, rule, measure)
    return f"{share(row)} {row['outcome']}"


def _choices(seen: Seen, cells: Sequence[tuple[str, str]]) -> str:
    def filled(library: str, rule: str) -> list[str]:
        return [
            _against_chance(seen.row(library, rule, f"{form}_choice")) for form in (*HOPS, "direct")
        ]

    return _lines(["", "hop 1", "hop 2", "direct"], cells, filled)


def _lines(
    heads: Sequence[str],
    cells: Sequence[tuple[str, str]],
    filled: Callable[[str, str], list[str]],
) -> str:
    rows = [
        [f"`{rule if library == EXPERTS else library}`", *filled(library, rule)]
        for library, rule in cells
    ]
    return markdown.table(heads, rows)


def _others(seen: Seen, singles: Sequence[tuple[str, str]]) -> str:
    """The rest of the pool: who knows a hop or answers alone, and how many do not."""
    rest = [cell for cell in seen.singles if cell not in singles]
    if not rest:
        return ""
    lines = [f"## The other {len(rest)} adapters of the pool", ""]
    for measure, head in zip(MEASURES, HEADS, strict=True):
        names = [library for library, rule in rest if seen.outcome(library, rule, measure) == "yes"]
        open_ = sum(seen.outcome(*cell, measure) == "undecided" for cell in rest)
        told = _listed(names) if names else "none"
        lines.append(f"* {head}: {told}; undecided for {open_}")
    return "\n".join([*lines, "", "Each is in `preconditions.tsv`."])


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return (
        " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
    )
