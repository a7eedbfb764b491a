"""Folds of a replicate in the plan: when a study has them, and what a fold can reach."""

import re
import subprocess

import pytest
import studies
import yaml
from plan_cases import STUDY, TOY, changed

from recycling.ground.errors import InputError
from recycling.plan.study.file import opened
from recycling.plan.work import selection, shown, tasks, verdict
from recycling.plan.work.units import replicate_seed, replicates, units

FOLDED = changed(split__folds=3)


def test_a_fold_stands_where_a_replicate_stands():
    assert replicates(FOLDED) == ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"]
    assert units(FOLDED)[1] == ("months", "0.1")
    assert {ranking.replicate for ranking in selection.rankings(FOLDED)} == {*replicates(FOLDED)}
    assert replicates(changed(split__folds=1)) == replicates(STUDY) == ["0", "1"]
    assert len({replicate_seed(FOLDED, *unit) for unit in units(FOLDED)}) == 6


def test_folds_are_told_to_the_preparation_and_to_the_verdict():
    assert tasks.task_split(FOLDED, "months")["folds"] == 3
    assert "folds" not in tasks.task_split(STUDY, "months")
    assert verdict.asked_rows(FOLDED) == {"months": tasks.task_split(FOLDED, "months")}
    assert verdict.about(FOLDED)["folds"] == 3
    assert {cell.replicate for cell in shown.heat_map_cells(FOLDED)} == {"0.0"}
    assert verdict.task_records(FOLDED)[1] == "<results>/tasks/months/0.1/task.json"
    assert verdict.task_records(STUDY) == [
        "<results>/tasks/months/0/task.json",
        "<results>/tasks/months/1/task.json",
    ]


def test_the_same_labelled_rows_are_those_of_the_same_fold():
    same = changed(protocol__resample=False, split__folds=3)
    assert [tasks.labelled_replicate(same, name) for name in ("0.2", "1.2")] == ["0.2", "0.2"]
    assert tasks.labelled_replicate(FOLDED, "1.2") == "1.2"


@pytest.fixture
def read(tmp_path, monkeypatch):
    """The toy study on some rows of its file, as `snakemake` reads it."""
    monkeypatch.chdir(tmp_path)
    months = (studies.ROOT / "tests/toy/months.jsonl").read_text().splitlines()
    (tmp_path / "base").mkdir()
    (tmp_path / "toy.yaml").write_text(yaml.safe_dump(TOY))

    def of_rows(rows: int, **split: object):
        lines = [line for row in months[:rows] for line in (row, "")]
        (tmp_path / "months.jsonl").write_text("\n".join(lines))
        study = {**TOY, "split": {**TOY["split"], **split}}
        return opened(study, ["toy.yaml"], look=True)

    return of_rows


def test_folds_are_the_default_where_a_file_has_fewer_rows_than_asked(read):
    """The toy study asks for 16 + 8 + 48."""
    assert (read(72).split.folds, read(71).split.folds) == (None, 5)
    assert read(71, folds=1).folds == 1
    assert read(132, folds=4).folds == 4
    assert read(72, test=49).folds == 5


def test_a_file_that_is_not_here_counts_for_nothing(read, tmp_path):
    read(60)
    (tmp_path / "months.jsonl").unlink()
    assert opened(TOY, ["toy.yaml"], look=False).split.folds is None


def test_a_file_that_cannot_be_read_is_named_while_the_plan_is_made(read, tmp_path):
    read(60)
    (tmp_path / "months.jsonl").unlink()
    (tmp_path / "months.jsonl").mkdir()
    with pytest.raises(InputError, match=r"months\.jsonl"):
        opened(TOY, ["toy.yaml"], look=False)


def test_a_task_with_a_split_of_its_own_asks_for_that(read, monkeypatch):
    own = {**TOY["tasks"]["months"], "split": {"train": 8, "valid": 2}}
    monkeypatch.setitem(TOY["tasks"], "months", own)
    assert read(60).split.folds is None


# What a fold can reach.

# Jobs of shards are planned behind a checkpoint, so they are asked for by name.
ASKED = [
    f"results/toy/{path}"
    for path in (
        "pool_scores/months/0.1/0.tsv",
        "oracle_scores/months/0.1/0.tsv",
        "pool_gains/gradient/months/0.1/0.tsv",
        "pool_closeness/cosine/months/0.1/0.tsv",
    )
]


@pytest.mark.workflow
def test_nothing_of_another_fold_reaches_what_answers_a_fold(tmp_path):
    """By the plan: no job of a fold reads a file of another, and test rows are for answers alone.

    Nothing is made for a whole replicate. Which rows are in the files of a fold is for
    `tests/tasks/test_cross_validation.py`.
    """
    folder = studies.copy(tmp_path / "project")
    study = {**TOY, "split": {**TOY["split"], "folds": 3}, "replicates": 1}
    (folder / "toy.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    plan = subprocess.run(
        studies.command("--configfile", "toy.yaml", "--detailed-summary", "all", *ASKED),
        cwd=folder,
        env=studies.ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    head, *lines = (line.split("\t") for line in plan.stdout.splitlines() if "\t" in line)
    jobs = [dict(zip(head, line, strict=True)) for line in lines]
    of_folds = 0
    for job in jobs:
        made, taken = job["output_file"], job["input-file(s)"]
        assert not re.search(r"/months/\d[/.](?!\d)", made), made
        folds = [set(re.findall(r"/(\d\.\d)[/.]", files)) for files in (made, taken)]
        if folds[0]:
            of_folds += 1
            assert folds[1] <= folds[0], made
        elif folds[1]:
            tables = ("results/toy/tables/", "results/toy/figures/", "results/toy/verdict.md")
            assert made.startswith(tables), made
        if "test.jsonl" in taken:
            kind = made.split("/")[2]
            assert kind in ("predictions", "oracle_scores") or "/score_on_test/" in made, made
    assert of_folds > 60
