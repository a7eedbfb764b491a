"""TIES-merging (Yadav et al., 2306.01708, section 3): trim, elect signs, average what agrees.

The rule works on entries, and an update has other entries in every basis, so the space that it
works in is part of the method: all weights (`ties`), the span of the factors (`ties_span`), a left
basis shared by all (`knots`), the factors themselves (`ties_factors`).

Of n entries exactly `round(density * n)` are kept, as the paper says. Where the last of them has
the magnitude of others, the first are kept, row by row. The authors' code keeps all of these, so
all entries of a matrix whose magnitudes are equal; PEFT keeps `int(density * n)`, and of equal ones
those that `torch.topk` happens to return.
"""

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors
from recycling.ground import seeds
from recycling.merging.election import elected
from recycling.merging.problem import (
    Coefficient,
    ExportLoss,
    Merged,
    Problem,
    require_one_rank,
    strengths,
)


def ties(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging of the full updates.

    Per module: trim each update to its `density` largest entries by magnitude, elect for each
    entry the sign of the sum of trimmed entries, average the entries that agree with it, and
    multiply by `scale`. The result is not low rank; it is exported at the summed rank of its
    sources, near-best, with the error stated. O(in out sum_i r_i) per module; the dense updates
    are made one at a time.
    """
    generator = seeds.torch_generator(problem.seed, "ties")
    modules, error = {}, ExportLoss()
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        delta = scale * elected((factors.delta() for factors in present), density)
        rank = sum(factors.rank for factors in present)
        modules[module] = lowrank.approximate(delta, rank, generator)
        error.add(delta, modules[module])
    return Merged(modules, _as_chosen(problem), export_error=error.relative)


def ties_span(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging in the space that the adapters' factors span; exact at rank sum_i r_i.

    Each update is written in the left singular vectors of all updates side by side and the right
    ones of all on top of each other, and the small cores are merged entry by entry: the core space
    of 2509.17786, in a basis that no split into factors changes. Another rule than `ties`: its
    entries are directions, not weights. With R = sum_i r_i it costs O(d R^2 + k R^2) per module.
    """
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        u, _ = lowrank.left_vectors(present)
        v, _ = lowrank.left_vectors([Factors(f.b.T, f.a.T) for f in present])
        cores = [(u.T @ factors.b) @ (factors.a @ v) for factors in present]
        modules[module] = Factors(v.T, u @ (scale * elected(cores, density)))
    return Merged(modules, _as_chosen(problem))


def knots(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging in a shared left basis: KnOTS-TIES (Stoica et al., 2410.19735, "KnOTS").

    The updates side by side are `u s [v_1', ..., v_k']`; the `v_i'` are merged by TIES and the
    result is `u s v'`. Exact at rank sum_i r_i. The SVD is that of `[out, sum_i r_i]`, the updates'
    own right bases taken out by QR first, where the paper's is of the dense `[out, k in]`; and
    directions of no strength are cut, so that they take no part in the trimming.
    With R = sum_i r_i it costs O(d R^2) per module.
    """
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        parts = [Factors(factors.a.double(), factors.b.double()) for factors in present]
        u, s = lowrank.left_vectors(parts)
        strong = lowrank.numerical_rank(s)
        u, s = u[:, :strong], s[:strong]
        # From the update, not from the SVD: what is zero stays so, where rounding would vote.
        rights = ((u.T @ part.b / s[:, None]) @ part.a for part in parts)
        modules[module] = Factors(
            elected(rights, density).to(present[0].a.dtype), (scale * u * s).to(present[0].b.dtype)
        )
    return Merged(modules, _as_chosen(problem))


def ties_factors(problem: Problem, *, density: float = 0.2, scale: float = 1.0) -> Merged:
    """TIES-merging of the `a` and of the `b` apart, as PEFT's `ties` does; for comparison with it.

    The product of merged factors has cross terms between strangers, and it depends on how each
    update is split into factors and on the order of directions. Rank and cost are those of one
    adapter: O(k r d) per module. PEFT's result, where all adapters have one alpha/r: it elects
    signs before that scale, here the scale is part of `b`.

    Raises InputError for a module in which the adapters have different ranks.
    """
    remedy = "merge with ties, ties_span or knots, which take mixed ranks"
    require_one_rank(problem, "ties_factors", remedy)
    modules = {}
    for module in problem.modules:
        present = [factors for _, factors in problem.present(module)]
        modules[module] = Factors(
            elected([factors.a for factors in present], density),
            scale * elected([factors.b for factors in present], density),
        )
    return Merged(modules, _as_chosen(problem))


def _as_chosen(problem: Problem) -> list[Coefficient]:
    """TIES has no coefficients; the table still says which sources went in, each at 1."""
    return strengths(problem, [1.0] * len(problem.adapters))
