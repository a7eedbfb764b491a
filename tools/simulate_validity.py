"""Simulate what the intervals of every study are worth, on studies with a known truth.

make validity

It writes three tables and a figure to results/reference/validity/, which docs/statistics.md
explains. A cell is 4,000 made-up studies for each of three true differences.
"""

import zlib
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from recycling.ground import tables
from recycling.output import style
from recycling.statistics import inference, simulation
from recycling.statistics.inference import SHARE_DIFFERENCE
from recycling.statistics.simulation import DIFFERING, DRAWS, LEAST_COVERAGE, SPREADS, Design

FOLDER = Path(__file__).resolve().parents[1] / "results/reference/validity"
TASKS, RUNS = (1, 3, 8, 62), (2, 3, 5, 10)
ANSWERS, FEW_ANSWERS = 48, 12
MARGIN = 0.05
LARGE = 0.1
BETWEEN = 0.1
# Rows of past_tense, which_language and city_continent.
LISTS = {"220": [220], "345": [345], "462": [462], "220, 345, 462": [220, 345, 462]}
PERSISTENT = (0.0, 0.5, 0.9)
DRAWS_OF_LISTS = 500
# Rows of a task and into how many folds they are dealt.
DEALT = ((50, 5), (100, 3), (100, 5), (100, 10), (300, 5))
REPLICATES = (1, 2, 5, 10)
BY_ROWS = (0.0, simulation.BY_ROWS, 0.5)


def design(tasks: int, runs: int, spread: float, uneven: bool, differing: float) -> Design:
    """Tasks that are alike; or uneven: one has few answers and four times the spread of others."""
    answers, spreads = np.full(tasks, ANSWERS), np.full(tasks, spread)
    if uneven:
        answers[0] = FEW_ANSWERS
        spreads[1:] /= 4
    return Design(runs, answers, spreads, np.full(tasks, differing), np.zeros(tasks))


def sizes() -> dict[tuple[str, int, int], bool]:
    """Inference, tasks and runs -> whether the verdict decides anything in a study of that size."""
    fixed = [("fixed", tasks, runs) for tasks, runs in product(TASKS, RUNS)]
    random = [("random", tasks, runs) for tasks, runs in product(TASKS[2:], (1, *RUNS[:-1]))]
    return {
        (kind, tasks, runs): simulation.least_coverage(runs, (ANSWERS,) * tasks, kind)
        >= LEAST_COVERAGE
        for kind, tasks, runs in (*fixed, *random)
    }


def cells() -> list[dict[str, object]]:
    """Settings of every row of the table `validity`, without what is found in it."""
    return [
        {
            "inference": kind,
            "tasks": tasks,
            "runs": runs,
            "answers": ANSWERS,
            "spread": spread,
            "uneven": uneven,
            "differing": differing,
            "effects": effects,
            "decides": decides,
        }
        for (kind, tasks, runs), decides in sizes().items()
        for spread in SPREADS
        for uneven in ((False, True) if tasks > 1 and kind == "fixed" else (False,))
        for differing in DIFFERING
        for effects in (("normal", "skewed") if spread else ("normal",))
    ]


def simulated(cell: dict[str, object], *salt: object) -> dict[str, object]:
    """A row of the table `validity`; coverage is the lowest of the three true differences."""
    of = design(*(cell[key] for key in ("tasks", "runs", "spread", "uneven", "differing")))
    random = cell["inference"] == "random"
    shaped = simulation.replace(
        of, skewed=cell["effects"] == "skewed", between=BETWEEN if random else 0.0
    )
    generator = _generator(*cell.values(), *salt)
    none, margin, large = (
        simulation.rates(shaped, truth, str(cell["inference"]), MARGIN, generator)
        for truth in (0.0, MARGIN, LARGE)
    )
    return {
        **cell,
        "coverage": min(none.covered, margin.covered, large.covered),
        "better": none.found,
        "equal": margin.equal,
        "power": large.found,
        "shown_equal": none.equal,
    }


def lists() -> list[dict[str, object]]:
    """Rows of the table `validity_lists`: `runs_alone` is the coverage without shared rows."""
    rows = []
    for (name, lengths), runs, spread, persistent in product(
        LISTS.items(), RUNS, SPREADS[:2], PERSISTENT
    ):
        of = design(len(lengths), runs, spread, False, DIFFERING[0])
        drawn = simulation.from_lists(
            lengths,
            of,
            persistent,
            MARGIN,
            _generator(name, runs, spread, persistent),
            DRAWS_OF_LISTS,
        )
        blind = simulation.replace(drawn, shared=np.zeros_like(drawn.shared))
        both = [
            simulation.summed_up(
                inference.intervals(moments, "fixed", SHARE_DIFFERENCE), MARGIN, MARGIN
            ).covered
            for moments in (drawn, blind)
        ]
        rows.append(
            {
                "rows": name,
                "tasks": len(lengths),
                "runs": runs,
                "answers": ANSWERS,
                "spread": spread,
                "persistent": persistent,
                "coverage": both[0],
                "runs_alone": both[1],
            }
        )
    return rows


