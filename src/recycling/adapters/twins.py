"""Random counterparts of adapters: each keeps some properties of its adapter and no others.

An arm of twins has the ranks, modules and merging method of the arm with the real adapters, so a
difference between the two is due to what the twins do not keep.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import torch

from recycling.adapters import TWINS, lowrank, module_name
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import registry, seeds
from recycling.ground.errors import InputError

Learn = Callable[[Mapping[str, int], int], dict[str, Factors]]
"""Rank of each module and a seed -> what training on rows with shuffled answers gives."""


def draw(
    kind: str, adapters: Sequence[Adapter], seed: int, learn: Learn | None = None
) -> list[Adapter]:
    """A twin of each adapter, in their order, each from random numbers of its own.

    `learn` trains the twins that are trained; the others are drawn without it.
    """
    generators = [seeds.torch_generator(seed, "twin", kind, adapter.name) for adapter in adapters]
    given = {"learn": learn} if TWINS[kind].trained else {}
    twins: list[Adapter] = registry.load(TWINS[kind].entry)(adapters, generators, **given)
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


def spectrum(adapters: Sequence[Adapter], generators: Sequence[torch.Generator]) -> list[Adapter]:
    """Both sides of each update turned into uniformly random directions.

    Keeps, in each module, the products `b' b` and `a a'`: hence the singular values, the Frobenius
    norm and how much each side's directions overlap. Changes where the directions point, in the
    input and in the output. O(d r^2) per module, d = in + out.
    """
    twins = []
    for adapter, generator in zip(adapters, generators, strict=True):
        modules = {
            module: Factors(_turned(factors.a.T, generator).T, _turned(factors.b, generator))
            for module, factors in adapter.items()
        }
        twins.append(_renamed(adapter, modules))
    return twins


def sign_flipped(
    adapters: Sequence[Adapter], generators: Sequence[torch.Generator]
) -> list[Adapter]:
    """Each singular direction `s_j u_j v_j'` of an update keeps or changes its sign, evenly.

    Keeps, in each module, `a`, the singular values, the singular vectors up to sign, hence the row
    space, the column space and the norm. Changes the sign with which the directions act: the update
    is uncorrelated with the adapter's on average, and in a single module of low rank anything from
    it to its opposite. Singular directions, because those of the factors depend on how the update
    is split. O(d r^2) per module, d = in + out.
    """
    twins = []
    for adapter, generator in zip(adapters, generators, strict=True):
        modules = {}
        for module, factors in adapter.items():
            u, s, _ = lowrank.svd(factors)
            signs = torch.randint(2, s.shape, generator=generator).to(factors.b) * 2 - 1
            modules[module] = Factors(factors.a, (u * signs) @ (u.T @ factors.b))
        twins.append(_renamed(adapter, modules))
    return twins


def layer_shuffled(
    adapters: Sequence[Adapter], generators: Sequence[torch.Generator]
) -> list[Adapter]:
    """Each update moved to another layer: those of one kind of module (`q_proj`) change places.

    Keeps every update as it is and the set of changed modules, hence norms, ranks and spectra.
    Changes the layer where an update acts; kinds are permuted apart, so updates of one layer are
    parted too. The only update of its kind stays where it is.

    Raises InputError for an adapter none of whose updates has a place to move to.
    """
    twins = []
    for adapter, generator in zip(adapters, generators, strict=True):
        kinds: dict[tuple[str, int, int], list[str]] = defaultdict(list)
        for module, factors in adapter.items():
            role = module_name.parse(module).in_any_layer
            kinds[role, factors.a.shape[1], factors.b.shape[0]].append(module)
        if all(len(places) == 1 for places in kinds.values()):
            raise InputError(
                f"twin of {adapter.name}",
                "modules",
                list(adapter)[:3],
                "two layers with the same kind of module",
                "choose another kind of twin, or leave the adapter out",
            )
        modules = {}
        for places in kinds.values():
            for place, origin in zip(places, _deranged(places, generator), strict=True):
                modules[place] = adapter[origin]
        twins.append(_renamed(adapter, modules))
    return twins


def label_shuffled(
    adapters: Sequence[Adapter], generators: Sequence[torch.Generator], *, learn: Learn
) -> list[Adapter]:
    """A LoRA of the same shape, trained on the target's rows with their answers shuffled.

    Keeps the modules and the rank in each, no entry of the adapter. What it has is what training
    gives whatever the labels say: updates of trained size, the form of the answers and how often
    each occurs. It knows the format of the target, which a stranger's adapter does not.
    """
    twins = []
    for adapter, generator in zip(adapters, generators, strict=True):
        ranks = {module: factors.rank for module, factors in adapter.items()}
        seed = int(torch.randint(2**62, (), generator=generator))
        twins.append(_renamed(adapter, learn(ranks, seed)))
    return twins


def _deranged(places: list[str], generator: torch.Generator) -> list[str]:
    """A random order without fixed points, each equally likely; a single place stays."""
    if len(places) == 1:
        return places
    while True:  # about one order in e has no fixed point
        order = torch.randperm(len(places), generator=generator).tolist()
        if all(position != origin for position, origin in enumerate(order)):
            return [places[origin] for origin in order]


def _turned(columns: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """`columns: [d, r]` in a uniformly random subspace, their inner products as they were."""
    basis = torch.linalg.qr(columns)
    turned: torch.Tensor = lowrank.random_columns(basis.Q, generator) @ basis.R
    return turned


def _std(matrices: Sequence[torch.Tensor]) -> float:
    return float(torch.cat([matrix.flatten() for matrix in matrices]).std(correction=0))


def _gaussian(factors: Factors, std_a: float, std_b: float, generator: torch.Generator) -> Factors:
    a = torch.randn(factors.a.shape, generator=generator) * std_a
    b = torch.randn(factors.b.shape, generator=generator) * std_b
    return Factors(a, b)


def _renamed(adapter: Adapter, modules: dict[str, Factors]) -> Adapter:
    return Adapter(f"twin-of-{adapter.name}", modules, {"twin_of": adapter.name})
