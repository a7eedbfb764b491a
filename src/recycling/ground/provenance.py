"""What made a result: the digest of its code and the record of its run.

Snakemake compares a script's own text, not the modules it imports. Every rule therefore carries
`params: code=source_digest(...)`, so that an edit anywhere below reruns exactly what it reaches.
"""

import ast
import csv
import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from recycling.ground.errors import InputError
from recycling.ground.registry import source

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = ROOT / "workflow" / "scripts"
PACKAGES = ("torch", "transformers", "safetensors", "numpy", "pandas", "scipy", "snakemake")


@cache
def source_digest(script: str, *modules: str) -> str:
    """Hash of `workflow/scripts/<script>.py`, of `modules` and of every library module they reach.

    Imports inside functions and under TYPE_CHECKING count too. Comments and formatting do not:
    the syntax tree is hashed, without docstrings.
    """
    digest = hashlib.sha256()
    reached: set[Path] = set()
    waiting = [SCRIPTS / f"{script}.py", *map(source, modules)]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting.extend(_imports(path))
    for path in sorted(reached):
        digest.update(f"{path.relative_to(ROOT)}\n{_skeleton(path)}\n".encode())
    return digest.hexdigest()[:16]


@cache
def _tree(path: Path) -> ast.Module:
    """The syntax tree of a module, without docstrings."""
    tree = ast.parse(path.read_text())
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in _statements(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
    return tree


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """The node and what is below it down to expressions, in which no import and docstring is."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from _statements(child)


@cache
def _skeleton(path: Path) -> str:
    return ast.dump(_tree(path))


@cache
def _imports(path: Path) -> list[Path]:
    found: set[str] = set()
    for node in _statements(_tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            taken = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = {name for name in taken if _is_ours(name) and source(name).is_file()}
            # A package of which modules alone are taken adds nothing: it holds tables of rows, and
            # a new row must rerun no job that does not use it.
            found |= modules if modules == taken else {*modules, node.module}
    return sorted(source(name) for name in found if _is_ours(name) and source(name).is_file())


def _is_ours(name: str) -> bool:
    return name.split(".")[0] == "recycling"


def check_sha256(file: Path, expected: str) -> None:
    """Raise InputError and remove `file` unless its SHA-256 is `expected`."""
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        file.unlink()
        raise InputError(
            file.name,
            "sha256",
            found,
            expected,
            "the file was removed; run again, and do not trust the source if it repeats",
        )


def run_record(config: dict[str, Any]) -> dict[str, Any]:
    """Commit, package versions, processor and settings of this run.

    Where the commit is not known, `commit_unknown` says why.
    """
    return {
        **_checkout(),
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "system": platform.platform(),
        "processor": _processor(),
        "config": config,
    }


def seconds_by_rule(benchmarks: Path) -> dict[str, dict[str, float]]:
    """Rule -> jobs, total seconds and largest resident memory in MB, from benchmark files."""
    spent: dict[str, dict[str, float]] = {}
    for file in sorted(benchmarks.rglob("*.tsv")):
        rule = file.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        total = spent.setdefault(rule, {"jobs": 0, "seconds": 0.0, "max_rss_mb": 0.0})
        with file.open() as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                total["jobs"] += 1
                total["seconds"] = round(total["seconds"] + float(row["s"]), 1)
                if row["max_rss"] not in ("-", "NA"):
                    total["max_rss_mb"] = max(total["max_rss_mb"], float(row["max_rss"]))
    return spent


def _checkout() -> dict[str, Any]:
    """The commit that this code is of, or why none is known.

    A copy without `.git` may lie inside the repository of another project, whose commit says
    nothing of this one.
    """
    unknown: dict[str, Any] = {"commit": None, "uncommitted_changes": None}
    try:
        top = Path(_git("rev-parse", "--show-toplevel"))
        if top != ROOT:
            return unknown | {"commit_unknown": f"{ROOT} lies inside another repository, {top}"}
        return {
            "commit": _git("rev-parse", "HEAD"),
            "uncommitted_changes": bool(_git("status", "--porcelain")),
            "commit_unknown": None,
        }
    except FileNotFoundError:
        return unknown | {"commit_unknown": "there is no program git on PATH"}
    except subprocess.CalledProcessError as error:
        return unknown | {"commit_unknown": f"git says: {error.stderr.strip()}"}


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(ROOT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
