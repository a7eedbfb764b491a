"""An adapter in the one form that all later steps read: two factors for each module it changes.

The update of a module is `delta = b @ a` with `a: [rank, in]` and `b: [out, rank]`. The scale of
LoRA (alpha/r, or alpha/sqrt(r) for rsLoRA, for each module its own where patterns say so) is
multiplied into `b` when the adapter is read, so no later step needs alpha. A module that an
adapter lacks has a zero update.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from recycling.ground.errors import InputError
from recycling.ground.tables import reading, replacing


@dataclass(frozen=True)
class Factors:
    """`a: [rank, in]` and `b: [out, rank]` of one module."""

    a: torch.Tensor
    b: torch.Tensor

    def __post_init__(self) -> None:
        if self.a.ndim != 2 or self.b.ndim != 2 or self.a.shape[0] != self.b.shape[1]:
            raise InputError(
                "factors",
                "shapes",
                (tuple(self.a.shape), tuple(self.b.shape)),
                "a: [rank, in] and b: [out, rank] with one rank",
                "check the file that they were read from",
            )

    @property
    def rank(self) -> int:
        """Inner dimension, an upper bound of the rank of the update."""
        return self.a.shape[0]

    def scaled(self, factor: float) -> "Factors":
        """The factors of `factor * delta`."""
        return Factors(self.a, self.b * factor)

    def delta(self) -> torch.Tensor:
        """The dense update `[out, in]`, for methods that need every entry."""
        return self.b @ self.a


@dataclass(frozen=True)
class Adapter(Mapping[str, Factors]):
    """Module name -> factors, in sorted order.

    `name` is unique in a pool. `source` says where the adapter comes from: `repo`, `commit`,
    `owner` and `licence` of its repository, or `twin_of` of a random twin.
    """

    name: str
    modules: dict[str, Factors]
    source: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "modules", dict(sorted(self.modules.items())))

    def __getitem__(self, module: str) -> Factors:
        return self.modules[module]

    def __iter__(self) -> Iterator[str]:
        return iter(self.modules)

    def __len__(self) -> int:
        return len(self.modules)

    @property
    def parameters(self) -> int:
        """Number of entries in all factors."""
        return sum(factors.a.numel() + factors.b.numel() for factors in self.modules.values())


def write(adapter: Adapter, path: str | Path) -> None:
    """Save an adapter as one safetensors file with the tensors `<module>.a` and `<module>.b`."""
    tensors = {}
    for module, factors in adapter.items():
        tensors[f"{module}.a"] = factors.a.detach().cpu().contiguous()
        tensors[f"{module}.b"] = factors.b.detach().cpu().contiguous()
    # One metadata key: safetensors writes several in an order that changes from run to run.
    about = json.dumps({"name": adapter.name, **adapter.source}, sort_keys=True)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"adapter": about})


def read(path: str | Path) -> Adapter:
    """Read a file that `write` saved, in float32. InputError for any other safetensors file."""
    modules = {}
    with reading(path, SafetensorError), safe_open(str(path), framework="pt") as file:
        about = json.loads((file.metadata() or {}).get("adapter", "{}"))
        keys = set(file.keys())
        stems = {key.rpartition(".")[0] for key in keys}
        if "name" not in about or keys != {f"{s}.{side}" for s in stems for side in "ab"}:
            raise InputError(
                str(path),
                "keys",
                sorted(keys)[:3],
                "pairs `<module>.a`, `<module>.b` and a name",
                "delete the file and run again, it is not a canonical adapter",
            )
        for module in sorted(stems):
            a, b = (file.get_tensor(f"{module}.{side}").float() for side in "ab")
            modules[module] = Factors(a, b)
    return Adapter(about.pop("name"), modules, about)