def folds() -> list[dict[str, object]]:
    """Rows of the table `validity_folds`: rates are the worst over all variances and effects."""
    found = []
    for tasks, (rows, count), replicates, by_rows in product(TASKS[:2], DEALT, REPLICATES, BY_ROWS):
        answers = (-(-rows // count),) * tasks
        runs = replicates * count
        generator = _generator(tasks, rows, count, replicates, by_rows)
        rates = [
            [
                simulation.rates(
                    simulation.replace(
                        design(tasks, runs, spread, False, differing),
                        answers=np.array(answers),
                        skewed=skewed,
                        folds=count,
                        by_rows=by_rows,
                    ),
                    truth,
                    "fixed",
                    MARGIN,
                    generator,
                )
                for truth in (0.0, MARGIN, LARGE)
            ]
            for spread, differing, skewed in product(SPREADS, DIFFERING, (False, True))
            if spread or not skewed
        ]
        least = simulation.least_coverage(runs, answers, "fixed", count)
        found.append(
            {
                "tasks": tasks,
                "rows": rows,
                "folds": count,
                "replicates": replicates,
                "by_rows": by_rows,
                "coverage": min(rate.covered for cell in rates for rate in cell),
                "better": max(none.found for none, _, _ in rates),
                "equal": max(margin.equal for _, margin, _ in rates),
                "decides": least >= LEAST_COVERAGE,
            }
        )
    return found


def figure(table: pd.DataFrame, listed: pd.DataFrame) -> Figure:
    """Coverage by runs, a panel for each number of tasks, and that of finite lists."""
    drawn = style.page(
        4.6,
        "How often an interval of 95% holds the truth",
        f"Points: {DRAWS} made-up studies each, {ANSWERS} answers a run, the lowest of three true "
        f"differences. Green: at least {LEAST_COVERAGE:.0%}, which is asked for where the verdict "
        "decides. Many runs that share the rows of one list (right): grey without their "
        "covariance. What would refute the method: a point of a fixed or random design below the "
        "green.",
    )
    panels = drawn.subplots(1, len(TASKS) + 1, sharey=True)
    for axes, tasks in zip(panels, TASKS, strict=False):
        here = table[table["tasks"] == tasks]
        for place, (kind, part) in enumerate(here.groupby(["inference", "effects"])):
            shift = 0.16 * place - 0.24
            axes.plot(
                [RUNS.index(runs) + shift if runs in RUNS else -1 + shift for runs in part["runs"]],
                part["coverage"],
                linestyle="",
                marker="o" if kind[0] == "fixed" else "D",
                markersize=3.5,
                color=style.BLUE if kind[1] == "normal" else style.ORANGE,
                alpha=0.6,
            )
        axes.set_title(f"{tasks} task{'s' * (tasks > 1)}")
    for place, (column, tint) in enumerate((("runs_alone", style.GREY), ("coverage", style.BLUE))):
        panels[-1].plot(
            [RUNS.index(runs) + 0.2 * place - 0.1 for runs in listed["runs"]],
            listed[column],
            linestyle="",
            marker="o",
            markersize=3.5,
            color=tint,
            alpha=0.6,
        )
    panels[-1].set_title("finite lists")
    for axes in panels:
        axes.axhspan(LEAST_COVERAGE, 1.005, color=style.GREEN, alpha=0.12, linewidth=0)
        axes.set_xticks(range(-1, len(RUNS)), ["1", *map(str, RUNS)])
        axes.set_xlabel("runs a task")
    panels[0].set_ylabel("coverage")
    keys = [
        style.key(marker="o", linestyle="", color=style.BLUE, label="normal effects of training"),
        style.key(marker="o", linestyle="", color=style.ORANGE, label="skewed ones"),
        style.key(marker="D", linestyle="", color=style.GREY, label="random tasks"),
    ]
    drawn.legend(handles=keys, loc="outside upper right", ncols=3)
    return drawn


def _generator(*names: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, names)).encode()))


def main() -> None:
    """Write the tables and the figure."""
    table = pd.DataFrame([simulated(cell) for cell in cells()])
    table = table[list(tables.columns("validity"))]
    listed = pd.DataFrame(lists())
    tables.write_table(table, FOLDER / "tables/validity.tsv", "validity")
    tables.write_table(listed, FOLDER / "tables/validity_lists.tsv", "validity_lists")
    of_folds = pd.DataFrame(folds())
    tables.write_table(of_folds, FOLDER / "tables/validity_folds.tsv", "validity_folds")
    drawing = FOLDER / "figures/validity"
    style.save(
        figure,
        {"table": table, "listed": listed},
        str(drawing.with_suffix(".svg")),
        str(drawing.with_suffix(".png")),
    )


if __name__ == "__main__":
    main()
