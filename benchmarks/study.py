"""The core seconds of a finished study by rule, those of starting up apart.

Starting up is what a job does before its own work: import torch, or torch and transformers, and
open the base. Fresh processes say what each takes, in seconds and in memory. A job opened the base
where it held as much memory as a process that does nothing else; so this needs no list of rules.
"""

import csv
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# What a script of the workflow does first, and what it then does to open the base.
TORCH = "import pandas, torch, recycling.merging.problem"
OPEN = "from recycling.model.opening import open_base; base = open_base({model!r}, {runtime!r})"
# Opening holds more for a moment than afterwards; what stays is what a job is told by. Linux only.
HELD = "print(*(line for line in open('/proc/self/status') if line.startswith('VmRSS')))"
RUNS = 3
# Memory is sampled, so a job may show a little less than it held.
SAMPLED = 0.9


@dataclass(frozen=True)
class Start:
    """What a fresh process needs before its work: core seconds, and memory in MB."""

    seconds: float
    memory: float


def start_up(study: Path) -> list[Start]:
    """The start of a job without a base and of one with it, from three fresh processes each."""
    model = {"model": str(study / "base/model"), "runtime": str(study / "base/runtime.json")}
    return [_started(TORCH), _started(OPEN.format(**model))]


def by_rule(benchmarks: Path, starts: list[Start]) -> Iterator[dict[str, str | int | float]]:
    """Rows of the table `bench_study`, the rules that took longest first.

    `benchmarks` is the folder of Snakemake's benchmark files.
    """
    rules: dict[str, list[tuple[float, float, bool]]] = {}
    for file in sorted(benchmarks.rglob("*.tsv")):
        rule = file.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        with file.open() as lines:
            for row in csv.DictReader(lines, delimiter="\t"):
                spent, held = float(row["cpu_time"]), float(row["max_rss"])
                reached = [start for start in starts if held >= SAMPLED * start.memory]
                begun = min(spent, max((start.seconds for start in reached), default=0.0))
                rules.setdefault(rule, []).append((spent, begun, starts[-1] in reached))
    for rule, jobs in sorted(rules.items(), key=lambda item: -sum(job[0] for job in item[1])):
        yield {
            "rule": rule,
            "jobs": len(jobs),
            "with_base": sum(job[2] for job in jobs),
            "cpu_seconds": sum(job[0] for job in jobs),
            "start_up": sum(job[1] for job in jobs),
        }


def _started(code: str) -> Start:
    """The median of some processes, after one that fills the cache of files."""
    seconds, memory = [], []
    for _ in range(RUNS + 1):
        command = [sys.executable, "-c", f"{code}\n{HELD}"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
        seconds.append(user + system)
        memory.append(int(done.stdout.split()[-2]) / 1024)
    return Start(statistics.median(seconds[1:]), statistics.median(memory[1:]))
