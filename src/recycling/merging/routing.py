"""Routing: each token, or each prompt, has weights of its own for the adapters.

The adapters are called experts. In Arrow an expert has a prototype in each module, a direction of
the module's inputs; a token gives most weight to the experts whose prototypes have the largest
inner product, by absolute value, with its input. In LoGo a prompt gives most weight to the experts
that add most to its last token. The result cannot be one adapter. It is saved as the experts'
weights with what it is routed by (`adapters.routed`), and evaluated in that form.
"""

from dataclasses import replace
from typing import Literal

import torch

from recycling.adapters import lowrank, module_name
from recycling.adapters.canonical import Factors
from recycling.adapters.routed import COMBINATIONS, ByPrompt, Experts, Routed
from recycling.ground.errors import InputError
from recycling.merging.fitting import fitted
from recycling.merging.problem import Merged, Problem, require_one_rank
from recycling.model.branches import RoutedBranch
from recycling.model.recipe import Recipe


def arrow(
    problem: Problem,
    *,
    top_k: int = 4,
    temperature: float = 1.0,
    combination: Literal["products", "factors"] = "products",
) -> Merged:
    """Arrow (Ostapenko et al., 2405.11157): prototypes from the adapters' own weights, frozen.

    An expert's prototype in a module is the top right singular vector of its update, zero where it
    has none; the equation is that of `adapters.routed`, with top_k at most the number of adapters.
    The SVD is taken from the factors: O(d r^2) per module and adapter, and each token costs
    O(d R + k in) per module for as long as the result is used, R = sum_i r_i and d = in + out.
    `combination: factors`, mttl's default, mixes the factors before their product, with cross
    terms.

    Raises InputError for a top_k below 1, a temperature not above 0, an unknown combination, and
    for factors that cannot be mixed because their ranks differ.
    """
    routed = _routed(problem, top_k, temperature)
    if combination not in COMBINATIONS:
        expected = f"one of {COMBINATIONS}"
        raise InputError("merge arrow", "combination", combination, expected, "correct the rule")
    if combination == "factors":
        remedy = "leave combination at products, which takes mixed ranks and absent modules"
        require_one_rank(problem, "arrow", remedy, everywhere=True)
    routed = replace(routed, combination=combination)
    return Merged(_stacks(routed), routed=routed)


def arrow_trained(
    problem: Problem,
    *,
    top_k: int = 4,
    temperature: float = 1.0,
    steps: int = 400,
    learning_rate: float = 0.01,
    batch_size: int = 8,
    evaluate_every: int = 10,
) -> Merged:
    """Arrow whose prototypes are trained on the labelled rows (2602.12323); factors stay frozen.

    Starts as `arrow`, which is kept where no step is better on `valid`. An expert that a token does
    not choose gets no gradient from it.
    """
    base = problem.base
    recipe = Recipe(steps, learning_rate, batch_size, evaluate_every=evaluate_every)
    routed = _routed(problem, top_k, temperature)
    branches = {
        module: RoutedBranch(
            experts.factors.a.to(base.device),
            experts.factors.b.to(base.device),
            experts.owners.to(base.device),
            experts.prototypes.to(base.device).clone(),
            routed.top_k,
            routed.temperature,
        )
        for module, experts in routed.modules.items()
    }
    prototypes = [branch.prototypes for branch in branches.values()]
    done = fitted(problem, branches, prototypes, recipe)
    trained = {
        module: Experts(experts.factors, experts.owners, branches[module].prototypes.detach().cpu())
        for module, experts in routed.modules.items()
    }
    routed = Routed(routed.names, trained, routed.top_k, routed.temperature)
    return Merged(_stacks(routed), curve=done.curve, tokens=done.tokens, routed=routed)


def logo(
    problem: Problem,
    *,
    top_k: int = 4,
    signal: Literal["norm", "entropy"] = "norm",
    kind: str = "q_proj",
) -> Merged:
    """LoGo (Lee et al., 2511.07129): each prompt weighs the experts, without any training.

    The weights follow from what each expert adds to the last token of the prompt in one module: the
    last one of `kind` that an expert changes. They are the `top_k` largest norms of it, or inverse
    entropies of its softmax, over their sum: see `model.prompt_routing`. A prompt is read once more
    by the bare base, and shares no pass with others.

    Raises InputError for a top_k below 1, an unknown signal, and where no expert changes a module
    of that kind.
    """
    if top_k < 1:
        raise InputError("merge logo", "top_k", top_k, "at least 1", "correct the arm")
    if signal not in ("norm", "entropy"):
        raise InputError("merge logo", "signal", signal, "norm or entropy", "correct the arm")
    named = [module_name.parse(module) for module in problem.modules]
    heard = [name for name in named if name.kind == kind]
    if not heard:
        kinds = sorted({name.kind for name in named})
        raise InputError("merge logo", "kind", kind, f"one of {kinds}", "name another kind")
    last = max(heard, key=lambda name: (name.layer or 0, name.name))
    names = tuple(adapter.name for adapter in problem.adapters)
    modules = {}
    for module in problem.modules:
        stacked, owners = _stack(problem, module)
        none = torch.zeros(0, stacked.a.shape[1], dtype=stacked.a.dtype)
        modules[module] = Experts(stacked, owners, none)
    routed = Routed(
        names, modules, min(top_k, len(names)), 1.0, by_prompt=ByPrompt(last.name, signal)
    )
    details = {"signal": signal, "module": last.name}
    return Merged(_stacks(routed), details=details, routed=routed)


def _routed(problem: Problem, top_k: int, temperature: float) -> Routed:
    if top_k < 1:
        raise InputError("merge arrow", "top_k", top_k, "at least 1", "correct the arm")
    if not temperature > 0:
        raise InputError("merge arrow", "temperature", temperature, "above 0", "correct the arm")
    names = tuple(adapter.name for adapter in problem.adapters)
    modules = {}
    for module in problem.modules:
        stacked, owners = _stack(problem, module)
        prototypes = torch.zeros(len(names), stacked.a.shape[1], dtype=stacked.a.dtype)
        for i, factors in problem.present(module):
            prototypes[i] = _prototype(factors)
        modules[module] = Experts(stacked, owners, prototypes)
    return Routed(names, modules, min(top_k, len(names)), temperature)


def _stack(problem: Problem, module: str) -> tuple[Factors, torch.Tensor]:
    """The factors of all experts of a module, and the expert of each direction."""
    present = problem.present(module)
    owners = torch.tensor([i for i, factors in present for _ in range(factors.rank)])
    return lowrank.concatenate([factors for _, factors in present]), owners


def _prototype(factors: Factors) -> torch.Tensor:
    """The top right singular vector `[in]`; zero for a zero update, which has none."""
    _, s, vt = lowrank.svd(Factors(factors.a.double(), factors.b.double()))
    top = vt[0] if len(s) and s[0] > 0 else torch.zeros(factors.a.shape[1])
    return top.to(factors.a.dtype)


def _stacks(routed: Routed) -> dict[str, Factors]:
    return {module: experts.factors for module, experts in routed.modules.items()}
