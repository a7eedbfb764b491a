"""How one share of a check of preconditions is spelled, and a list of names."""

from collections.abc import Sequence

import pandas as pd

from recycling.output import intervals
from recycling.preconditions.conclusions import Seen
from recycling.preconditions.shares import EXPERTS


def share(row: pd.Series) -> str:
    """A share with its interval."""
    return intervals.share(row["share"], row["low"], row["high"])


def counted(seen: Seen, rule: str, measure: str) -> str:
    """How many questions a rule of the experts has right, and which share that is."""
    row = seen.row(EXPERTS, rule, measure)
    return f"{row['right']} of {row['n']} right, {share(row)}"


def against_chance(row: pd.Series) -> str:
    """A share of choices, and its test against chance."""
    return f"{share(row)}, chance {row['chance']:.3f}, p {row['p_holm']:.2g}"


def listed(names: Sequence[str]) -> str:
    """Names in a sentence."""
    quoted = [f"`{name}`" for name in names]
    return (
        " and ".join([", ".join(quoted[:-1]), quoted[-1]]) if len(quoted) > 1 else "".join(quoted)
    )
