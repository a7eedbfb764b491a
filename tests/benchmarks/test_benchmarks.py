"""The benchmarks on tiny models: ours and every rival have equal results; tables and figures."""

import math
from pathlib import Path

import pandas as pd
import pytest
import torch
from bench_cases import GROWN, SPENT, times

from benchmarks import figures, goals, likelihood, memory, program, study, timing
from benchmarks.case import OURS, Case, Growth, Rival
from benchmarks.inputs import QUICK, Inputs
from benchmarks.study import Start
from recycling.ground import tables
from recycling.ground.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def inputs(toy_folder, tmp_path_factory):
    return Inputs(toy_folder, tmp_path_factory.mktemp("bench"), QUICK)


@pytest.mark.parametrize("subject", program.SUBJECTS, ids=lambda subject: subject.__module__)
def test_rivals_have_our_results(inputs, subject, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.chdir(ROOT)
    for case in subject(inputs):
        found = timing.compared(case, threads=1, turns=1)
        same = [name for name, rival in case.rivals.items() if rival.same and name != OURS]
        assert all(found[name].difference <= case.within for name in same)
        assert {len(one.wall) for one in found.values()} == {1}


@pytest.mark.parametrize("subject", program.GROWING, ids=lambda subject: subject.__module__)
def test_growth_is_measured(inputs, subject):
    for growth in subject(inputs):
        rows = list(program.fitted(growth, inputs))
        assert [row["size"] for row in rows] == [growth.at(size) for size in growth.sizes]


def test_a_rival_that_lost_its_adapter_is_found(inputs, monkeypatch):
    """PEFT loads an adapter of unknown keys with `b` = 0 and says so in a return value alone."""
    worn = likelihood._ours(inputs, 0, 0)()
    with monkeypatch.context() as patched:
        patched.setattr(likelihood, "_adapter", lambda *_: None)
        bare = likelihood._ours(inputs, 0, 0)()
    assert likelihood.difference(worn, worn) == 0
    assert likelihood.difference(worn, bare) > inputs.rounding


def constant(value):
    return Rival(lambda: lambda: value)


def test_nothing_is_timed_where_results_differ():
    case = Case("sum", {OURS: constant(1.0), "wrong": constant(1.5)}, lambda a, b: b - a, 0.1)
    expected = r"benchmark 'sum': difference of 'wrong' from ours: found 0.5, expected at most 0.1"
    with pytest.raises(InputError, match=expected):
        timing.compared(case, threads=1, turns=1)


def test_a_difference_that_is_no_number_is_one():
    case = Case("sum", {OURS: constant(1.0), "wrong": constant(2)}, lambda a, b: math.nan, 0.1)
    with pytest.raises(InputError, match="found nan"):
        timing.compared(case, threads=1, turns=1)


def test_turns_and_threads():
    seen = []

    def rival(name):
        return Rival(lambda: lambda: seen.append((name, torch.get_num_threads())), same=False)

    case = Case("work", {OURS: rival("a"), "other": rival("b")}, lambda a, b: 0.0, 0.0)
    found = timing.compared(case, threads=2, turns=2)
    assert seen == [("a", 2), ("b", 2)] * 3  # the first turn warms up
    assert {name: len(one.wall) for name, one in found.items()} == {OURS: 2, "other": 2}
    assert torch.get_num_threads() == 1


def test_what_takes_long_is_run_once(monkeypatch):
    monkeypatch.setattr(timing, "LONG", 0.0)
    case = Case("work", {OURS: constant(1)}, lambda a, b: 0.0, 0.0)
    assert len(timing.compared(case, threads=1, turns=3)[OURS].wall) == 1


def test_the_exponent_is_that_of_the_power(monkeypatch, inputs):
    monkeypatch.setattr(timing, "grown", lambda *_: [(size, 3 * size**1.5) for size in (1, 2, 8)])
    rows = list(program.fitted(Growth("work", "size", (1, 2, 8), lambda _: lambda: None), inputs))
    assert [row["exponent"] for row in rows] == pytest.approx([1.5] * 3)


def test_peak_memory_is_that_of_a_process(toy_folder, tmp_path, monkeypatch):
    """A step of two rows of a model of 2 layers holds a few MB, the imports aside."""
    (tmp_path / "base").mkdir()
    (tmp_path / "base/model").symlink_to(toy_folder)
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.chdir(ROOT)
    case = Case("coefficient step, k = 2", {}, lambda a, b: 0.0, 0.0)
    same = ["--study", str(tmp_path), "--quick", "--threads", "1"]
    assert 0 < memory.over_the_model(same, case, OURS) < 200


def benchmark_file(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(["max_rss\tcpu_time\n", *(f"{rss}\t{cpu}\n" for rss, cpu in rows)]))


def test_starting_up_is_told_apart_by_what_a_job_held(tmp_path):
    benchmark_file(tmp_path / "predict" / "task" / "0.tsv", (1000.0, 30.0))
    benchmark_file(tmp_path / "predict" / "task" / "1.tsv", (910.0, 5.0))
    benchmark_file(tmp_path / "merge.tsv", (400.0, 2.5), (400.0, 1.0), (30.0, 0.5))
    starts = [Start(2.0, 300.0), Start(6.0, 1000.0)]
    rows = {row["rule"]: row for row in study.by_rule(tmp_path, starts)}
    assert list(rows) == ["predict", "merge"]
    assert rows["predict"] == {
        "rule": "predict",
        "jobs": 2,
        "with_base": 2,
        "cpu_seconds": 35.0,
        "start_up": 11.0,  # a job takes no longer to start than it took
    }
    assert rows["merge"] | {"start_up": 3.0, "with_base": 0, "cpu_seconds": 4.0} == rows["merge"]


def test_a_start_that_fails_is_no_start():
    with pytest.raises(study.subprocess.CalledProcessError):
        study._started("raise SystemExit(3)")


def test_goals_are_compared_with_what_came_out():
    spent = [{"start_up": 1.0, "cpu_seconds": 20.0}]
    rows = list(goals.reached(times(), spent))
    assert len(rows) == len(goals.GOALS) + 1
    assert [row["met"] for row in rows if row["kind"] == "at least"] == [False] * 9
    assert {row["measured"] for row in rows if row["quantity"] == "seconds"} == {1.0}
    by_work = {row["work"]: row for row in rows if not row["against"]}
    assert [(row["measured"], row["met"]) for row in by_work.values()] == [
        (5.0, True),
        (5.0, False),
        (0.05, True),
    ]
    assert not list(goals.reached([], []))


def test_tables_and_figures(tmp_path):
    program.write(tmp_path, 2, times(), GROWN, SPENT)
    for name in ("times", "growth", "study", "goals"):
        assert len(tables.read_table(tmp_path / f"{name}.tsv", f"bench_{name}"))
    made = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert made == ["growth.png", "growth.svg", "rivals.png", "rivals.svg"]
    assert tables.read_json(tmp_path / "provenance.json")["config"] == {"threads": 2}


def test_the_figure_shows_every_rival():
    rows = pd.DataFrame(times(ratio=3.0))
    axes = figures.rivals(rows, "machine").axes[0]
    assert len(axes.get_yticklabels()) == (rows["rival"] != OURS).sum()
