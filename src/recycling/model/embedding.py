"""Texts as vectors: what the base itself makes of them, with no other model."""

from collections.abc import Sequence
from itertools import takewhile

import torch

from recycling.model import capacity
from recycling.model.base import Base
from recycling.model.tree import prompt_trees


def mean_states(base: Base, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
    """Mean hidden state `[n, width]` of each prompt after what all share, in float64.

    The states are those of the last layer, after its norm. What all prompts begin with, such as an
    instruction, says nothing about any of them, and the first token's state dwarfs all others. A
    prompt with nothing of its own has the state of its last token. The base is taken as it is
    worn: attach nothing for the bare one.
    """
    if not prompts:
        return torch.zeros(0, 0, dtype=torch.float64)
    columns = zip(*prompts, strict=False)
    shared = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))
    means = []
    with torch.inference_mode():
        for tree, paths in prompt_trees(prompts, capacity.nodes(base)):
            states = base.read(tree).double().cpu()
            means += [states[path[min(shared, len(path) - 1) :]].mean(0) for path in paths]
    return torch.stack(means)


def cosines(asked: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Cosine of each row of `asked` with each row of `known`, `[asked, known]`.

    The mean of `known` is taken from both before: what all have in common tells none apart.
    """
    centre = known.mean(0)
    sides = [torch.nn.functional.normalize(side - centre, dim=1) for side in (asked, known)]
    return sides[0] @ sides[1].T


def by_nearness(asked: torch.Tensor, known: torch.Tensor) -> list[list[int]]:
    """For each row of `asked` the places of all rows of `known`, nearest first.

    Near is a large cosine: see `cosines`. Equal ones stay in their order.
    """
    order = cosines(asked, known).argsort(dim=1, descending=True, stable=True)
    places: list[list[int]] = order.tolist()
    return places
