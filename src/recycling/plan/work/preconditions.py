"""What a check of preconditions takes, from a vetted pool and questions to a page."""

from recycling.composition import methods
from recycling.plan.study.preconditions import MergeRule, PreconditionsStudy
from recycling.plan.wiring import Shards
from recycling.plan.work.base import code
from recycling.plan.work.drawing import Drawing
from recycling.preconditions import FIGURES


def answers_alone(_: PreconditionsStudy, shards: Shards) -> list[str]:
    """The answers of each accepted adapter by itself."""
    return [f"<results>/answers/alone/{shard}.parquet" for shard in shards()]


def answers_that_choose(study: PreconditionsStudy, shards: Shards) -> list[str]:
    """The answers that experts are chosen by; none where both are named."""
    return answers_alone(study, shards) if study.choosing else []


def answers_together(study: PreconditionsStudy) -> list[str]:
    """The answers of the experts under each rule."""
    return [f"<results>/answers/experts/{rule}.parquet" for rule in study.rules]


def rule_recipe(study: PreconditionsStudy, rule: str) -> MergeRule:
    """The method of a rule and its options."""
    return study.rules[rule]


def rule_code(study: PreconditionsStudy, rule: str) -> str:
    """Digest of the script and of the rule's method."""
    return code("preconditions/ask_experts", methods()[study.rules[rule].method])


def drawings(_: PreconditionsStudy) -> list[Drawing]:
    """The figure of what the base, the experts and each rule get right."""
    inputs = {
        "preconditions": "<results>/tables/preconditions.tsv",
        "experts": "<results>/experts.tsv",
    }
    return [
        Drawing(name, entry, inputs, "Preconditions", name, name) for name, entry in FIGURES.items()
    ]


def products(study: PreconditionsStudy) -> list[str]:
    """What the study is run for."""
    return [
        "<results>/tables/preconditions.tsv",
        "<results>/tables/preconditions.md",
        *(drawing.file for drawing in drawings(study)),
    ]
