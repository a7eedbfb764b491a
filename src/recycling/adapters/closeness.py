"""How similar the weights of two adapters are (2602.12323, closeness selection).

Let C be the candidate's update of a module and T that of the reference, zero where one lacks the
module. A measure sums a product p over the entries of a module, and a size n of each update by
which it is divided, as in a cosine:

| measure   | p                  | n                 | computed from |
| --------- | ------------------ | ----------------- | ------------- |
| cosine    | sum C T            | sum C^2           | factors       |
| clamp_pm  | max(0, sum C T)    | sum C^2           | factors       |
| clamp     | sum max(0, C T)    | sum C^2           | entries       |
| abs       | sum of abs(C T)    | sum C^2           | entries       |
| quasi_fim | sum C^2 T^2        | sum C^4           | entries       |
| l2        | -log(1 + sum over all modules of (C - T)^2), no cosine | | factors |

Under these names p and n are summed over all modules before they are divided (macro). With
`_micro` behind the name, p / sqrt(n_C n_T) is averaged over all modules that either has. For
quasi_fim the root of the result is taken. The reference code adds 1e-6 below the root. It is left
out here: fourth powers of weights are smaller than that, so the size of an adapter would decide its
quasi_fim instead of its direction.
"""

import math
from collections.abc import Callable, Mapping

import torch

from recycling.adapters import lowrank
from recycling.adapters.canonical import Factors

Product = Callable[[Factors, Factors], float]


def _entrywise(function: Callable[[torch.Tensor, torch.Tensor], torch.Tensor]) -> Product:
    """A sum over entries: two dense updates of one module exist for the time of the sum."""

    def product(left: Factors, right: Factors) -> float:
        return float(function(left.delta(), right.delta()).sum(dtype=torch.float64))

    return product


PRODUCTS: dict[str, Product] = {
    "cosine": lowrank.inner,
    "clamp": _entrywise(lambda c, t: (c * t).clamp(min=0)),
    "clamp_pm": lambda c, t: max(0.0, lowrank.inner(c, t)),
    "abs": _entrywise(lambda c, t: (c * t).abs()),
    "quasi_fim": _entrywise(lambda c, t: (c * t).square()),
}
MEASURES = ("l2", *PRODUCTS, *(f"{name}_micro" for name in PRODUCTS))


def closeness(
    candidate: Mapping[str, Factors], reference: Mapping[str, Factors], measure: str
) -> float:
    """One of MEASURES, higher is closer; 0 where either update is zero, l2 aside."""
    name = measure.removesuffix("_micro")
    size = PRODUCTS["quasi_fim" if name == "quasi_fim" else "cosine"]
    product = PRODUCTS["cosine" if name == "l2" else name]
    terms = []
    for module in sorted({*candidate, *reference}):
        c, t = candidate.get(module), reference.get(module)
        terms.append(
            (
                product(c, t) if c and t else 0.0,
                max(size(c, c), 0.0) if c else 0.0,
                max(size(t, t), 0.0) if t else 0.0,
            )
        )
    products, candidates, references = (math.fsum(column) for column in zip(*terms, strict=True))
    if name == "l2":
        return -math.log1p(max(candidates + references - 2 * products, 0.0))
    if measure.endswith("_micro"):
        value = math.fsum(_ratio(*term) for term in terms) / len(terms)
    else:
        value = _ratio(products, candidates, references)
    return math.sqrt(value) if name == "quasi_fim" else value


def _ratio(product: float, left: float, right: float) -> float:
    return product / (math.sqrt(left) * math.sqrt(right)) if left and right else 0.0
