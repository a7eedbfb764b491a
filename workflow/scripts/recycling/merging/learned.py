"""Coefficients learnt on the labelled rows.

The layer is `y = W x + sum_i f(c_{g,i}) b_i a_i x` (2602.12323): adapters i, groups g of modules,
an activation f. The paper's method, supervised AdaMerging and the recalibration of a fresh LoRA
are settings of granularity, activation and start.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch.nn import functional

from recycling import seeds
from recycling.adapters import lowrank
from recycling.adapters.format import Factors
from recycling.errors import InputError
from recycling.merging.problem import Coefficient, Merged, Problem
from recycling.model.base import Branch
from recycling.model.recipe import Recipe
from recycling.model.training import fit

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": lambda c: c,
    # Negative coefficients act with a hundredth of their strength: nearly a non-negative sum.
    "leaky_relu": lambda c: functional.leaky_relu(c, 0.01),
    "softmax": lambda c: c.softmax(-1),
    "sigmoid": torch.sigmoid,
}


def learned(
    problem: Problem,
    *,
    granularity: Literal["adapter", "layer", "sublayer", "module", "direction"] = "module",
    activation: Literal["identity", "leaky_relu", "softmax", "sigmoid"] = "leaky_relu",
    init: Literal["zero", "equal", "target"] = "zero",
    train: Literal["coefficients", "both"] = "coefficients",
    steps: int = 100,
    learning_rate: float = 0.05,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Train coefficients by gradient descent and fold them into the factors; exact at rank sum.

    `init`, before the activation: `zero`; `equal`, 1/sqrt(k) for each of k adapters; `target`, 1
    for the fresh LoRA and 0 for the rest. With `train: both` the factors are trained along and the
    kept ones are written. Softmax runs over the adapters of a group. The cost of a step is that of
    the base plus O(d sum_i r_i) per module and token, d = in + out.

    Raises InputError for `init: target` without a fresh LoRA, and for softmax by direction.
    """
    if init == "target" and not problem.fresh:
        raise InputError(
            "merge learned", "init", init, "zero or equal", "let the fresh LoRA join or change init"
        )
    if activation == "softmax" and granularity == "direction":
        raise InputError(
            "merge learned", "activation", activation, "not softmax by direction", "change one"
        )
    base = problem.base
    layers = {module: _Layer(problem, module, granularity, init) for module in problem.modules}
    groups: dict[str, torch.Tensor] = {}
    for module, layer in layers.items():
        layer.raw = groups.setdefault(_group(module, granularity), layer.raw)
    parameters = list(groups.values())
    if train == "both":
        parameters += [side for layer in layers.values() for side in (layer.a, layer.b)]
    for parameter in parameters:
        parameter.requires_grad_(True)
    activate = ACTIVATIONS[activation]
    branches = {
        module: Branch(layer.a, layer.b, partial(layer.gate, activate))
        for module, layer in layers.items()
    }
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    with base.attached(branches):
        done = fit(
            base,
            parameters,
            problem.instruction,
            problem.train,
            problem.valid,
            recipe,
            seeds.torch_generator(problem.seed, "batches"),
        )
    names = [adapter.name for adapter in problem.adapters]
    with torch.no_grad():
        modules = {
            module: Factors(layer.a.detach().cpu(), (layer.b * layer.gate(activate)).cpu())
            for module, layer in layers.items()
        }
        coefficients = [
            Coefficient(names[adapter], module, direction, value)
            for module, layer in layers.items()
            for adapter, direction, value in layer.coefficients(activate)
        ]
    return Merged(modules, coefficients, done.curve, done.tokens)


def _group(module: str, granularity: str) -> str:
    """Modules with the same group share their coefficients: `model.layers.3.self_attn.q_proj`."""
    if granularity == "adapter":
        return "*"
    parts = module.split(".")
    if granularity == "layer":
        last_number = max(i for i, part in enumerate(parts) if part.isdigit())
        return ".".join(parts[: last_number + 1])
    if granularity == "sublayer":
        return ".".join(parts[:-1])
    return module


class _Layer:
    """The adapters' stacked factors in one module and the coefficients that scale them.

    `raw` holds the coefficients before the activation: one for each adapter of the merge, or one
    for each rank-one direction of the stack.
    """

    def __init__(self, problem: Problem, module: str, granularity: str, init: str) -> None:
        present = problem.present(module)
        stacked = lowrank.concatenate([factors for _, factors in present])
        device = problem.base.device
        self.a, self.b = stacked.a.to(device), stacked.b.to(device)
        self.adapters = [i for i, factors in present for _ in range(factors.rank)]
        self.by_direction = granularity == "direction"
        owners = self.adapters if self.by_direction else range(len(problem.adapters))
        start = {
            "zero": [0.0 for _ in owners],
            "equal": [len(problem.adapters) ** -0.5 for _ in owners],
            "target": [float(owner == 0) for owner in owners],
        }
        self.raw = torch.tensor(start[init], device=device)
        self.owners = torch.tensor(self.adapters, device=device)

    def gate(self, activate: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """The factor of each direction, `[sum of ranks]`."""
        active = activate(self.raw)
        return active if self.by_direction else active[self.owners]

    def coefficients(
        self, activate: Callable[[torch.Tensor], torch.Tensor]
    ) -> list[tuple[int, int | None, float]]:
        """Adapter, direction (None unless each has its own) and active coefficient."""
        gates = self.gate(activate).tolist()
        if self.by_direction:
            return list(zip(self.adapters, range(len(gates)), gates, strict=True))
        strengths = dict(zip(self.adapters, gates, strict=True))
        return [(adapter, None, value) for adapter, value in strengths.items()]
