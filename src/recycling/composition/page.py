"""The results of a composition study in Markdown: gates, claims, and the tables behind them."""

from collections.abc import Mapping, Sequence

import pandas as pd

from recycling.composition.claims import CLAIMS, MARGIN, Claim, verdict
from recycling.composition.results import LEVELS, LISTS
from recycling.composition.scenes import Scenes, fresh, most_asked
from recycling.output import intervals, markdown

# The rules of the first table; every rule is in the tables.
SHOWN = (
    "alone",
    "uniform",
    "sum",
    "ties",
    "arrow",
    "arrow_random",
    "learned",
    "twins",
    "task_oracle",
    "hop_oracle",
)
MEASURES = {
    "direct_choice": "direct, of N",
    "chain": "chain of thought",
    "chain_steps": "bridge",
    "hop1": "hop 1",
    "hop2": "hop 2",
}
# Of a fetched base: what it knows without an adapter is asked of it by choice.
FAMILIAR = {
    "hop1_choice": "hop 1, of N",
    "hop2_choice": "hop 2, of N",
    **MEASURES,
}


def text(
    shares: Mapping[str, pd.DataFrame],
    gates: pd.DataFrame,
    claims: pd.DataFrame,
    scenes: Scenes,
    study: str,
) -> str:
    """The whole page; `shares` has each subject's table, `scenes` those of the two-hop world."""
    parts = [
        f"# Composition: the study {study}",
        "Shares are of right answers; brackets are 95% intervals over worlds and questions. How to "
        "read each measure and what the names mean is in docs/composition.md.",
        "## Gates",
        _gates(gates),
    ]
    tested = {name: about for name, about in CLAIMS.items() if name in set(claims["claim"])}
    if tested:
        parts += _verdicts(claims, tested)
    if "two_hop" in shares:
        parts += _two_hop(shares["two_hop"], scenes)
    if "places" in shares:
        parts += [
            "## A real model: invented, half real and real places",
            "The bare base is offered the N answers of each hop; an adapter has to say its answer.",
            _table(shares["places"], FAMILIAR, rule=["none", *SHOWN]),
        ]
    if "math" in shares:
        parts += [
            "## Word problems",
            "The share of the commonest answer stands in parentheses; level 3 is in no lesson.",
            _table(shares["math"], LEVELS, rule=SHOWN),
        ]
    if "word_lists" in shares:
        parts += [
            "## Problems in invented words",
            "Each expert knows the words of one list. The share of the commonest answer stands in "
            "parentheses.",
            _table(shares["word_lists"], LISTS, rule=["none", *SHOWN]),
        ]
    if tested:
        parts.append("## The comparisons behind the verdicts")
        for name, about in tested.items():
            parts += [f"### {about.claim}", _claim(claims[claims["claim"] == name])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _verdicts(claims: pd.DataFrame, tested: Mapping[str, Claim]) -> list[str]:
    judged = {name: claims.loc[claims["claim"] == name, "says"].tolist() for name in tested}
    return [
        "## What would contradict the paper, and whether it was seen",
        "A difference inside the margin of "
        f"{MARGIN} is equal, one that is significant after Holm's correction within its claim is "
        "more or less, any other is open. Claims in italics are what a pilot of one seed had "
        "found, not the paper. A library with an expert that misses its gate contradicts nothing.",
        *(
            f"* {_told(about)} **{verdict(judged[name]).capitalize()}.** It is contradicted if "
            f"{about.contradicted}."
            for name, about in tested.items()
        ),
    ]


def _two_hop(table: pd.DataFrame, scenes: Scenes) -> list[str]:
    parts = ["## Two hops on fresh entities"]
    for scene, base in fresh(scenes).items():
        found = _table(table, MEASURES, scene=[scene], rule=SHOWN)
        parts += [f"### Base {base}", found]
    familiar = {"scene": [*most_asked(scenes)], "library": ["L2", "base"], "rule": [*SHOWN, "none"]}
    template = {
        "scene": [scene for scene, base in fresh(scenes).items() if base == "Pci"],
        "library": ["L2", "L2+Tx", "L2+Ta", "L2+T25", "L2+T100", "L2+T"],
        "rule": SHOWN,
    }
    return [
        *parts,
        "## Familiarity: two fact adapters",
        _table(table, MEASURES, **familiar),
        "## Which template",
        _table(table, {name: MEASURES[name] for name in ("chain", "chain_steps")}, **template),
    ]


def _told(about: Claim) -> str:
    return f"*{about.claim}*" if about.of_pilot else about.claim


def _gates(gates: pd.DataFrame) -> str:
    failed = gates[~gates["passed"].astype(bool)]
    told = f"{len(gates) - len(failed)} of {len(gates)} experts know what they were trained on."
    if failed.empty:
        return told
    lines = [
        f"* {row.expert} of {row.scene}: {row.measure} {row.share:.2f}, in its worst world "
        f"{row.lowest:.2f}, n = {row.n}"
        for row in failed.itertuples()
    ]
    note = "Nothing that is read of a library with one of these speaks of composition:"
    return "\n".join([f"{told} {note}", "", *lines])


def _claim(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    return markdown.table(
        ["scene", "measure", "compared", "difference", "n", "worlds", "p", "outcome", "foretold"],
        [
            [
                row.scene,
                MEASURES.get(row.measure, row.measure),
                row.compared,
                intervals.difference(row.difference, row.low, row.high),
                row.n,
                row.replicates,
                f"{row.p_holm:.2g}",
                row.outcome,
                row.foretold,
            ]
            for row in rows.itertuples()
        ],
    )


def _table(table: pd.DataFrame, measures: Mapping[str, str], **where: Sequence[str]) -> str:
    """Scenes, libraries and rules by measures, of the rows whose columns are among the given."""
    for column, values in where.items():
        table = table[table[column].isin(list(values))]
    if table.empty:
        return ""
    cells = [
        [*key, part["n"].iloc[0], part["replicates"].iloc[0], *_shares(part, measures)]
        for key, part in table.groupby(["scene", "library", "rule"], sort=False)
    ]
    return markdown.table(["scene", "library", "rule", "n", "worlds", *measures.values()], cells)


def _shares(part: pd.DataFrame, measures: Mapping[str, str]) -> list[str]:
    by_measure = part.set_index("measure")
    found = []
    for measure in measures:
        if measure not in by_measure.index:
            found.append("")
            continue
        row = by_measure.loc[measure]
        share = intervals.share(row["share"], row["low"], row["high"])
        if pd.notna(row["chance"]):
            p = row["p_holm"]
            share += f", chance {row['chance']:.3f}, p {p:.2g}"
        if measure in LEVELS or measure in LISTS:
            share += f" ({row['majority']:.2f})"
        found.append(share)
    return found
