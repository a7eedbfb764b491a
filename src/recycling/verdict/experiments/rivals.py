"""Experiments on what a reviewer would put beside a merge: other starts, other uses of the rows."""

from recycling.merging import METHODS
from recycling.plan.study.merging import Arm, Merge
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.evidence import Comparison, Evidence, Finding, compared
from recycling.verdict.pairings import role

# Tuned alike, recipes of the fresh LoRA, tuned against untuned.
TUNING = tuple(EXPERIMENTS["tuned_alike"].compares)


def warm_start(evidence: Evidence) -> list[Finding]:
    """Every start against the fresh LoRA, and the start from the chosen adapter against others."""
    arms = evidence.arms
    starts = [arm for arm in arms if arms[arm].merge.method == "continued"]
    fresh = [arm for arm in arms if role(arms[arm]) == "fresh"]
    best = [arm for arm in starts if _from_the_chosen_one(arms[arm])]
    return compared(
        evidence,
        [
            Comparison("minus fresh", arm, arm, one, "more" if arm in best else "")
            for one in fresh
            for arm in starts
        ]
        + [
            Comparison(f"{arm} minus another start", other, arm, other, "more")
            for arm in best
            for other in starts
            if other not in best
        ],
    )


def pool_subspace(evidence: Evidence) -> list[Finding]:
    """The pool's directions against others, against those of chosen adapters, and all with fresh.

    The claim is about the first; the rest is shown beside it.
    """
    others, chosen, fresh = "minus other directions", "minus chosen adapters", "minus fresh"
    return compared(
        evidence,
        [
            Comparison(f"{arm} {others}", other, arm, other, "more")
            for arm, other in evidence.pairs(others)
        ]
        + [
            Comparison(f"{arm} {chosen}", other, arm, other)
            for arm, other in evidence.pairs(chosen)
        ]
        + [Comparison(fresh, arm, arm, one) for arm, one in evidence.pairs(fresh)],
    )


def compress_then_merge(evidence: Evidence) -> list[Finding]:
    """Each merge of compressed adapters against the same merge, cut to the same rank afterwards."""
    what = "compressed before minus cut afterwards"
    return compared(
        evidence,
        [
            Comparison(what, arm, arm, other, "more")
            for arm, other in evidence.pairs(what)
            if _at_one_rank(evidence.arms[arm].merge, evidence.arms[other].merge)
        ],
    )


# By what a pool gets worse -> what its panel is called.
WORSE = {
    "unrelated": "unrelated, minus base",
    "label_shuffled": "shuffled answers, minus base",
    "negated": "opposite sign, minus base",
}


def worse_pools(evidence: Evidence) -> list[Finding]:
    """Every selector and method against the base, at each share of the pool that is replaced.

    A pool of which nothing is replaced begins every panel. The claim is about arms whose adapters
    and coefficients both rest on labelled rows; the others are shown beside them.
    """
    arms = evidence.arms
    found = []
    for by, panel in WORSE.items():
        for arm, base in evidence.pairs("minus the base"):
            pool = arms[arm].worsened
            if pool is None or (pool.by != by and pool.share):
                continue
            select, method = arms[arm].select, arms[arm].merge.method
            informed = select != "random" and METHODS[method].reads == "rows"
            found.append(
                Comparison(
                    panel,
                    f"{select}, {method}, {pool.share:.0%}",
                    arm,
                    base,
                    "more" if informed else "",
                    series=f"{select}, {method}",
                    x=pool.share,
                )
            )
    return compared(evidence, found)


def without_training(evidence: Evidence) -> list[Finding]:
    """The fresh LoRA against uses of the rows that train nothing, and these against the base.

    A calibrated base says the words of the base: only its choice among candidates is compared.
    """
    arms = evidence.arms
    rivals = [arm for arm in arms if role(arms[arm]) in ("in_context", "calibrated")]
    fresh = [arm for arm in arms if role(arms[arm]) == "fresh"]
    bare = [arm for arm in arms if role(arms[arm]) == "base"]
    found = compared(
        evidence,
        [Comparison(f"{one} minus", arm, one, arm, "more") for one in fresh for arm in rivals]
        + [Comparison(f"minus {one}", arm, arm, one) for one in bare for arm in rivals],
    )
    return [
        one
        for one in found
        if one.metric == "choice_accuracy" or not arms[one.about.label].calibrated
    ]


def tuned_alike(evidence: Evidence) -> list[Finding]:
    """Tuned merges against a fresh LoRA as well tuned, and every recipe against the usual one.

    As well tuned is one of which as many configurations were tried.
    """
    arms, tried = evidence.arms, evidence.tried
    alike, recipes, untuned = TUNING
    return compared(
        evidence,
        [
            Comparison(alike, arm, arm, fresh, "more" if role(arms[arm]) == "recycled" else "")
            for arm, fresh in evidence.pairs(alike)
            if tried.get(arm) == tried.get(fresh) is not None
        ]
        + [Comparison(recipes, arm, arm, fresh) for arm, fresh in evidence.pairs(recipes)]
        + [
            Comparison(untuned, arm, arm, other)
            for arm, other in evidence.pairs(untuned)
            if arm in tried and other not in tried and _one_method(arms[arm], arms[other])
        ],
    )


def _one_method(arm: Arm, other: Arm) -> bool:
    return arm.merge.method == other.merge.method


def routing(evidence: Evidence) -> list[Finding]:
    """Every routed arm against the average of the same adapters, and against its twins."""
    return compared(
        evidence,
        [
            Comparison(what, arm, arm, other, "more")
            for what in ("routed minus average", "routed minus routed twins")
            for arm, other in evidence.pairs(what)
        ],
    )


def _at_one_rank(before: Merge, afterwards: Merge) -> bool:
    """Whether one compresses the adapters to the rank that the other, else the same, is cut to."""
    rank = before.compress_rank
    cut = before.model_copy(update={"compress_rank": None, "export_rank": rank})
    return rank is not None and cut == afterwards


def _from_the_chosen_one(arm: Arm) -> bool:
    return role(arm) == "recycled" and arm.k == 1 and arm.select != "random" and not arm.fresh
