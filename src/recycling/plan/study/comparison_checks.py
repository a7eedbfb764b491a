"""Arms that a study names for a comparison differ in what it is about, and in nothing else."""

from collections.abc import Sequence
from math import inf

from recycling.ground.errors import InputError
from recycling.plan.study.faults import require
from recycling.plan.study.merging import MAIN, MergingStudy
from recycling.verdict.contrasts import QUESTIONS, planned
from recycling.verdict.experiments import EXPERIMENTS, Experiment
from recycling.verdict.pairings import Arms, Pairing


def check(study: MergingStudy) -> None:
    """Raise InputError for arms of an experiment or primary comparisons that differ in more."""
    for name, experiment in study.experiments.items():
        if name != MAIN:
            arms = {arm: study.arms[arm] for arm in experiment.arms}
            _check_experiment(name, EXPERIMENTS[name], arms, experiment.reference)
    _check_primary(study)


def _check_experiment(name: str, about: Experiment, arms: Arms, reference: str | None) -> None:
    turning = [pairing for pairing in about.compares.values() if not pairing.whole]
    for arm, recipe in arms.items():
        if about.by_itself is not None and about.by_itself.holds(recipe):
            continue
        others = [reference] if about.needs_reference and reference else list(arms)
        pairs = [pair for other in others if other != arm for pair in ((arm, other), (other, arm))]
        _check_pairs(f"experiments.{name}.arms", arms, pairs, turning)


def _check_pairs(
    where: str, arms: Arms, pairs: Sequence[tuple[str, str]], pairings: Sequence[Pairing]
) -> None:
    """Raise InputError if none of the pairs may be compared, though some are of the right kinds."""
    asked = [(pairing, pair) for pairing in pairings for pair in pairs]
    if any(pairing.fits(*(arms[arm] for arm in pair)) for pairing, pair in asked):
        return
    near = [one for one in asked if one[0].of_kinds(*(arms[arm] for arm in one[1]))]
    if not near:
        return
    unwanted = [pairing.unwanted(*(arms[arm] for arm in pair)) for pairing, pair in near]
    place = min(range(len(near)), key=lambda place: len(unwanted[place]) or inf)
    pairing, (arm, reference) = near[place]
    both = {
        f"{name}.{key}": value
        for key, values in unwanted[place].items()
        for name, value in zip((arm, reference), values, strict=True)
    }
    if both:
        keys = " and ".join(unwanted[place]) + (", but for one key" if pairing.one else "")
        raise InputError(
            "config",
            where,
            both,
            f"arms that differ in {pairing.wording}",
            f"give {arm} and {reference} the same {keys}, or compare other arms",
        )


def _check_primary(study: MergingStudy) -> None:
    arms = {name: study.arms[name] for name in study.experiments[MAIN].arms}
    known = {(one.arm, one.reference) for one in planned(arms)}
    for position, one in enumerate(study.statistics.primary):
        where = f"statistics.primary.{position}"
        for key, arm in (("arm", one.arm), ("reference", one.reference)):
            what = "an arm of the main comparison"
            remedy = "correct it or remove it from statistics.primary"
            require(f"{where}.{key}", arm, arms, what, remedy)
        if (one.arm, one.reference) not in known:
            asked = [question.pairing for question in QUESTIONS.values()]
            _check_pairs(where, arms, [(one.arm, one.reference)], asked)
            others = sorted(reference for arm, reference in known if arm == one.arm)
            raise InputError(
                "config",
                f"{where}.reference",
                one.reference,
                f"an arm that {one.arm} is compared with, one of {others}",
                "correct it; which arms are compared follows from what they are",
            )
