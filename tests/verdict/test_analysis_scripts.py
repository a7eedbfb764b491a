"""From prediction files to the verdict, through the scripts as the workflow calls them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import collect_training
import pandas as pd
import plot_figure
import pytest
import score_predictions
import summarise
import write_verdict
from synthetic_study import ARMS, PAID, REPLICATES, TASKS, curve, predictions

from recycling.ground import tables
from recycling.plan.study.merging import Statistics
from recycling.plan.wiring import built_in
from recycling.tasks.record import Counts, PreparedTask, write_task
from recycling.verdict import FIGURES

SOME = {arm: ARMS[arm] for arm in ("base", "fresh", "adaptive", "twins")}


def run(folder: Path) -> None:
    """Make every table, a figure and the verdict in `folder`."""
    files = []
    units = [(task, replicate) for task in TASKS[:2] for replicate in REPLICATES]
    for task, replicate in units:
        files.append(folder / f"{task}-{replicate}.parquet")
        answered = [predictions(arm, task, replicate, n=20).assign(arm=arm) for arm in SOME]
        pd.concat(answered).to_parquet(files[-1])
    made = {
        name: str(folder / f"{name}.tsv")
        for name in ("scores", "summary", "contrasts", "design", "cost", "training")
    }
    examples = str(folder / "examples.parquet")
    score_predictions.main(list(map(str, files)), units, made["scores"], examples)
    benchmark, record = folder / "benchmark.tsv", folder / "record.json"
    benchmark.write_text("s\th:m:s\n12.5\t0:00:12\n")
    record.write_text(json.dumps({"tokens": 1000}))
    jobs = [("train_fresh/fresh", "", *unit) for unit in units]
    summarise.main(
        examples=examples,
        seconds=[str(benchmark)] * len(jobs),
        records=[str(record)] * len(jobs),
        jobs=jobs,
        summary=made["summary"],
        contrasts=made["contrasts"],
        design=made["design"],
        cost=made["cost"],
        arms=SOME,
        paid={arm: PAID[arm] for arm in SOME},
        targets=TASKS[:2],
        statistics=Statistics(margin=0.02, resamples=500),
        seed=1,
    )
    files = [folder / f"{arm}-curve.tsv" for arm in SOME]
    for arm, file in zip(SOME, files, strict=True):
        rows = curve(arm, TASKS[0], "0") if arm in ("fresh", "adaptive") else []
        tables.write_table(rows, file, "curve")
    collect_training.main(
        [*map(str, files)], [(arm, TASKS[0], "0") for arm in SOME], made["training"]
    )
    plot_figure.main(
        FIGURES["accuracy"].entry,
        {"summary": made["summary"], "training": made["training"], "arms": built_in(SOME)},
        str(folder / "accuracy.svg"),
        str(folder / "accuracy.png"),
    )
    write_verdict.main(
        {name: made[name] for name in ("summary", "contrasts", "design", "cost", "training")},
        tasks=records(folder),
        asked={task: {"train": 8, "valid": 4, "test": 20} for task in TASKS[:2]},
        verdict=str(folder / "verdict.md"),
        results=str(folder / "results.md"),
        about={
            "study": "toy",
            "tasks_are": "fixed",
            "resampled": True,
            "primary_named": False,
        },
    )


def records(folder):
    """Of the first task all rows that were asked for, of the second fewer to test."""
    for task, test in zip(TASKS[:2], (20, 16), strict=True):
        counts = Counts(items=40, train=8, valid=4, test=test, dropped=0)
        write_task(PreparedTask(task, "Do.", None, counts, {}), folder / f"{task}.json")
    return [str(folder / f"{task}.json") for task in TASKS[:2]]


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    run(folder)
    return folder


def test_the_tables_are_what_their_schemas_say(study):
    scores = tables.read_table(study / "scores.tsv", "scores")
    assert len(scores) == 4 * 2 * 5
    assert set(scores["n"]) == {20}
    examples = pd.read_parquet(study / "examples.parquet")
    assert len(examples) == 4 * 2 * 5 * 20
    for name in ("summary", "contrasts", "design"):
        assert not tables.read_table(study / f"{name}.tsv", name).empty
    cost = tables.read_table(study / "cost.tsv", "cost").set_index("arm")
    assert cost.loc["fresh", ["seconds", "tokens"]].tolist() == [12.5, 1000]


def test_the_pages_are_written(study):
    text = (study / "verdict.md").read_text()
    assert text.startswith("# Verdict of the study toy\n")
    assert f"\n`{TASKS[1]}` has 16 rows to test in each run, not the 20 that are asked for" in text
    assert (study / "results.md").read_text().startswith("| arm | exact match |")
    assert not list(study.glob("*.tmp"))


def test_another_hash_seed_gives_the_same_bytes(study, tmp_path):
    paths = [str(Path(__file__).parent), *sys.path]
    code = "import sys, pathlib, test_analysis_scripts as t; t.run(pathlib.Path(sys.argv[1]))"
    subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(paths)},
    )
    for file in sorted(study.iterdir()):
        assert file.read_bytes() == (tmp_path / file.name).read_bytes(), file.name


def test_what_validation_kept_is_the_lowest_of_each_curve(study):
    trained = tables.read_table(study / "training.tsv", "training").set_index("arm")
    assert list(trained.index) == ["fresh", "adaptive"]
    for arm, row in trained.iterrows():
        losses = curve(arm, TASKS[0], "0").set_index("step")["valid_loss"]
        assert row["steps"] == 100
        assert row["kept_step"] == losses.idxmin()
        assert row["kept_loss"] == pytest.approx(losses.min(), rel=1e-5)
        assert row["start_loss"] == pytest.approx(losses[0], rel=1e-5)
