"""Train one LoRA: the fresh one of a target task, or one of the community."""

import math
from collections.abc import Mapping, Sequence
from functools import partial

import torch

from recycling.adapters import module_name
from recycling.adapters.canonical import Factors
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.model.base import Base
from recycling.model.branches import Branch
from recycling.model.recipe import Fit, Recipe
from recycling.model.training import Objective, fit, loss
from recycling.tasks.record import Example


def scaling(rank: int, alpha: float, rslora: bool = False) -> float:
    """alpha/r, or alpha/sqrt(r) for rsLoRA (2312.03732)."""
    return alpha / math.sqrt(rank) if rslora else alpha / rank


def train(
    base: Base,
    instruction: str,
    rows: Sequence[Example],
    valid: Sequence[Example],
    recipe: Recipe,
    seed: int,
    *,
    rank: int,
    alpha: float,
    rslora: bool = False,
    modules: Sequence[str] | None = None,
    objective: Objective = loss,
    dropout: float = 0.0,
    ranks: Mapping[str, int] | None = None,
    loraplus_ratio: float = 1.0,
) -> tuple[dict[str, Factors], Fit]:
    """Factors before the scale, as PEFT stores them, and how the training went.

    `modules` are last name parts such as `q_proj`, all linear modules without it. The start is
    PEFT's: `a` Kaiming-uniform, `b` zero. `ranks` names whole modules instead and the rank of each;
    the scale stays that of `rank`. `dropout` is the share of each module's inputs that a
    training step leaves out of the LoRA. The learning rate of `b` is that of the recipe times
    `loraplus_ratio`: LoRA+ (2402.12354). Raises InputError for a name that no module has.
    """
    kinds = {name: module_name.parse(name).kind for name in base.linears}
    known = sorted(set(kinds.values()))
    wanted = known if modules is None else modules
    if not wanted or set(wanted) - set(known):
        raise InputError("LoRA", "modules", wanted, f"some of {known}", "correct the recipe")
    if ranks is None:
        ranks = {name: rank for name, kind in kinds.items() if kind in wanted}
    generator = seeds.torch_generator(seed, "lora")
    factors = {}
    for name in sorted(ranks):
        linear = base.linears[name]
        bound = 1 / math.sqrt(linear.in_features)
        a = (torch.rand(ranks[name], linear.in_features, generator=generator) * 2 - 1) * bound
        b = torch.zeros(linear.out_features, ranks[name])
        factors[name] = Factors(
            a.to(base.device).requires_grad_(True), b.to(base.device).requires_grad_(True)
        )
    scale = torch.tensor(scaling(rank, alpha, rslora), device=base.device)
    drop = partial(_dropped, dropout, seeds.torch_generator(seed, "dropout")) if dropout else None
    branches = {name: Branch(f.a, f.b, lambda: scale, drop) for name, f in factors.items()}
    parameters = [side for f in factors.values() for side in (f.a, f.b)]
    with base.attached(branches):
        done = fit(
            base,
            parameters,
            instruction,
            rows,
            valid,
            recipe,
            seeds.torch_generator(seed, "batches"),
            objective=objective,
            ratios=[1.0, loraplus_ratio] * len(factors),
        )
    return {name: Factors(f.a.detach(), f.b.detach()) for name, f in factors.items()}, done


def _dropped(share: float, generator: torch.Generator, x: torch.Tensor) -> torch.Tensor:
    """`x` with a `share` of its entries zero and the others scaled to the same expectation.

    Rows that share a token of their prompt share its mask too.
    """
    kept = torch.rand(x.shape, generator=generator) >= share
    return x * kept.to(x) / (1 - share)
