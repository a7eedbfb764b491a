"""The driver: takes the cases of each subject, times them, writes tables and figures."""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from benchmarks import (
    closeness,
    coefficients,
    figures,
    fresh_lora,
    full_space,
    goals,
    likelihood,
    memory,
    resampling,
    static_merges,
    study,
    timing,
)
from benchmarks.case import OURS, Case, Growth
from benchmarks.inputs import FULL, QUICK, Inputs
from recycling.ground import provenance, tables

SUBJECTS: tuple[Callable[[Inputs], Iterator[Case]], ...] = (
    likelihood.cases,
    coefficients.cases,
    fresh_lora.cases,
    full_space.cases,
    static_merges.cases,
    closeness.cases,
    resampling.cases,
)
GROWING: tuple[Callable[[Inputs], Iterator[Growth]], ...] = (
    likelihood.growths,
    coefficients.growths,
    static_merges.growths,
    closeness.growths,
)
Row = dict[str, Any]


def main(arguments: list[str]) -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--study", type=Path, required=True, help="a study with its base")
    parser.add_argument("--out", type=Path, help="where tables and figures go")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="tiny work, each run once")
    parser.add_argument("--only", default="", help="only work whose name contains this")
    parser.add_argument("--peak", nargs=2, help="print the peak memory in MB of a case and a rival")
    given = parser.parse_args(arguments)
    sizes = QUICK if given.quick else FULL
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Inputs(given.study / "base/model", Path(scratch), sizes)
        if given.peak:
            torch.set_num_threads(given.threads)
            [case] = [case for case in _cases(inputs) if case.work == given.peak[0]]
            print(memory.measure(inputs, case, given.peak[1]))
            return
        same = ["--study", str(given.study), "--threads", str(given.threads)]
        same += ["--quick"] * given.quick
        times = [row for case in _cases(inputs, given.only) for row in measured(case, inputs, same)]
        grown = [row for grows in _growths(inputs, given.only) for row in fitted(grows, inputs)]
    spent: list[Row] = []
    if not (given.study / "provenance.json").is_file():
        print(f"{given.study} is not finished: its seconds by rule are not tabulated")
    elif not given.only:
        spent = list(study.by_rule(given.study / "benchmarks", study.start_up(given.study)))
    if given.out:
        write(given.out, given.threads, times, grown, spent)


def measured(case: Case, inputs: Inputs, same: list[str]) -> Iterator[Row]:
    """Rows of the table `bench_times`, one for each rival; `same` are arguments of this program."""
    started = time.perf_counter()
    threads = int(same[same.index("--threads") + 1])
    taken = timing.compared(case, threads, inputs.sizes.turns)
    ours = taken[OURS].seconds.median
    for name, one in taken.items():
        wanted = case.memory and case.rivals[name].same
        peak = memory.over_the_model(same, case, name) if wanted else None
        yield {
            "work": case.work,
            "rival": name,
            "seconds": one.seconds.median,
            "spread": one.seconds.iqr,
            "cpu_seconds": one.cpu_seconds,
            "turns": len(one.wall),
            "ratio": one.seconds.median / ours,
            "difference": one.difference,
            "within": case.within if one.difference is not None else None,
            "peak_mb": peak,
        }
        _say(f"{case.work}: {name}: {one.seconds.median:.3g} s", started)


def fitted(growth: Growth, inputs: Inputs) -> Iterator[Row]:
    """Rows of the table `bench_growth`, with the exponent of the fitted power."""
    started = time.perf_counter()
    found = timing.grown(growth, torch.get_num_threads(), inputs.sizes.turns)
    sizes, seconds = np.log(np.array(found)).T
    exponent = float(np.polyfit(sizes, seconds, 1)[0])
    _say(f"{growth.work} by {growth.along}: exponent {exponent:.2f}", started)
    for size, taken in found:
        yield {
            "work": growth.work,
            "along": growth.along,
            "size": size,
            "seconds": taken,
            "exponent": exponent,
        }


def write(folder: Path, threads: int, times: list[Row], grown: list[Row], spent: list[Row]) -> None:
    """Write all tables, both figures, and on which machine they were made."""
    reached = list(goals.reached(times, spent))
    named = {"times": times, "growth": grown, "study": spent, "goals": reached}
    for name, rows in named.items():
        tables.write_table(rows, folder / f"{name}.tsv", f"bench_{name}")
    record = provenance.run_record({"threads": threads})
    tables.write_json(record, folder / "provenance.json")
    machine = f"{record['processor']}, threads: {threads}, torch {torch.__version__}."
    figures.save(pd.DataFrame(times), pd.DataFrame(grown), machine, folder / "figures")


def _cases(inputs: Inputs, only: str = "") -> Iterator[Case]:
    return (case for subject in SUBJECTS for case in subject(inputs) if only in case.work)


def _growths(inputs: Inputs, only: str = "") -> Iterator[Growth]:
    return (growth for grows in GROWING for growth in grows(inputs) if only in growth.work)


def _say(text: str, started: float) -> None:
    print(f"{text} [{time.perf_counter() - started:.0f} s]", file=sys.stderr, flush=True)
