"""Copies of the project with the toy study ready to run, and Snakemake on them."""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml
from toy.base import build

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "config.yaml", "CITATION.cff", "workflow", "src", "profiles", "envs")
PARTS += ("docs/glossary.md",)
# Results that hold no times, so that two runs of one study can be compared.
KINDS = (
    "tables/scores.tsv",
    "tables/summary.tsv",
    "tables/contrasts.tsv",
    "pool/*.tsv",
    "fresh/*/*/*/adapter_model.safetensors",
    "merged/*/*/*/adapter_model.safetensors",
    "predictions/*/*.parquet",
)
# Arms that take the toy study through every stage: the base, the fresh LoRA, a merge, coefficients
# learned over ranked adapters, and twins.
LEAN = ("base", "fresh", "average", "adaptive", "twins")
# Behind it stands all that a study is run for but its figures, its report and its record.
VERDICT = "results/toy/verdict.md"
# Single-threaded children: a test machine has few cores.
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def copy(folder: Path) -> Path:
    """The project's code, the toy study, its task file, an empty base: enough for a plan."""
    folder.mkdir(parents=True)
    (folder / "docs").mkdir()
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / part)
    shutil.copy(ROOT / "tests" / "toy" / "config.yaml", folder / "toy.yaml")
    months = ROOT / "tests" / "toy" / "months.jsonl"
    shutil.copy(months, folder / "months.jsonl")
    (folder / "base").mkdir()
    return folder


def runnable(folder: Path) -> Path:
    """The same with the toy study's base, enough for a run."""
    copy(folder)
    build(folder / "base")
    return folder


def lean(folder: Path, arms: Iterable[str] = LEAN) -> Path:
    """The same with few of the toy study's jobs; each does what it does in the whole study."""
    file = runnable(folder) / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study |= {"replicates": 1, "arms": {arm: study["arms"][arm] for arm in arms}}
    del study["experiments"]
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    return folder


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "snakemake", *arguments]


def snakemake(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Snakemake in `folder`, with more environment variables; both streams in `stdout`."""
    return subprocess.run(
        command(*arguments),
        cwd=folder,
        env=ENVIRONMENT | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def toy(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The toy study in `folder`."""
    return snakemake(folder, "--configfile", "toy.yaml", *arguments, **variables)


def undisturbed(folder: Path, *arguments: str) -> Path:
    """The toy study in `folder` run to its end."""
    done = toy(folder, *arguments)
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def judged(folder: Path, *arguments: str, also: Iterable[str] = ()) -> Path:
    """The toy study in `folder` run to its verdict, and to some other files."""
    return undisturbed(folder, *arguments, "--", VERDICT, *also)


def merged(folder: Path) -> dict[str, bytes]:
    """Bytes of every file of the toy study's merges by path."""
    files = (folder / "results/toy/merged").rglob("*")
    return {str(file.relative_to(folder)): file.read_bytes() for file in files if file.is_file()}


def made(folder: Path, rule: str, unit: str = "months/0") -> dict[str, str]:
    """Part -> whether a job of several parts made it or has taken it over, as its log says."""
    log = folder / f"results/toy/logs/{rule}/{unit}.log"
    files = [log] if log.exists() else log.with_suffix("").glob("*.log")
    said = [line.partition(": ") for file in files for line in file.read_text().splitlines()]
    ends = ("made", "taken over")
    found = {part: end.partition(",")[0] for part, _, end in said}
    return {part: end for part, end in found.items() if end in ends}


def once(folder: Path, make: Callable[[Path], object]) -> Path:
    """`folder` as `make` makes it; of several processes that ask, one does and the others wait."""
    done = folder.with_suffix(".done")
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            done.touch()
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """Bytes of the toy study's results by path; at least one of each kind."""
    found = {kind: sorted((folder / "results/toy").glob(kind)) for kind in KINDS}
    assert all(found.values()), [kind for kind, files in found.items() if not files]
    files = [file for kind in found.values() for file in kind]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}
