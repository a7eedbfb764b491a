"""All shares of a check of preconditions as tables, and what the rest of the pool knows."""

from collections.abc import Callable, Sequence

from recycling.output import markdown
from recycling.preconditions.chains import HOPS
from recycling.preconditions.conclusions import Seen
from recycling.preconditions.shares import EXPERTS
from recycling.preconditions.spelling import against_chance, listed, share

# What is said in free text, and the head of its column.
MEASURES = {
    "hop1": "hop 1",
    "hop2": "hop 2",
    "hops": "both hops",
    "chain_form": "in steps",
    "chain_bridge": "bridge",
    "chain": "chain",
    "direct": "direct",
}


def said(seen: Seen, cells: Sequence[tuple[str, str]]) -> str:
    """What each library says under each rule: `cells` has both."""

    def filled(library: str, rule: str) -> list[str]:
        return [_cell(seen, library, rule, measure) for measure in MEASURES]

    return _lines(["", *MEASURES.values()], cells, filled)


def choices(seen: Seen, cells: Sequence[tuple[str, str]]) -> str:
    """The same by choice among the answers of the file, nothing generated."""

    def filled(library: str, rule: str) -> list[str]:
        return [
            against_chance(seen.row(library, rule, f"{form}_choice")) for form in (*HOPS, "direct")
        ]

    return _lines(["", "hop 1", "hop 2", "direct"], cells, filled)


def others(seen: Seen, singles: Sequence[tuple[str, str]]) -> str:
    """The rest of the pool: who knows a hop or answers alone, and how many do not."""
    rest = [cell for cell in seen.singles if cell not in singles]
    if not rest:
        return ""
    lines = [f"## The other {len(rest)} adapters of the pool", ""]
    for measure, head in MEASURES.items():
        names = [library for library, rule in rest if seen.outcome(library, rule, measure) == "yes"]
        open_ = sum(seen.outcome(*cell, measure) == "undecided" for cell in rest)
        told = listed(names) if names else "none"
        lines.append(f"* {head}: {told}; undecided for {open_}")
    return "\n".join([*lines, "", "Each is in `preconditions.tsv`."])


def _cell(seen: Seen, library: str, rule: str, measure: str) -> str:
    row = seen.row(library, rule, measure)
    return f"{share(row)} {row['outcome']}"


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
