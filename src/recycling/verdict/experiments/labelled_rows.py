"""What more labelled rows are worth to each arm, on the same test rows."""

from recycling.statistics.answers import Answers
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.evidence import (
    EXPLORED,
    SHOWN,
    Comparison,
    Evidence,
    Finding,
    difference,
)
from recycling.verdict.pairings import role
from recycling.verdict.summary import scopes

RIGHT = "right answers"
PLAIN, TUNED = EXPERIMENTS["labelled_rows"].compares


def labelled_rows(evidence: Evidence) -> list[Finding]:
    """Every arm at each number of labelled rows, and minus the fresh LoRA, tuned or not.

    The claim is of the fewest rows and of the most. Holm's correction runs over the numbers of rows
    of one difference. These are not compared with one another: they have the same test rows.
    """
    parts = _by_number(evidence)
    pairs = [(PLAIN, *pair) for pair in evidence.pairs(PLAIN)]
    pairs += [(TUNED, *pair) for pair in evidence.pairs(TUNED) if pair[1] in evidence.tried]
    if not pairs:
        return []
    claimed = {min(parts): "more", max(parts): "less"}
    found = []
    for number, answers in parts.items():
        for arm in evidence.arms:
            shown = Comparison(RIGHT, _label(arm, number), arm, "", "", arm, number, EXPLORED)
            found += [
                _mean(shown, metric, *part) for metric in SHOWN for part in scopes(answers).items()
            ]
        for what, arm, reference in pairs:
            foretold = claimed.get(number, "") if role(evidence.arms[arm]) == "recycled" else ""
            about = Comparison(
                what, _label(arm, number), arm, reference, foretold, arm, number, f"{what}: {arm}"
            )
            found += [
                difference(about, metric, *part)
                for metric in SHOWN
                for part in scopes(answers).items()
            ]
    return found


def _by_number(evidence: Evidence) -> dict[int, Answers]:
    """Number of labelled rows -> the answers of the targets that have so many, one of each task."""
    targets: dict[int, list[str]] = {}
    for target, (_, number) in evidence.labelled.items():
        targets.setdefault(number, []).append(target)
    return {number: evidence.answers.only(targets[number]) for number in sorted(targets)}


def _label(arm: str, number: int) -> str:
    return f"{arm}, {number} rows"


def _mean(about: Comparison, metric: str, task: str, answers: Answers) -> Finding:
    estimate = answers.mean(about.arm, metric)
    return Finding(about, "mean", metric, task, answers.n, answers.replicates, estimate)
