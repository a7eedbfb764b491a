"""Which of a pool's adapters are near-identical: all pairs compared."""

from collections.abc import Iterator
from functools import partial

import torch

from benchmarks.case import OURS, Case, Growth, Rival, Run
from benchmarks.inputs import SEED, Inputs, random_factors
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seeds
from recycling.pool import families

SHAPE = (192, 576)
MODULES = ("v_proj", "k_proj")
# Every so many adapters the next is a copy of it, rescaled.
COPIES = 10


def cases(inputs: Inputs) -> Iterator[Case]:
    """Families among all pairs, from singular values, against cosines of dense updates."""
    count = inputs.sizes.pool
    rivals = {
        OURS: Rival(partial(_ours, inputs, count)),
        "dense updates, one product": Rival(partial(_dense, inputs, count)),
    }
    work = f"all pairs of {count} adapters of {len(MODULES)} modules"
    yield Case(work, rivals, lambda one, two: float(one != two), 0.0)


def growths(inputs: Inputs) -> Iterator[Growth]:
    """How the seconds grow with the pool."""
    sizes = inputs.sizes.growth["pool"]
    yield Growth("all pairs of a pool", "adapters", sizes, partial(_ours, inputs))


def _pool(inputs: Inputs, count: int) -> dict[str, Adapter]:
    found: dict[str, Adapter] = {}
    for number in range(count):
        copied = number % COPIES == 1
        seed = number - 1 if copied else number
        modules = {m: _falling(inputs.sizes.rank, seed, m) for m in MODULES}
        if copied:
            modules = {m: factors.scaled(2.0) for m, factors in modules.items()}
        found[f"a{number:04}"] = Adapter(f"a{number:04}", modules)
    return found


def _falling(rank: int, seed: int, module: str) -> Factors:
    """A random update whose singular values fall at a rate of its own, as trained ones do.

    Where all have the same singular values, these rule out no pair, and every cosine is computed.
    """
    factors = random_factors(rank, SHAPE, seed, module)
    rate = seeds.numpy_generator(SEED, "rate", seed, module).uniform(0.2, 1.2)
    falling = torch.arange(1, rank + 1) ** -rate
    return Factors(falling[:, None] * factors.a, factors.b)


def _ours(inputs: Inputs, count: int) -> Run:
    pool = _pool(inputs, count)
    return lambda: families.find(list(pool), MODULES, pool.__getitem__)


def _dense(inputs: Inputs, count: int) -> Run:
    pool = _pool(inputs, count)

    def run() -> list[str]:
        flat = torch.stack(
            [torch.cat([a[m].delta().flatten() for m in MODULES]) for a in pool.values()]
        )
        flat /= flat.norm(dim=1, keepdim=True)
        near = flat @ flat.T > families.THRESHOLD
        names = list(pool)
        # Copies come in pairs, so the first that is near names the family.
        return [names[int(row.int().argmax())] for row in near]

    return run
