"""The question and the answer of the kinds of study that merge nothing, in a sentence."""

import re
from collections.abc import Callable, Mapping

from recycling.ground import tables
from recycling.output import intervals
from recycling.report import text
from recycling.report.page import Answer

Tables = Mapping[str, str]


def composition(page: str, read: Tables) -> Answer:
    """How many of its comparisons turned out as was foretold, and what the numbers are."""
    question = "What do adapters know together that neither knows alone?"
    lead = _lead(page)
    if "claims" not in read:
        return Answer(question, text.html(f"Nothing was foretold of this study.\n\n{lead}"))
    says = tables.read_table(read["claims"], "claims")["says"]
    counts = says.value_counts()
    told, open_ = int(counts.get("as foretold", 0)), int(counts.get("open", 0))
    said = (
        f"Of {len(says)} comparisons {told} turned out as foretold, {len(says) - told - open_} "
        f"against it, and {open_} are open."
    )
    return Answer(question, text.html(f"{said}\n\n{lead}"))


def preconditions(page: str, _: Tables) -> Answer:
    """The question and answer with which its page begins."""
    question, said = re.findall(r"\*\*(.+?)\*\* (.+)", _lead(page), re.DOTALL)[0]
    return Answer(question, text.html(said))


def replay(page: str, read: Tables) -> Answer:
    """How well the labelled score ranks adapters by each outcome."""
    quality = tables.read_table(read["quality"], "quality")
    rows = quality[quality["quantity"] == "spearman"]
    found = [
        f"{row.value:.2f} {intervals.bounds(row.both_low, row.both_high, '{:.2f}'.format)} "
        f"with the outcome {row.outcome.replace('_', ' ')}"
        for row in rows.itertuples()
    ]
    said = f"Over tasks its rank correlation is on average {' and '.join(found)}."
    lead = _lead(page) or "Brackets are intervals with tasks and owners of adapters drawn anew."
    question = "Does the score on labelled rows tell which adapters are good?"
    return Answer(question, text.html(f"{said}\n\n{lead}"))


def _lead(page: str) -> str:
    """What stands before the first heading of the second level, without the title."""
    return re.sub(r"^# .*\n", "", text.split(page)[0][1]).strip()


HEADLINES: dict[str, Callable[[str, Tables], Answer]] = {
    "composition": composition,
    "preconditions": preconditions,
    "replay": replay,
}
