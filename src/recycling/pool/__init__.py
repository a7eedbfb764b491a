"""Adapters of strangers: listed, inspected, vetted, converted, accounted for, and selected."""

from dataclasses import dataclass

# The name of the subpool that is the whole pool.
ALL = "all"


@dataclass(frozen=True)
class Measure:
    """Work that gives each adapter of the pool a score for a task: what a selector may rest on.

    `train_fresh` is none: a selector names it beside a measure that compares with the fresh LoRA.
    """

    rule: str
    """The rule of the workflow, whose seconds and records say what it costs."""
    folder: str
    """Where below the results it writes `{task}/{replicate}/{part}.tsv`."""
    whole_pool: bool = False
    """It measures the whole pool in one job, not each shard in one of its own."""


SCORES = Measure("score_pool", "pool_scores")
HALVING = Measure("halve_pool", "pool_halving", whole_pool=True)
TEST_SCORES = Measure("score_on_test", "oracle_scores")
GAINS = Measure("screen_pool", "pool_gains")
CLOSENESS = Measure("compare_pool", "pool_closeness")
CARDS = Measure("compare_cards", "pool_cards", whole_pool=True)


@dataclass(frozen=True)
class Selector:
    """A way to rank the pool for a target: one row.

    Selectors have no options: a ranking is a file, and the selector's name is the file's.
    """

    measure: Measure | None = None
    """Work that it rests on; without any it costs nothing."""
    own_work: bool = False
    """That work is done for this selector alone, in a folder of its name."""
    reads: str = ""
    """The metric that it reads of that work: its own name unless it is said here, `scoring.metric`
    for what the study names there."""
    needs_fresh: bool = False
    """It compares with the fresh LoRA, which is trained for it."""

    @property
    def by_test_rows(self) -> bool:
        """Whether it chooses by the test rows: an upper bound that no user can reach."""
        return self.measure is TEST_SCORES


def _close() -> Selector:
    # By weights, near the fresh LoRA: see `adapters.closeness`.
    return Selector(CLOSENESS, own_work=True, needs_fresh=True)


SELECTORS = {
    "random": Selector(),
    "rank": Selector(),
    # Scores of base + adapter on labelled rows.
    "evaluation": Selector(SCORES, reads="scoring.metric"),
    "exact_match": Selector(SCORES),
    "choice_accuracy": Selector(SCORES),
    "likelihood": Selector(SCORES, reads="nll"),
    "halving": Selector(HALVING),
    # The same on the test rows.
    "oracle": Selector(TEST_SCORES, reads="exact_match"),
    "oracle_choice": Selector(TEST_SCORES, reads="choice_accuracy"),
    "oracle_likelihood": Selector(TEST_SCORES, reads="nll"),
    # One backward pass: see `model.gradients.first_order_gain`.
    "gradient": Selector(GAINS, own_work=True),
    "gradient_at_fresh": Selector(GAINS, own_work=True, needs_fresh=True),
    # Labelled rows against the words of the adapters' cards.
    "cards": Selector(CARDS),
    "cosine": _close(),
    "cosine_micro": _close(),
    "clamp": _close(),
    "clamp_micro": _close(),
    "clamp_pm": _close(),
    "clamp_pm_micro": _close(),
    "abs": _close(),
    "abs_micro": _close(),
    "quasi_fim": _close(),
    "quasi_fim_micro": _close(),
    "l2": _close(),
}
