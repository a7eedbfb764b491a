"""Train a LoRA whose directions all lie in the span of the adapters' factors.

It asks whether the directions of real adapters are better than random ones. Of the adapters only
the directions are used, not how strongly or with what sign they act, so real adapters and their
random twins are compared at an equal number of trained parameters.
"""

import math

import torch
from torch.nn import functional

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground.errors import InputError
from recycling.merging.fitting import fitted
from recycling.merging.problem import Merged, Problem, strengths
from recycling.model.recipe import Recipe


def subspace(
    problem: Problem,
    *,
    rank: int = 1,
    steps: int = 100,
    learning_rate: float = 0.002,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Train `delta = u C v'` on the labelled rows, u and v the adapters' directions, C alone free.

    In a module, `u: [out, p]` and `v: [in, q]` are the left singular vectors of all updates side by
    side and the right ones of all on top of each other, from the strongest on. C starts at zero, or
    at the projection of the fresh LoRA where it joins. It has as many trained entries as a LoRA of
    `rank` has numbers, rank (in + out), the rest staying zero; fewer only where the span has fewer.
    The merge record holds both counts. Exact at rank q, which is at most R = sum_i r_i. The bases
    cost O(d R^2) per module, once, and a training step O(d (p + q)) per module and token.

    Raises InputError for a rank below 1 and for adapters whose updates are all zero.
    """
    if rank < 1:
        raise InputError("merge subspace", "rank", rank, "at least 1", "correct the arm")
    spans = {
        module: span for module in problem.modules if (span := _Span(problem, module, rank)).free
    }
    if not spans:
        raise InputError(
            "merge subspace", "updates", 0, "one that is not zero", "choose other adapters"
        )
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    done = fitted(problem, spans, [span.entries for span in spans.values()], recipe)
    return Merged(
        {module: span.folded() for module, span in spans.items()},
        # Every source lends its directions.
        strengths(problem, [1.0] * len(problem.adapters)),
        done.curve,
        done.tokens,
        details={
            "parameters": sum(span.free for span in spans.values()),
            "parameters_of_rank": sum(span.allowed for span in spans.values()),
        },
    )


class _Span:
    """One module's bases, `u: [out, p]` and `vt: [q, in]`, and the trained `entries` of C."""

    def __init__(self, problem: Problem, module: str, rank: int) -> None:
        present = problem.present(module)
        parts = [Factors(factors.a.double(), factors.b.double()) for _, factors in present]
        u = _basis(parts)
        v = _basis([Factors(part.b.T, part.a.T) for part in parts])
        self.allowed = rank * (len(u) + len(v))
        p, q = _sides(u.shape[1], v.shape[1], self.allowed)
        self.free = min(p * q, self.allowed)
        self.shape = p, q
        device, dtype = problem.base.device, present[0][1].a.dtype
        core = torch.zeros(p, q, dtype=torch.float64)
        if problem.fresh and module in problem.adapters[0]:
            core = (u[:, :p].T @ parts[0].b) @ (parts[0].a @ v[:, :q])
        self.u = u[:, :p].to(device, dtype)
        self.vt = v[:, :q].T.to(device, dtype).contiguous()
        self.entries = core.flatten()[: self.free].to(device, dtype)

    def core(self) -> torch.Tensor:
        """C, `[p, q]`: its last entries are those that are not trained."""
        p, q = self.shape
        return functional.pad(self.entries, (0, p * q - self.free)).view(p, q)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """What is added to the module's output."""
        inner = functional.linear(x.to(self.vt.dtype), self.vt)
        return functional.linear(functional.linear(inner, self.core()), self.u)

    def folded(self) -> Factors:
        with torch.no_grad():
            return Factors(self.vt.cpu(), (self.u @ self.core()).cpu())


def _basis(parts: list[Factors]) -> torch.Tensor:
    u, s = lowrank.left_vectors(parts)
    return u[:, : lowrank.numerical_rank(s)]


def _sides(left: int, right: int, allowed: int) -> tuple[int, int]:
    """Directions on each side: as square as both spans allow, with `allowed` entries or all."""
    if not left or not right:
        return 0, 0
    q = min(right, math.ceil(math.sqrt(allowed)))
    p = min(left, math.ceil(allowed / q))
    return p, min(right, math.ceil(allowed / p))
