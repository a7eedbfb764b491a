"""Seconds of the rivals of a case, taken in turn, after their results were found equal.

`torch.utils.benchmark.Timer` runs everything three times at least, which a rival of a minute cannot
afford. So the turns are taken here, and its `Measurement` sums them up.
"""

import gc
import resource
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.utils.benchmark import Measurement
from torch.utils.benchmark.utils.common import TaskSpec

from benchmarks.case import OURS, Case, Growth, Run
from recycling.ground.errors import InputError

# A rival that takes longer is run once: what a warm-up saves is small beside it.
LONG = 3.0


@dataclass
class Taken:
    """Wall and processor seconds of one rival by turn, and how far its result was from ours."""

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    difference: float | None = None

    @property
    def seconds(self) -> Measurement:
        """Wall seconds, with their median and spread."""
        return Measurement(1, self.wall, TaskSpec("run()", ""))

    @property
    def cpu_seconds(self) -> float:
        """The median of the user and system seconds of the process and its children."""
        return statistics.median(self.processor)

    def add(self, run: Run) -> Any:
        """Run once; gives the result."""
        gc.collect()
        before, started = _processor(), time.perf_counter()
        result = run()
        self.wall.append(time.perf_counter() - started)
        self.processor.append(_processor() - before)
        return result


def compared(case: Case, threads: int, turns: int) -> dict[str, Taken]:
    """What each rival took. Raises InputError where a result is not ours within the rounding."""
    prepared = {name: rival.prepare() for name, rival in case.rivals.items()}
    taken = {name: Taken() for name in prepared}
    with _threads(threads):
        results = {name: taken[name].add(run) for name, run in prepared.items()}
        for name, result in results.items():
            if name != OURS and case.rivals[name].same:
                taken[name].difference = _checked(case, name, results[OURS], result)
        del results
        short = [name for name, one in taken.items() if one.wall[0] < LONG]
        for name in short:
            if turns > 1:
                taken[name] = Taken(difference=taken[name].difference)
        for _ in range(turns if turns > 1 else 0):
            for name in short:
                taken[name].add(prepared[name])
    return taken


def grown(growth: Growth, threads: int, turns: int) -> list[tuple[int, float]]:
    """Size and least seconds, after one run to warm up."""
    found = []
    with _threads(threads):
        for size in growth.sizes:
            run, taken = growth.prepare(size), Taken()
            run()
            for _ in range(turns):
                taken.add(run)
            found.append((growth.at(size), min(taken.wall)))
    return found


def _checked(case: Case, name: str, ours: Any, theirs: Any) -> float:
    found = case.differ(ours, theirs)
    if not found <= case.within:
        raise InputError(
            f"benchmark {case.work!r}",
            f"difference of {name!r} from ours",
            found,
            f"at most {case.within}",
            "find out which of the two is wrong; nothing was timed",
        )
    return found


def _processor() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
