"""The page of a check of preconditions that a reader opens first."""

import pandas as pd

from recycling.preconditions import headline, reasons, share_tables
from recycling.preconditions.chains import HOPS
from recycling.preconditions.conclusions import BASE, Seen
from recycling.preconditions.shares import EXPERTS


def text(seen: Seen, experts: pd.DataFrame, study: str, choosing: int) -> str:
    """The whole page; `experts` is the ranking of the merged adapters."""
    first = seen.row(*BASE, "hop1")
    singles = [BASE, *((name, "alone") for name in seen.merged)]
    cells = [*singles, *((EXPERTS, rule) for rule in seen.rules)]
    parts = [
        f"# Preconditions: the study {study}",
        f"**Would these adapters answer two-hop questions together?** {headline.headline(seen)}",
        headline.remedy(seen),
        f"n = {first['n']} chains; brackets are exact {first['level']:.0%} intervals. Known, "
        f"present or composing is a share above {first['enough']:g} by the exact binomial test "
        "with Holm's correction, missing is one below it, everything else undecided; p is the same "
        "test against chance.",
        "## The experts",
        reasons.experts(experts, choosing),
        "## Is each hop known?",
        "\n".join(reasons.hop(seen, hop) for hop in HOPS),
        "## Is there a template, a chain of thought that writes the bridge?",
        reasons.template(seen),
        "## Which rule composes?",
        "\n".join(reasons.rule(seen, rule) for rule in seen.rules),
        reasons.best_alone(seen),
        "## All shares",
        share_tables.said(seen, cells),
        "By choice among the answers of the file, nothing generated:",
        share_tables.choices(seen, cells),
        share_tables.others(seen, singles),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
