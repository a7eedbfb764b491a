"""The jobs of a study that are still to be done, as Snakemake itself plans them."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recycling.ground.errors import InputError
from recycling.ground.provenance import ROOT

_HEAD = re.compile(r"^(?:local)?(?:rule|checkpoint) (\w+):$", re.MULTILINE)
_TOTAL = re.compile(r"^total +(\d+)$", re.MULTILINE)
_OPEN = "The run involves checkpoint jobs"
_NOTHING = "Nothing to be done"


@dataclass(frozen=True)
class Job:
    """A planned job; `timed` is the folder of its benchmark, empty for a job without one."""

    rule: str
    timed: str
    threads: int
    gpus: int


@dataclass(frozen=True)
class DryRun:
    """The planned jobs. Where they are `open`, some of them will add jobs nobody knows yet."""

    jobs: list[Job]
    open: bool


def planned(study_file: Path, study: str) -> DryRun:
    """What `snakemake -n` plans for the study of a file, in the working directory.

    Raises InputError where Snakemake refuses the study, or is not understood.
    """
    command = [sys.executable, "-m", "snakemake", "--dryrun", "--nocolor"]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--configfile", str(study_file)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        said = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        expected = "a plan"
        remedy = f"run snakemake -n --configfile {study_file} to see all that it says"
        raise InputError(str(study_file), "snakemake -n", " ".join(said[-3:]), expected, remedy)
    return read(done.stdout, study)


def read(printed: str, study: str) -> DryRun:
    """The plan that Snakemake has printed; raises InputError where it does not add up."""
    jobs = list(_jobs(printed, f"results/{study}/benchmarks/"))
    total = _TOTAL.search(printed)
    count = 0 if _NOTHING in printed else int(total[1]) if total else None
    if count != len(jobs):
        raise InputError(
            "plan",
            "jobs that snakemake -n shows",
            len(jobs),
            f"{count}, which it says they are",
            "report this with the version of Snakemake, and use snakemake -n",
        )
    return DryRun(jobs, _OPEN in printed)


def _jobs(printed: str, benchmarks: str) -> Iterator[Job]:
    """A job's lines are its head and what is indented below it."""
    for head in _HEAD.finditer(printed):
        said = {}
        for line in printed[head.end() + 1 :].splitlines():
            key, told, value = line.strip().partition(": ")
            if not (line.startswith("    ") and told):
                break
            said[key] = value
        benchmark = said.get("benchmark", "").removeprefix(benchmarks)
        gpus = re.search(r"\bgpu=(\d+)", said.get("resources", ""))
        yield Job(
            rule=head[1],
            timed=benchmark.partition("/")[0].removesuffix(".tsv"),
            threads=int(said.get("threads", 1)),
            gpus=int(gpus[1]) if gpus else 0,
        )
