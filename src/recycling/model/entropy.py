"""How undecided a model is between the candidate answers of a row; no label is read."""

from collections.abc import Sequence

import torch

from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.likelihood import answer_nll
from recycling.model.tree import TokenTree
from recycling.tasks.record import Example


def candidate_entropy(base: Base, instruction: str, examples: Sequence[Example]) -> torch.Tensor:
    """Mean over rows of the entropy, in nats, of the choice among a row's candidates.

    A candidate is as probable as its tokens and the end of turn behind them are, relative to the
    other candidates of the row. Raises InputError for a row with fewer than two candidates.
    """
    tree, paths = TokenTree(), []
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
        paths += tree.add_answers(base.prompt(instruction, example.input), candidates)
    tokens = torch.split(answer_nll(base, tree, paths), [len(path.tokens) for path in paths])
    answers = -torch.stack([part.sum() for part in tokens])
    rows = torch.split(answers, [len(example.choices) for example in examples])
    logs = [row.log_softmax(0) for row in rows]
    return -torch.stack([(log.exp() * log).sum() for log in logs]).mean()
