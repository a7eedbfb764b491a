"""How undecided a model is between the candidate answers of a row; no label is read."""

from collections.abc import Sequence

import torch

from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.likelihood import answer_nll
from recycling.model.tree import trees
from recycling.tasks.record import Example


def candidate_entropy(base: Base, instruction: str, examples: Sequence[Example]) -> torch.Tensor:
    """Mean over rows of the entropy, in nats, of the choice among a row's candidates.

    A candidate is as probable as its tokens and the end of turn behind them are, relative to the
    other candidates of the row. Raises InputError for a row with fewer than two candidates.
    """
    rows = []
    for example in examples:
        if len(example.choices) < 2:
            raise InputError(
                f"entropy of row {example.id}",
                "choices",
                example.choices,
                "at least 2 candidate answers",
                "give the task's rows candidates, or merge by labels (adamerging)",
            )
        candidates = [base.answer(choice) for choice in example.choices]
        rows.append((base.prompt(instruction, example.input), candidates))
    likely: list[torch.Tensor] = []
    for tree, paths in trees(rows):
        tokens = torch.split(answer_nll(base, tree, paths), [len(path.tokens) for path in paths])
        likely += [-part.sum() for part in tokens]
    choices = torch.split(torch.stack(likely), [len(example.choices) for example in examples])
    logs = [choice.log_softmax(0) for choice in choices]
    return -torch.stack([(log.exp() * log).sum() for log in logs]).mean()
