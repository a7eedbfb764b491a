"""What each claim of composition compares, and the outcome that it foretells."""

from collections.abc import Iterator
from dataclasses import replace

from scipy.stats import binomtest

from recycling.composition.claim_data import Evidence, Finding
from recycling.statistics import estimates

# Rules without data that choose nothing by the answers, and of them the three that papers merge by.
MAIN = ("uniform", "sum", "arrow")
NO_MERGE = ("twins", "hop_oracle", "task_oracle", "learned")


def direct_at_chance(evidence: Evidence) -> Iterator[Finding]:
    """L2 against 1/N on fresh entities, by the exact binomial test."""
    for scene in evidence.find("F"):
        found, chance = evidence.answers[scene, "direct_choice"], evidence.chance[scene]
        for rule in evidence.rules(scene, "L2"):
            if rule not in NO_MERGE:
                mean = found.mean(f"L2|{rule}", "share")
                test = binomtest(round(mean.value * found.n), found.n, chance)
                exact = test.proportion_ci(estimates.LEVEL)
                estimate = replace(
                    mean,
                    value=mean.value - chance,
                    low=min(mean.low, exact.low) - chance,
                    high=max(mean.high, exact.high) - chance,
                    p=test.pvalue,
                )
                compared = f"L2, {rule} minus chance"
                yield Finding(
                    scene,
                    "direct_choice",
                    compared,
                    "not more",
                    found.n,
                    found.replicates,
                    estimate,
                )


def right_template(evidence: Evidence) -> Iterator[Finding]:
    """The right template minus wrong ones, on the base that knows the template of others.

    Under the oracle of hops too, where no merge stands in the way. It tells something only where
    the right template helps: where it does not, wrong ones cannot help less.
    """
    for scene in evidence.find("F", "Pci"):
        shares = evidence.answers[scene, "chain"]
        for rule in (*MAIN, "hop_oracle"):
            right = f"L2+T|{rule}"
            for wrong in ("L2+Tx", "L2+Ta"):
                for found in evidence.differ(scene, "chain", right, f"{wrong}|{rule}", "more"):
                    helps = shares.mean(right, "share").low > 0
                    yield replace(found, telling=found.telling and helps)


def selection(evidence: Evidence) -> Iterator[Finding]:
    """Arrow minus Arrow with random prototypes: hops, and chains where the base composes."""
    for scene in evidence.find("F"):
        composes = evidence.scenes[scene].base == "Pcr"
        for measure in ("hop1", "hop2", *(["chain"] if composes else [])):
            yield from evidence.differ(scene, measure, "L2|arrow", "L2|arrow_random", "more")


def both_lists(evidence: Evidence) -> Iterator[Finding]:
    """Two experts minus each alone, on problems with a word of either list."""
    for style in ("running", "code"):
        yield from _over_one_expert(evidence, style, "problems")


def way_in_experts(evidence: Evidence) -> Iterator[Finding]:
    """The same on the base that has read no problem."""
    yield from _over_one_expert(evidence, "code_unread", "basics")


def one_style(evidence: Evidence) -> Iterator[Finding]:
    """Two experts of programs minus one of programs and one of steps, on programs."""
    for scene in evidence.find("code", "problems"):
        for rule in MAIN:
            arms = f"words|{rule}", f"two_styles|{rule}"
            yield from evidence.differ(scene, "mixed", *arms, "more")


def sum_arrow_uniform(evidence: Evidence) -> Iterator[Finding]:
    """The order of the three rules on experts with the template."""
    for scene in evidence.find("F", "Pci", "Pcr"):
        for better, worse in (("sum", "arrow"), ("arrow", "uniform")):
            yield from evidence.differ(
                scene, "chain", f"L2+T|{better}", f"L2+T|{worse}", "not less"
            )


def target_expert(evidence: Evidence) -> Iterator[Finding]:
    """Direct answers with the expert of the composed task minus those without."""
    for scene in evidence.find("F"):
        for rule in MAIN:
            yield from evidence.differ(scene, "direct_choice", f"L3|{rule}", f"L2|{rule}", "more")


def known_template(evidence: Evidence) -> Iterator[Finding]:
    """Two fact adapters minus their random twins, on the base that knows the template."""
    return _over_twins(evidence, "F", "more")


def unseen_relations(evidence: Evidence) -> Iterator[Finding]:
    """The same where the relations are in no template."""
    return _over_twins(evidence, "Rn", "equal")


def _over_one_expert(evidence: Evidence, style: str, base: str) -> Iterator[Finding]:
    for scene in evidence.find(style, base):
        for rule in MAIN:
            for expert in ("A", "B"):
                arms = f"words|{rule}", f"{expert}|alone"
                yield from evidence.differ(scene, "mixed", *arms, "more")


def _over_twins(evidence: Evidence, setting: str, foretold: str) -> Iterator[Finding]:
    for scene in evidence.find(setting, "Pcr"):
        for rule in MAIN:
            yield from evidence.differ(scene, "chain", f"L2|{rule}", "L2|twins", foretold)
