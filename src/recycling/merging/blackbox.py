"""Merging coefficients found from values of the loss alone, without gradients.

Each value is the loss of all training rows, so their order plays no part.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import nevergrad
import numpy as np
import torch
from numpy.typing import NDArray
from scipy import optimize

from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.ground.runlog import Progress
from recycling.merging.problem import Merged, Problem, require_one_rank, strengths, weighted
from recycling.model.recipe import Point
from recycling.model.training import answer_tokens, loss
from recycling.tasks.record import Example

Modules = Mapping[str, Factors]
# Starting coefficients are drawn from -NEAR to NEAR; the paper starts at zero, the bare base.
NEAR = 0.1
# Rows read at once: attention costs the square of their tokens.
BATCH = 16


def lorahub(
    problem: Problem,
    *,
    form: Literal["linear", "factors"] = "linear",
    budget: int = 100,
    bound: float = 1.5,
    l1: float = 0.05,
) -> Merged:
    """LoraHub (Huang et al., 2307.13269): one coefficient w_i within +-`bound` for each adapter.

    NGOpt of nevergrad minimises the loss of `train` plus `l1` times the mean of abs(w_i) in
    `budget` evaluations; the lowest is kept, and `valid` has no say. `linear` is the sum of
    w_i delta_i, exact at rank sum_i r_i. `factors` is the paper's: sum_i w_i b_i times
    sum_j w_j a_j, with cross terms between strangers, quadratic in w, exact at the one rank that
    all adapters have; the paper applies the first adapter's alpha/r to all, here each has its own.

    NGOpt picks an optimiser by the number of adapters and the budget: for two adapters or more and
    a budget of 100 it is Cobyla, which draws nothing. So the start is drawn from the seed, evenly
    within 0.1 of the paper's, which is zero. Where it would be a metamodel Cobyla takes its place:
    nevergrad 1.0.12 cannot run those with NumPy 2.4. The merge record names the optimiser. The
    curve holds the loss of each evaluation without the penalty, and that on `valid` at the start
    and where kept. The cost is `budget` passes over `train` and two over `valid`.

    Raises InputError for a budget below 1, a bound not above 0, l1 below 0, and for `factors` with
    a module in which the adapters have different ranks.
    """
    for key, value, least in (("budget", budget, 1), ("l1", l1, 0)):
        if value < least:
            raise InputError("merge lorahub", key, value, f"at least {least}", "correct the arm")
    if not bound > 0:
        raise InputError("merge lorahub", "bound", bound, "above 0", "correct the arm")
    if form == "factors":
        require_one_rank(problem, "lorahub", "merge with form: linear, which takes mixed ranks")
    merge, placed = _linear if form == "linear" else _factors, problem.placed()
    before, near = problem.base.tokens_read, min(NEAR, bound)
    random = seeds.numpy_generator(problem.seed, "lorahub")
    start = random.uniform(-near, near, len(problem.adapters))
    tried: list[tuple[float, float, list[float]]] = []
    progress = Progress("evaluation", budget)

    def objective(weights: NDArray[np.float64]) -> float:
        found = weights.tolist()
        value = _loss(problem, merge(placed, found), problem.train)
        penalised = value + l1 * float(np.abs(weights).mean())
        tried.append((penalised, value, found))
        progress.step(f"train loss {value:.3f}")
        return penalised

    optimiser = _optimiser(start, bound, budget, seeds.derive(problem.seed, "nevergrad"))
    with warnings.catch_warnings():
        # nevergrad asks SciPy for a tolerance of zero, and for what is left of the budget.
        warnings.filterwarnings("ignore", "COBYLA: Invalid (RHOEND|MAXFUN)", UserWarning)
        optimiser.minimize(objective)
    kept = min(range(len(tried)), key=lambda number: tried[number][0])
    weights = tried[kept][2]
    valid = {
        0: _valid_loss(problem, merge(placed, start.tolist())),
        kept + 1: _valid_loss(problem, merge(placed, weights)),
    }
    losses = [None, *(value for _, value, _ in tried)]
    return Merged(
        merge(problem, weights),
        strengths(problem, weights),
        [Point(n, value, valid.get(n), n == kept + 1) for n, value in enumerate(losses)],
        problem.base.tokens_read - before,
        details={"optimiser": optimiser.name},
    )


def line_search(problem: Problem, *, high: float = 2.0, evaluations: int = 12) -> Merged:
    """Scale the average update by one number; with the fresh LoRA alone, rescale that.

    Brent's bounded method looks for the lowest loss of `train` from 0 to `high`. The scalar found
    is kept if its loss on `valid` is below that of 1, the update as it is. Exact at rank sum_i r_i.
    The curve holds the losses at 1 (step 0), on `train` those tried, and on `valid` the one found.
    The cost is `evaluations` + 1 passes over `train` and two over `valid`.

    Raises InputError for `high` not above 0 and for fewer than 3 evaluations.
    """
    if not high > 0:
        raise InputError("merge line_search", "high", high, "above 0", "correct the arm")
    if evaluations < 3:
        raise InputError(
            "merge line_search", "evaluations", evaluations, "at least 3", "correct the arm"
        )
    before, placed = problem.base.tokens_read, problem.placed()
    tried: list[tuple[float, float]] = []

    def scaled(scale: float, of: Problem = placed) -> Merged:
        return weighted(of, [scale / len(of.adapters)] * len(of.adapters))

    def objective(scale: float) -> float:
        value = _loss(problem, scaled(scale).modules, problem.train)
        tried.append((value, float(scale)))
        return value

    objective(1.0)
    optimize.minimize_scalar(
        objective, bounds=(0.0, high), method="bounded", options={"maxiter": evaluations}
    )
    found = min(range(1, len(tried)), key=lambda number: tried[number][0])
    valid = {
        number: _valid_loss(problem, scaled(tried[number][1]).modules) for number in (0, found)
    }
    as_it_is, scaled_by_train = valid[0], valid[found]
    agreed = as_it_is is None or scaled_by_train is None or scaled_by_train < as_it_is
    kept = found if agreed else 0
    merged = scaled(tried[kept][1], of=problem)
    return Merged(
        merged.modules,
        merged.coefficients,
        [Point(n, value, valid.get(n), n == kept) for n, (value, _) in enumerate(tried)],
        problem.base.tokens_read - before,
        details={"scale": tried[kept][1], "scale_by_train": tried[found][1]},
    )


class _Optimiser(Protocol):
    """What is used of an optimiser of nevergrad, which has no types."""

    name: str

    def minimize(self, objective: Callable[[NDArray[np.float64]], float]) -> object: ...


def _optimiser(start: NDArray[np.float64], bound: float, budget: int, seed: int) -> _Optimiser:
    # The unit step suits the paper's bounds of 1.5.
    place = nevergrad.p.Array(init=start).set_mutation(sigma=bound / 1.5).set_bounds(-bound, bound)
    place.random_state = np.random.RandomState(seed % 2**32)
    chosen = nevergrad.optimizers.NGOpt(place, budget).optim
    if "MetaModel" in chosen.name:
        chosen = nevergrad.optimizers.registry["Cobyla"](place, budget)
    optimiser: _Optimiser = chosen
    return optimiser


def _linear(problem: Problem, weights: Sequence[float]) -> Modules:
    return weighted(problem, weights).modules


def _factors(problem: Problem, weights: Sequence[float]) -> Modules:
    modules = {}
    for module in problem.modules:
        present = problem.present(module)
        modules[module] = Factors(
            torch.stack([weights[i] * factors.a for i, factors in present]).sum(0),
            torch.stack([weights[i] * factors.b for i, factors in present]).sum(0),
        )
    return modules


def _valid_loss(problem: Problem, modules: Modules) -> float | None:
    return _loss(problem, modules, problem.valid) if problem.valid else None


def _loss(problem: Problem, modules: Modules, rows: Sequence[Example]) -> float:
    """The loss per answer token of all rows, as in training, with a merge attached."""
    base, total, tokens = problem.base, 0.0, 0
    with base.wearing(Adapter("", modules)), torch.no_grad():
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            count = answer_tokens(base, batch)
            total += count * loss(base, problem.instruction, batch).item()
            tokens += count
    return total / tokens
