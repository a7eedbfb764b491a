"""Coefficients learnt on the labelled rows, by gradient descent through the frozen base.

One function trains all. Its settings are granularity, activation, start, what is trained and what
is minimised; the methods of the literature here are names for some of these settings.
"""

from typing import Literal

from recycling.ground.errors import InputError
from recycling.merging.fitting import fitted
from recycling.merging.gated import Gated
from recycling.merging.problem import Merged, Problem
from recycling.model.entropy import candidate_entropy
from recycling.model.recipe import Recipe
from recycling.model.training import Objective, loss


def learned(
    problem: Problem,
    *,
    granularity: Literal["adapter", "layer", "sublayer", "module", "direction"] = "module",
    activation: Literal["identity", "leaky_relu", "softmax", "sigmoid"] = "leaky_relu",
    init: Literal["zero", "equal", "target"] = "zero",
    train: Literal["coefficients", "both"] = "coefficients",
    l1: float = 0.0,
    ball: float | None = None,
    steps: int = 100,
    learning_rate: float = 0.05,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Train coefficients and fold them into the factors; exact at rank sum_i r_i.

    `init`, before the activation: `zero`; `equal`, 1/sqrt(k) for each of k adapters; `target`, 1
    for the fresh LoRA and 0 for the rest. Softmax runs over all adapters of the merge; in a module
    that one of them lacks, its share is not given to the others. With `train: both` the factors are
    trained along and the kept ones are written. The fresh LoRA alone is recalibrated by one scalar,
    a scalar for each layer, module or direction with `granularity`.

    `l1` adds that many times the mean absolute active coefficient to the loss: a mean, as in
    LoraHub, so that a value means the same at any granularity. `ball` keeps the merged update of
    each module, in Frobenius norm, within `ball` times the longest update that it merges.

    The cost of a step is that of the base plus O(d R) per module and token, with R = sum_i r_i and
    d = in + out; `ball` adds O(R^2) per module, O(d R^2) where factors are trained.

    Raises InputError for `init: target` without a fresh LoRA, for softmax by direction, for l1 with
    softmax, whose coefficients sum to 1 whatever they are, for l1 below 0 and a ball not above 0.
    """
    by_direction, softmax = granularity == "direction", activation == "softmax"
    if init == "target" and not problem.fresh:
        raise _refused("init", init, "zero or equal", "let the fresh LoRA join or change init")
    if softmax and by_direction:
        raise _refused("activation", activation, "not softmax by direction", "change one")
    if l1 < 0 or (l1 and softmax):
        raise _refused("l1", l1, "at least 0, and 0 with softmax", "correct the arm")
    if ball is not None and not ball > 0:
        raise _refused("ball", ball, "a radius above 0", "correct the arm or remove it")
    gated = Gated(problem, granularity, activation, init, ball)
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    return _trained(problem, gated, recipe, factors=train == "both", l1=l1)


def adamerging(
    problem: Problem,
    *,
    steps: int = 100,
    learning_rate: float = 0.05,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """AdaMerging as 2602.12323 runs it, by the labels of the rows: supervised.

    One plain coefficient for each adapter and module, 1/sqrt(k) at the start. A setting of
    `learned`, with its export and cost.
    """
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    return _trained(problem, Gated(problem, "module", "identity", "equal"), recipe)


def adamerging_entropy(
    problem: Problem,
    *,
    steps: int = 100,
    learning_rate: float = 0.05,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """AdaMerging by its own idea (Yang et al., 2310.02575): minimise the entropy of the answers.

    As `adamerging`, but what is minimised on `train`, and by which the step is kept on `valid`, is
    the entropy over the candidate answers of a row. No label is read, so the curve holds entropies.
    The paper minimises it on the test rows, which a merge never sees here.

    Raises InputError for rows with fewer than two candidates.
    """
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    gated = Gated(problem, "module", "identity", "equal")
    return _trained(problem, gated, recipe, objective=candidate_entropy)


def pi_tuning(
    problem: Problem,
    *,
    steps: int = 100,
    learning_rate: float = 0.0001,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """pi-Tuning (Wu et al., 2304.14381) as 2602.12323 runs it: interpolate and train the adapters.

    Softmax over adapters for each module from equal shares, all factors trained along at the same
    rate. The adapter holds the factors of the kept step, where the reference's checkpoint joins the
    coefficients of that step to the factors of the last. A setting of `learned`.
    """
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    return _trained(problem, Gated(problem, "module", "softmax", "zero"), recipe, factors=True)


def _trained(
    problem: Problem,
    gated: Gated,
    recipe: Recipe,
    *,
    factors: bool = False,
    l1: float = 0.0,
    objective: Objective = loss,
) -> Merged:
    parameters = [*gated.raw, *(gated.factors if factors else ())]
    penalty = (lambda: l1 * gated.size()) if l1 else None
    done = fitted(problem, gated.branches, parameters, recipe, penalty, objective)
    modules = gated.folded() if factors else gated.combined()
    return Merged(modules, gated.coefficients(), done.curve, done.tokens)


def _refused(key: str, found: object, expected: str, remedy: str) -> InputError:
    return InputError("merge learned", key, found, expected, remedy)
