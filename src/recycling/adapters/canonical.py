"""An adapter in the one form that all later steps read: two factors for each module it changes.

The update of a module is `delta = b @ a` with `a: [rank, in]` and `b: [out, rank]`. The scale of
LoRA (alpha/r, or alpha/sqrt(r) for rsLoRA, for each module its own where patterns say so) is
multiplied into `b` when the adapter is read, so no later step needs alpha. A module that an
adapter lacks has a zero update.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
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

    def to(self, device: torch.device) -> "Factors":
        """The same where another device computes; themselves where they lie there."""
        return Factors(self.a.to(device), self.b.to(device))

    def delta(self) -> torch.Tensor:
        """The dense update `[out, in]`, for methods that need every entry."""
        return self.b @ self.a


@dataclass(frozen=True)
class Adapter(Mapping[str, Factors]):
    """Module name -> factors, in sorted order.

    `name` is unique in a pool. `modules` may read them when they are asked for: see `opened`.
    `source` says where the adapter comes from: `repo`, `commit`, `owner` and `licence` of its
    repository, or `twin_of` of a random twin.
    """

    name: str
    modules: Mapping[str, Factors]
    source: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, module: str) -> Factors:
        return self.modules[module]

    def __contains__(self, module: object) -> bool:
        # Mapping's own reads the module to find out.
        return module in self.modules

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.modules))

    def __len__(self) -> int:
        return len(self.modules)

    @property
    def parameters(self) -> int:
        """Number of entries in all factors."""
        return sum(factors.a.numel() + factors.b.numel() for factors in self.values())


class _Stored(Mapping[str, Factors]):
    """The modules of a file that `write` saved, each read when it is asked for and then dropped."""

    def __init__(self, path: Path, names: Collection[str], factor: float) -> None:
        self._path, self._names, self._factor = path, frozenset(names), factor

    def __getitem__(self, module: str) -> Factors:
        if module not in self._names:
            raise KeyError(module)
        with reading(self._path, SafetensorError), safe_open(self._path, framework="pt") as file:
            a, b = (file.get_tensor(f"{module}.{side}").float() for side in "ab")
        return Factors(a, b if self._factor == 1 else self._factor * b)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, module: object) -> bool:
        return module in self._names


def write(adapter: Adapter, path: str | Path) -> None:
    """Save an adapter as one safetensors file with the tensors `<module>.a` and `<module>.b`.

    Numbers that 16 bits hold, as most that were published in 16 bits do, are saved in 16 bits.
    """
    tensors = {}
    for module, factors in adapter.items():
        tensors[f"{module}.a"] = _narrowest(factors.a.detach().cpu()).contiguous()
        tensors[f"{module}.b"] = _narrowest(factors.b.detach().cpu()).contiguous()
    # One metadata key: safetensors writes several in an order that changes from run to run.
    about = json.dumps({"name": adapter.name, **adapter.source}, sort_keys=True)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={"adapter": about})


def _narrowest(side: torch.Tensor) -> torch.Tensor:
    """The same numbers in the shortest format that holds them."""
    for short in (torch.bfloat16, torch.float16):
        narrow = side.to(short)
        if torch.equal(narrow.to(side.dtype), side):
            return narrow
    return side


def digest(adapter: Adapter) -> str:
    """SHA-256 of what an adapter is: the modules, and the shape and numbers of each factor."""
    found = hashlib.sha256()
    for module, factors in adapter.items():
        for side in (factors.a, factors.b):
            found.update(json.dumps([module, str(side.dtype), list(side.shape)]).encode())
            found.update(side.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return found.hexdigest()


def read(path: str | Path) -> Adapter:
    """Read a file that `write` saved, in float32. InputError for any other safetensors file."""
    adapter = opened(path)
    with reading(path, SafetensorError), safe_open(str(path), framework="pt") as file:
        modules = {
            module: Factors(*(file.get_tensor(f"{module}.{side}").float() for side in "ab"))
            for module in adapter
        }
    return replace(adapter, modules=modules)


def opened(path: str | Path, factor: float = 1.0) -> Adapter:
    """`factor` times the adapter in a file, whose modules are read when they are asked for.

    A method that goes from module to module then holds no adapter as a whole. Raises InputError as
    `read` does.
    """
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
    return Adapter(about.pop("name"), _Stored(Path(path), stems, factor), about)
