"""Weighted sums of adapters whose coefficients can be trained.

A module becomes `y = W x + sum_i f(c_{g,i}) b_i a_i x` (2602.12323), with adapters i, groups g of
modules that share their coefficients c, and an activation f. The factors of all adapters are
stacked, and each direction of the stack has a gate that scales it: `f(c)` of its adapter, or of a
coefficient of its own.
"""

import math
from collections.abc import Callable
from functools import cached_property

import torch
from torch.nn import functional

from recycling.adapters import lowrank, module_name
from recycling.adapters.canonical import Factors
from recycling.merging.combination import Combination, Gates
from recycling.merging.problem import Coefficient, Problem
from recycling.model.branches import Branch

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "identity": lambda c: c,
    # Negative coefficients act with a hundredth of their strength, so hardly any is subtracted.
    "leaky_relu": lambda c: functional.leaky_relu(c, 0.01),
    "softmax": lambda c: c.softmax(-1),
    "sigmoid": torch.sigmoid,
}


class Gated:
    """The gated stack of each module of a problem; modules of a group share their coefficients.

    With `ball`, the gates of a module are scaled down together where its merged update would be
    longer, in Frobenius norm, than `ball` times the longest of the updates that it merges.
    """

    def __init__(
        self,
        problem: Problem,
        granularity: str,
        activation: str,
        init: str,
        ball: float | None = None,
    ) -> None:
        self.adapters = problem.adapters
        self.names = [adapter.name for adapter in problem.adapters]
        self.by_direction = granularity == "direction"
        self.layers: dict[str, _Layer] = {}
        groups: dict[str, torch.Tensor] = {}
        for module in problem.modules:
            layer = _Layer(problem, module, self.by_direction, activation, init, ball)
            layer.raw = groups.setdefault(_group(module, granularity), layer.raw)
            self.layers[module] = layer
        self.raw = list(groups.values())

    @property
    def factors(self) -> list[torch.Tensor]:
        """The stacked factors of all modules, to be trained along."""
        return [side for layer in self.layers.values() for side in (layer.a, layer.b)]

    @property
    def branches(self) -> dict[str, Branch]:
        """What is attached to the base."""
        return {m: Branch(layer.a, layer.b, layer.gate) for m, layer in self.layers.items()}

    def combined(self) -> Combination:
        """The merge of the adapters with the gates as they are now; of factors as they were."""
        with torch.no_grad():
            gates = {module: layer.gates(len(self.names)) for module, layer in self.layers.items()}
        return Combination(self.adapters, Gates(gates, self.by_direction))

    def folded(self) -> dict[str, Factors]:
        """The factors, which may have been trained along, with the gates folded into `b`."""
        with torch.no_grad():
            return {
                module: Factors(layer.a.detach().cpu(), (layer.b * layer.gate()).cpu())
                for module, layer in self.layers.items()
            }

    def coefficients(self) -> list[Coefficient]:
        """The active coefficient of each adapter in each module that it changes."""
        with torch.no_grad():
            return [
                Coefficient(self.names[adapter], module, direction, coefficient)
                for module, layer in self.layers.items()
                for adapter, direction, coefficient in layer.coefficients()
            ]

    def size(self) -> torch.Tensor:
        """Mean absolute value of what `coefficients` lists."""
        return torch.cat([layer.active() for layer in self.layers.values()]).abs().mean()


def _group(module: str, granularity: str) -> str:
    """Modules of the same group share their coefficients.

    A module outside the numbered layers is a layer of its own.
    """
    if granularity == "adapter":
        return "*"
    if granularity == "layer":
        return module_name.parse(module).layer_name
    if granularity == "sublayer":
        return module_name.parse(module).sublayer
    return module


class _Layer:
    """The adapters' stacked factors in one module and the coefficients that scale them.

    `owners` has the adapter of each of the R directions. `raw` holds the coefficients before the
    activation: one for each adapter of the merge, or one for each direction.
    """

    def __init__(
        self,
        problem: Problem,
        module: str,
        by_direction: bool,
        activation: str,
        init: str,
        ball: float | None,
    ) -> None:
        present = problem.present(module)
        stacked = lowrank.concatenate([factors for _, factors in present])
        device = problem.base.device
        self.a, self.b = stacked.a.to(device), stacked.b.to(device)
        self.owners = [i for i, factors in present for _ in range(factors.rank)]
        self.index = torch.tensor(self.owners, device=device)
        self.by_direction = by_direction
        scaled = self.owners if by_direction else range(len(problem.adapters))
        start = {
            "zero": [0.0 for _ in scaled],
            "equal": [len(problem.adapters) ** -0.5 for _ in scaled],
            "target": [float(adapter == 0) for adapter in scaled],
        }
        self.raw = torch.tensor(start[init], device=device)
        self.activate = ACTIVATIONS[activation]
        # A direction of each coefficient that acts in this module.
        first = (self.owners.index(i) for i, factors in present if factors.rank)
        self.places = list(range(len(self.owners)) if by_direction else first)
        self.ball = ball
        self.longest = max(lowrank.norm(factors) for _, factors in present)

    def gate(self) -> torch.Tensor:
        """The factor of each direction, `[R]`."""
        active = self.activate(self.raw)
        gate = active if self.by_direction else active[self.index]
        if self.ball is None:
            return gate
        overlap = self._overlap() if self.a.requires_grad else self._frozen_overlap
        squared = gate @ overlap @ gate
        # Where all updates are zero the radius is too, and so is any merge.
        square = max((self.ball * self.longest) ** 2, torch.finfo(gate.dtype).tiny)
        limit = gate.new_tensor(square)
        return gate * (limit / squared.clamp(min=limit)).sqrt()

    def gates(self, adapters: int) -> torch.Tensor:
        """The gates as `combination.Gates` has them."""
        if self.by_direction:
            return self.gate().detach().cpu().clone()
        found = torch.full((adapters,), math.nan, dtype=self.raw.dtype)
        found[[self.owners[place] for place in self.places]] = self.active().cpu()
        return found

    def active(self) -> torch.Tensor:
        """One gate for each coefficient: by adapter of the module, or by direction."""
        return self.gate()[self.places]

    def coefficients(self) -> list[tuple[int, int | None, float]]:
        """Adapter, direction (None unless each has its own) and active coefficient."""
        return [
            (self.owners[place], place if self.by_direction else None, coefficient)
            for place, coefficient in zip(self.places, self.active().tolist(), strict=True)
        ]

    @cached_property
    def _frozen_overlap(self) -> torch.Tensor:
        return self._overlap()

    def _overlap(self) -> torch.Tensor:
        """Inner products of the directions' updates `b_j a_j`, `[R, R]`."""
        return (self.b.T @ self.b) * (self.a @ self.a.T)
