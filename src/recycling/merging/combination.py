"""Merges that are the directions of their sources, each scaled by a number.

With the factors `a_i: [r_i, in]` and `b_i: [out, r_i]` of source i in a module and its gate g_i, a
number or one for each of its r_i directions, the merge has there all `a_i` on top of each other and
all `b_i g_i` side by side. So the sources and their gates are all that such a merge is: kilobytes
beside what the sources hold anyway.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from recycling.adapters import canonical, lowrank
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.merging.recipe import CONFIGS, GATES

SOURCES = CONFIGS[GATES]


@dataclass(frozen=True)
class Gates:
    """The gates of each module.

    Those of a module are one for each source of the merge, `[k]`, NaN for a source that takes no
    part in it; or `by_direction` one for each direction of the sources that have the module, in
    their order, `[sum_i r_i]`.
    """

    modules: Mapping[str, torch.Tensor]
    by_direction: bool = False


class Combination(Mapping[str, Factors]):
    """The modules of a merge by its sources and gates, each put together when it is asked for."""

    def __init__(self, sources: Sequence[Adapter], gates: Gates) -> None:
        self.sources, self.gates = sources, gates

    def __getitem__(self, module: str) -> Factors:
        gates = self.gates.modules[module]
        if self.gates.by_direction:
            present = [source[module] for source in self.sources if module in source]
            stacked = lowrank.concatenate(present)
            return Factors(stacked.a, stacked.b * gates)
        return lowrank.concatenate(
            [
                source[module].scaled(gate)
                for source, gate in zip(self.sources, gates.tolist(), strict=True)
                if module in source and gate == gate  # NaN takes no part
            ]
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.gates.modules)

    def __len__(self) -> int:
        return len(self.gates.modules)


def weighted(sources: Sequence[Adapter], weights: Sequence[float]) -> Combination:
    """The sum `sum_i w_i delta_i`: a weight for each source, the same in all modules."""
    modules = sorted({module for source in sources for module in source})
    gates = torch.tensor(list(weights), dtype=torch.float64)
    return Combination(sources, Gates(dict.fromkeys(modules, gates)))


def write(merge: Combination, folder: Path) -> None:
    """Write the gates, and the name and digest of each source, in their order."""
    described = {
        "by_direction": merge.gates.by_direction,
        "sources": [
            {"name": source.name, "sha256": canonical.digest(source)} for source in merge.sources
        ],
    }
    tables.write_json(described, folder / SOURCES)
    # Modules may share a tensor, which a file may not.
    tensors = {module: gates.clone() for module, gates in merge.gates.modules.items()}
    with tables.replacing(folder / GATES) as temporary:
        save_file(tensors, temporary)


def read(folder: Path, sources: Sequence[Adapter]) -> Combination:
    """The merge that `write` wrote, of the same `sources`, which have been read or drawn again.

    Raises InputError for sources that are not those of the merge.
    """
    path = folder / SOURCES
    with tables.reading(path, KeyError, TypeError):
        described = tables.read_json(path)
        by_direction = bool(described["by_direction"])
        expected = [(str(known["name"]), str(known["sha256"])) for known in described["sources"]]
    names = [source.name for source in sources]
    if names != [name for name, _ in expected]:
        raise InputError(
            str(path),
            "sources",
            names,
            f"those of the merge, {[name for name, _ in expected]}",
            "run the rule merge_adapters of this task and replicate again",
        )
    for source, (name, sha256) in zip(sources, expected, strict=True):
        found = canonical.digest(source)
        if found != sha256:
            raise InputError(
                str(path),
                f"sha256 of {name}",
                found,
                f"{sha256}, that of the source when it was merged",
                "run the rule merge_adapters of this task and replicate again; where another"
                " processor draws a twin otherwise, name the arm in export",
            )
    with tables.reading(folder / GATES, SafetensorError):
        gates = load_file(folder / GATES)
    return Combination(sources, Gates(gates, by_direction))
