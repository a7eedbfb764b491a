"""How undecided a model is between the candidate answers of a row; no label is read."""

from collections.abc import Sequence

import torch
from torch.nn import functional

from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.tree import TokenTree
from recycling.tasks.record import Example


def candidate_entropy(base: Base, instruction: str, examples: Sequence[Example]) -> torch.Tensor:
    """Mean over rows of the entropy, in nats, of the choice among a row's candidates.

    A candidate is as probable as its tokens and the end of turn behind them are, relative to the
    other candidates of the row. Raises InputError for a row with fewer than two candidates.
    """
    tree, positions, targets, lengths = TokenTree(), [], [], []
    for example in examples:
        if len(example.choices) < 2:
            raise InputError(
                f"entropy of row {example.id}",
                "choices",
                example.choices,
                "at least 2 candidate answers",
                "give the task's rows candidates, or merge by labels (adamerging)",
            )
        end = tree.add(base.prompt(instruction, example.input))[-1]
        for choice in example.choices:
            answer = base.answer(choice)
            # The end-of-turn token is predicted, never read.
            positions += [end, *tree.add(answer[:-1], below=end)]
            targets += answer
            lengths.append(len(answer))
    logits = base.logits(base.read(tree)[positions])
    tokens = functional.cross_entropy(
        logits, torch.tensor(targets, device=base.device), reduction="none"
    )
    answers = -torch.stack([part.sum() for part in torch.split(tokens, lengths)])
    rows = torch.split(answers, [len(example.choices) for example in examples])
    logs = [row.log_softmax(0) for row in rows]
    return -torch.stack([(log.exp() * log).sum() for log in logs]).mean()
