"""Adapters compressed into subspaces that they share, before they are merged.

Compress-then-merge (He et al., 2606.03723): a merge that is cut to a rank afterwards loses what the
method has put into other directions. Here the rank comes first: every adapter is projected to the
same r directions of each side, so that sums of them, with any weights, are of rank r.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.problem import Problem

# The authors' settings.
MOST_ROUNDS = 1000
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Compressed:
    """A problem whose adapters were compressed, and what they lost: a relative Frobenius error."""

    problem: Problem
    error: float


def compressed(problem: Problem, rank: int) -> Compressed:
    """The problem with each update `delta` replaced by `u u' delta v v'`, u and v those of all.

    `u: [out, rank]` and `v: [in, rank]` hold as much of the adapters as the rounds find: see
    `shared_directions`. Stand-ins of the fresh LoRA are projected to the same. A module in which
    the adapters have no more than `rank` directions is left as it is. With R = sum_i r_i it costs
    O(d R^2) per module, and O(k R^2 rank + R^3) for each round.

    Raises InputError for a rank below 1.
    """
    if rank < 1:
        raise InputError("merge", "compress_rank", rank, "at least 1", "correct the arm")
    spans = {}
    for module in problem.modules:
        parts = [_precise(factors) for _, factors in problem.present(module)]
        spans[module] = shared_directions(parts, rank)
    adapters = [_projected(adapter, spans) for adapter in problem.adapters]
    stand_ins = [_projected(adapter, spans) for adapter in problem.stand_ins]
    total = sum(lowrank.total_norm(adapter) ** 2 for adapter in problem.adapters)
    kept = sum(lowrank.total_norm(adapter) ** 2 for adapter in adapters)
    # What is projected away is orthogonal to what is kept.
    error = max(1 - kept / total, 0.0) ** 0.5 if total else 0.0
    return Compressed(replace(problem, adapters=adapters, stand_ins=stand_ins), error)


def shared_directions(
    parts: Sequence[Factors], rank: int
) -> tuple[torch.Tensor, torch.Tensor] | None:
    """Orthonormal `u: [out, n]` and `v: [in, m]`, n and m at most `rank`; None if all fit.

    They make the sum of `norm(u' delta_i v)^2` large: alternately, u is the best for v and v the
    best for u, from the strongest singular vectors of all updates side by side and on top of each
    other on (Tucker-2 by higher-order orthogonal iteration, as the authors' code has it without its
    equal norms). A round never loses, and the best of all need not be found.
    """
    u, v = _span(parts), _span([Factors(part.b.T, part.a.T) for part in parts])
    if max(u.shape[1], v.shape[1]) <= rank:
        return None
    cores = torch.stack([(u.T @ part.b) @ (part.a @ v) for part in parts])
    right = torch.eye(v.shape[1], dtype=v.dtype)[:, :rank]
    before = 0.0
    for _ in range(MOST_ROUNDS):
        left = _strongest(cores @ right, rank)
        right = _strongest(cores.mT @ left, rank)
        held = float((left.T @ cores @ right).square().sum())
        if held <= before * (1 + TOLERANCE):
            break
        before = held
    return u @ left, v @ right


def _span(parts: Sequence[Factors]) -> torch.Tensor:
    """Singular vectors of all updates side by side, strongest first, without those of rounding."""
    u, s = lowrank.left_vectors(parts)
    return u[:, : lowrank.numerical_rank(s)]


def _strongest(columns: torch.Tensor, rank: int) -> torch.Tensor:
    """The first left singular vectors of matrices `[k, n, m]` side by side."""
    vectors: torch.Tensor = torch.linalg.eigh((columns @ columns.mT).sum(0)).eigenvectors
    return vectors.flip(1)[:, :rank]


def _projected(
    adapter: Adapter, spans: Mapping[str, tuple[torch.Tensor, torch.Tensor] | None]
) -> Adapter:
    modules = {}
    for module, factors in adapter.items():
        span = spans.get(module)
        if span is None:
            modules[module] = factors
            continue
        u, v = span
        part = _precise(factors)
        core = (u.T @ part.b) @ (part.a @ v)
        modules[module] = Factors(v.T.to(factors.a.dtype), (u @ core).to(factors.b.dtype))
    return replace(adapter, modules=modules)


def _precise(factors: Factors) -> Factors:
    return Factors(factors.a.double(), factors.b.double())
