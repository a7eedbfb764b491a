"""Train a LoRA whose directions all lie in given spans: those of adapters, of the base, or random.

It asks whether the directions of real adapters are better than others. Of the adapters only the
directions are used, not how strongly or with what sign they act, so they are compared with their
random twins, with random directions and with those of the base at an equal number of trained
parameters. With the whole pool the directions are what its adapters share.
"""

from typing import Literal

import torch
from torch.nn import functional

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.merging.fitting import fitted
from recycling.merging.problem import Merged, Problem, strengths
from recycling.model.recipe import Recipe


def subspace(
    problem: Problem,
    *,
    directions: Literal["adapters", "random", "base"] = "adapters",
    rank: int = 1,
    steps: int = 100,
    learning_rate: float = 0.002,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Train `delta = u C v'` on the labelled rows, u and v the given directions, C alone free.

    In a module, `u: [out, p]` and `v: [in, q]` are the left singular vectors of all updates side by
    side and the right ones of all on top of each other, from the strongest on. With other
    `directions` they are as many in the same modules: orthonormal ones drawn for this merge, or the
    strongest singular vectors of the base's own weights. C starts at zero, or at the projection of
    the fresh LoRA where it joins. It has as many trained entries as a LoRA of `rank` has numbers,
    rank (in + out), the rest staying zero; fewer only where the adapters' span has fewer. The merge
    record holds both counts. Exact at rank q, which is at most R = sum_i r_i.

    The adapters are read one after the other, module by module: see `Spans`, which also says the
    cost. A training step costs O(d (p + q)) per module and token.

    Raises InputError for a rank below 1, for adapters whose updates are all zero, and for a module
    whose weights have too few directions.
    """
    if rank < 1:
        raise InputError("merge subspace", "rank", rank, "at least 1", "correct the arm")
    spans = {
        module: span
        for module in problem.modules
        if (span := _Span(problem, module, rank, directions)).free
    }
    if not spans:
        raise InputError(
            "merge subspace", "updates", 0, "one that is not zero", "choose other adapters"
        )
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    done = fitted(problem, spans, [span.entries for span in spans.values()], recipe)
    return Merged(
        {module: span.folded() for module, span in spans.items()},
        # Every source lends its directions, or nothing.
        strengths(problem, [float(directions == "adapters")] * len(problem.adapters)),
        done.curve,
        done.tokens,
        details={
            "directions": directions,
            "parameters": sum(span.free for span in spans.values()),
            "parameters_of_rank": sum(span.allowed for span in spans.values()),
        },
    )


class _Span:
    """One module's bases, `u: [out, p]` and `vt: [q, in]`, and the trained `entries` of C."""

    def __init__(self, problem: Problem, module: str, rank: int, directions: str) -> None:
        found = problem.spans.of(problem.adapters, module, rank)
        u, v, self.allowed = found.left, found.right, found.allowed
        self.shape = p, q = u.shape[1], v.shape[1]
        self.free = min(p * q, self.allowed)
        if directions == "random":
            generator = seeds.torch_generator(problem.seed, "directions", module)
            u, v = (lowrank.random_columns(side, generator) for side in (u, v))
        elif directions == "base" and self.free:
            u, v = _of_base(problem, module, p, q)
        core = torch.zeros(p, q, dtype=torch.float64)
        if problem.fresh and module in problem.adapters[0]:
            fresh = problem.adapters[0][module]
            core = (u.T @ fresh.b.double()) @ (fresh.a.double() @ v)
        device = problem.base.device
        self.u = u.to(device, found.dtype)
        self.vt = v.T.to(device, found.dtype).contiguous()
        self.entries = core.flatten()[: self.free].to(device, found.dtype)

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


def _of_base(problem: Problem, module: str, p: int, q: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The strongest directions of the base's own weights, `[out, p]` and `[in, q]`."""
    weights = problem.base.linears[module].weight.detach().cpu().double()
    u, s, v = lowrank.largest_vectors(weights)
    if len(s) < max(p, q):
        raise InputError(
            "merge subspace",
            f"directions of the weights of {module}",
            len(s),
            f"at least {max(p, q)}, as many as of the adapters",
            "lower the arm's rank, or choose random directions",
        )
    return u[:, :p], v[:, :q]
