"""Random counterparts of an adapter: each keeps what its name says and forgets the rest.

An arm of twins uses the same ranks, modules and merging as the arm of the real adapters, so a
difference between the two is what the adapters know.
"""

from collections.abc import Sequence

import torch

from recycling import registry, seeds
from recycling.adapters import lowrank
from recycling.adapters.format import Adapter, Factors

TWINS = {
    "norm": "recycling.adapters.twins:norm",
    "pooled_std": "recycling.adapters.twins:pooled_std",
}


def draw(kind: str, adapters: Sequence[Adapter], seed: int) -> list[Adapter]:
    """A twin of each adapter, in their order, each from random numbers of its own."""
    generators = [seeds.torch_generator(seed, "twin", kind, adapter.name) for adapter in adapters]
    twins: list[Adapter] = registry.load(TWINS[kind])(adapters, generators)
    return twins


def norm(adapters: Sequence[Adapter], generators: Sequence[torch.Generator]) -> list[Adapter]:
    """Gaussian factors scaled to the Frobenius norm of each adapter's update in each module."""
    twins = []
    for adapter, generator in zip(adapters, generators, strict=True):
        modules = {}
        for module, factors in adapter.items():
            twin = _gaussian(factors, 1.0, 1.0, generator)
            wanted, drawn = lowrank.norm(factors), lowrank.norm(twin)
            modules[module] = twin.scaled(wanted / drawn if drawn else 0.0)
        twins.append(_renamed(adapter, modules))
    return twins


def pooled_std(adapters: Sequence[Adapter], generators: Sequence[torch.Generator]) -> list[Adapter]:
    """The paper's control (2602.12323): Gaussian entries with one standard deviation per module.

    It is that of all entries of all the adapters' `a` in the module, likewise for `b`; the norm
    of a single adapter's update is not kept. The scale is folded into `b`, where the reference
    keeps each slot's alpha/r.
    """
    pooled: dict[str, tuple[float, float]] = {}
    for module in sorted({module for adapter in adapters for module in adapter}):
        present = [adapter[module] for adapter in adapters if module in adapter]
        pooled[module] = _std([f.a for f in present]), _std([f.b for f in present])
    return [
        _renamed(
            adapter,
            {
                module: _gaussian(factors, *pooled[module], generator)
                for module, factors in adapter.items()
            },
        )
        for adapter, generator in zip(adapters, generators, strict=True)
    ]


def _std(matrices: Sequence[torch.Tensor]) -> float:
    return float(torch.cat([matrix.flatten() for matrix in matrices]).std(correction=0))


def _gaussian(factors: Factors, std_a: float, std_b: float, generator: torch.Generator) -> Factors:
    a = torch.randn(factors.a.shape, generator=generator) * std_a
    b = torch.randn(factors.b.shape, generator=generator) * std_b
    return Factors(a, b)


def _renamed(adapter: Adapter, modules: dict[str, Factors]) -> Adapter:
    return Adapter(f"twin-of-{adapter.name}", modules, {"twin_of": adapter.name})
