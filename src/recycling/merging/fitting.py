"""The training loop on a merge's labelled rows, with what is trained attached to the base."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import torch

from recycling.ground import seeds
from recycling.merging.problem import Problem
from recycling.model.branches import Addition
from recycling.model.recipe import Fit, Recipe
from recycling.model.training import Objective, fit, loss


def fitted(
    problem: Problem,
    branches: Mapping[str, Addition],
    parameters: Sequence[torch.Tensor],
    recipe: Recipe,
    penalty: Callable[[], torch.Tensor] | None = None,
    objective: Objective = loss,
) -> Fit:
    """Train the `parameters` of `branches` in place, by the problem's conduct and seed."""
    for parameter in parameters:
        parameter.requires_grad_(True)
    with problem.base.attached(branches):
        return fit(
            problem.base,
            parameters,
            problem.instruction,
            problem.train,
            problem.valid,
            replace(recipe, conduct=problem.conduct),
            seeds.torch_generator(problem.seed, "batches"),
            penalty,
            objective,
        )
