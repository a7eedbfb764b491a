"""Merge adapters into one, exactly, whatever their ranks, scales and modules.

No base model is read: the widths of modules are those of the adapters. Every adapter is vetted
first. --out becomes a PEFT folder with card, NOTICE, record and coefficients (for arrow a folder of
routed adapters). docs/methods.md says what each method does and costs, docs/commands.md how much
memory a large merge takes.
"""

import argparse
import ast
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recycling.commands import given
from recycling.ground import registry
from recycling.ground.errors import InputError
from recycling.merging import METHODS, free_of_data

TYPES = {"int": int, "float": float, "int | None": int}


def declare(parser: argparse.ArgumentParser) -> None:
    """Give the parser what this command takes: its own options, and those of all methods."""
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER", help=given.HELP)
    parser.add_argument("--method", required=True, choices=free_of_data(), help="how to merge")
    parser.add_argument("--out", required=True, type=Path, help="the folder to write; a new one")
    parser.add_argument(
        "--weights",
        nargs="+",
        type=float,
        metavar="WEIGHT",
        help="what each update is multiplied by before the merge; 1 without it",
    )
    parser.add_argument("--rank", type=int, help="the best approximation of at most this rank")
    parser.add_argument("--base", help="name of the base, where the adapters name several or none")
    parser.add_argument("--seed", type=int, default=1, help="of methods that draw; 1 without it")
    methods = parser.add_argument_group("options of methods")
    for name, (annotation, owners) in _options().items():
        about = f"of {', '.join(owners)}"
        if annotation.startswith("Literal"):
            choices = ast.literal_eval(annotation.removeprefix("Literal"))
            methods.add_argument(f"--{_dashed(name)}", dest=name, choices=choices, help=about)
        else:
            kind = TYPES[annotation]
            methods.add_argument(f"--{_dashed(name)}", dest=name, type=kind, help=about)


def run(
    adapters: Sequence[str],
    method: str,
    out: Path,
    weights: Sequence[float] | None,
    rank: int | None,
    base: str | None,
    seed: int,
    **options: Any,
) -> int:
    """Write the merge and print what it is. Raises InputError for what cannot be merged."""
    chosen = {name: value for name, value in options.items() if value is not None}
    _check(method, chosen)
    if os.path.lexists(out):
        raise InputError("merge", "--out", str(out), "a folder that is not there", "name a new one")
    if weights is not None and len(weights) != len(adapters):
        expected = f"{len(adapters)} numbers, one for each adapter"
        raise InputError("merge", "--weights", list(weights), expected, "correct the list")
    if rank is not None and METHODS[method].routed:
        expected = f"no rank: {method} keeps its adapters apart"
        raise InputError("merge", "--rank", rank, expected, "leave it out")
    sources = given.adapters(adapters)
    # torch is imported when all that needs none has been checked.
    from recycling.commands import merging

    out.parent.mkdir(parents=True, exist_ok=True)
    # On the same file system as the result, which is renamed when it is whole.
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
        factors = weights or [1.0] * len(sources)
        read = merging.read(sources, factors, base, Path(scratch))
        merged = merging.merged(read, method, chosen, rank, seed)
        folder = Path(scratch, "result", out.name)
        settings = ", ".join(f"{name} {value}" for name, value in chosen.items())
        merging.write(merged, folder, method, settings, read)
        folder.rename(out)
    print(f"{out}: {len(sources)} adapters by {method}, rank {merged.rank}", end="")
    print(f", relative error {merged.export_error:.2g}" if merged.export_error else ", exact")
    return 0


def _options() -> dict[str, tuple[str, list[str]]]:
    """Option -> its annotation, and the methods that have it."""
    found: dict[str, tuple[str, list[str]]] = {}
    for method in free_of_data():
        for name, (annotation, _) in registry.options(METHODS[method].entry).items():
            found.setdefault(name, (annotation, []))[1].append(method)
    return found


def _check(method: str, chosen: Mapping[str, Any]) -> None:
    known = registry.options(METHODS[method].entry)
    for name, value in chosen.items():
        if name not in known:
            options = ", ".join(f"--{_dashed(option)}" for option in known) or "none"
            expected = f"an option of {method}: {options}"
            raise InputError("merge", f"--{_dashed(name)}", value, expected, "leave it out")


def _dashed(name: str) -> str:
    return name.replace("_", "-")
