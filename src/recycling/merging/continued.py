"""A warm start: train on from adapters of the pool, instead of from a LoRA that does nothing yet.

What is kept of them is decided by the labelled rows: all factors are trained, as those of the fresh
LoRA are.
"""

from recycling.adapters.canonical import Factors
from recycling.merging.fitting import fitted
from recycling.merging.problem import Merged, Problem
from recycling.merging.static import average
from recycling.model.branches import Branch
from recycling.model.recipe import Recipe


def continued(
    problem: Problem,
    *,
    steps: int = 100,
    learning_rate: float = 0.001,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Train the factors of the one adapter, or of the average, on the labelled rows.

    SPoT's idea (Vu et al., 2110.07904) for LoRAs. Step 0 is the adapter itself, which is kept where
    no step is better on `valid`. Modules and ranks stay as they are; the average has rank
    sum_i r_i. The scale alpha / r of an adapter is part of its `b`, and the factors are trained in
    this form: one learning rate then means the same for adapters of any alpha, and it is that of a
    fresh LoRA with alpha = r. Exact at its rank R. A step costs that of the base and O(d R) for
    each token, d = in + out; the optimiser holds 2 d R more numbers.
    """
    start = average(problem)
    device = problem.base.device
    # Copies, because adapters are shared between the arms of a process.
    branches = {
        module: Branch(factors.a.to(device, copy=True), factors.b.to(device, copy=True))
        for module, factors in start.modules.items()
    }
    parameters = [side for branch in branches.values() for side in (branch.a, branch.b)]
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    done = fitted(problem, branches, parameters, recipe)
    trained = {
        module: Factors(branch.a.detach().cpu(), branch.b.detach().cpu())
        for module, branch in branches.items()
    }
    return Merged(trained, start.coefficients, done.curve, done.tokens)
