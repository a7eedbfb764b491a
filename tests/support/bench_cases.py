"""Made-up rows of the tables that `make bench` writes."""

from benchmarks import goals
from benchmarks.case import OURS

GROWN = [
    {"work": "w", "along": "rows", "size": size, "seconds": 0.1 * size, "exponent": 1.0}
    for size in (1, 2, 4)
]
SPENT = [{"rule": "r", "jobs": 1, "with_base": 1, "cpu_seconds": 2.0, "start_up": 1.0}]


def times(**seconds):
    """Rows of `bench_times` of the work of the goals."""
    rows = []
    for goal in goals.GOALS:
        for name in (OURS, goal.rival):
            row = {"work": goal.work, "rival": name, "seconds": 1.0, "spread": 0.1, "turns": 3}
            row |= {"cpu_seconds": 5.0, "ratio": 1.0, "difference": 0.0, "within": 0.1}
            rows.append(row | {"peak_mb": 3.0} | seconds)
    return rows
