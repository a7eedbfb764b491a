"""Merges and answers of a study are parts: an edit, a kill or a deletion costs what it touches."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
import studies
import yaml

pytestmark = pytest.mark.faults
RESULTS = Path("results/toy")
WORN = [arm for arm in studies.LEAN if arm != "base"]
# A script that kills itself while it makes its third part.
START = "    runlog.start(snakemake.log[0], snakemake.threads)\n"
FAULT = """\
    import pathlib
    if (fault := pathlib.Path("faults", snakemake.rule)).exists():
        exec(fault.read_text())
"""
KILL_IN_THE_THIRD = """\
import contextlib, os, signal
from recycling.ground.parts import Parts
making, begun = Parts.making, []

@contextlib.contextmanager
def killed(parts, name):
    begun.append(name)
    with making(parts, name) as folder:
        if len(begun) == 3:
            (folder / "NOTICE").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
        yield folder

Parts.making = killed
"""


@pytest.fixture
def project(lean, tmp_path):
    """A copy of the small study that ended, in which each output is one file with its part."""
    folder = tmp_path / "project"
    shutil.copytree(lean, folder)
    for part in (folder / RESULTS / "parts/merge_adapters/months/0").glob("*/*"):
        output = folder / RESULTS / f"merged/{part.parent.name}/months/0/{part.name}"
        if output.exists():
            output.unlink()
            output.hardlink_to(part)
    return folder


def change(project, edit):
    """Edit the study file."""
    file = project / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    edit(study)
    file.write_text(yaml.safe_dump(study, sort_keys=False))


def seconds(folder, arm):
    file = folder / RESULTS / f"seconds/merge_adapters/{arm}/months/0.tsv"
    return pd.read_csv(file, sep="\t")["s"].item()


def test_each_arm_is_made_once_with_seconds_of_its_own(lean):
    assert studies.made(lean, "merge_adapters") == dict.fromkeys(WORN, "made")
    assert studies.made(lean, "predict") == dict.fromkeys(studies.LEAN, "made")
    [job] = (lean / RESULTS / "benchmarks/merge_adapters").rglob("*.tsv")
    whole = pd.read_csv(job, sep="\t")["s"].item()
    assert 0 < sum(seconds(lean, arm) for arm in WORN) < whole
    cost = pd.read_csv(lean / RESULTS / "tables/cost.tsv", sep="\t").set_index("arm")["seconds"]
    assert cost["average"] == pytest.approx(seconds(lean, "average"), rel=1e-3)


def test_an_edit_of_one_arm_and_a_new_arm_cost_these_two(project, lean):
    def edit(study):
        study["arms"]["adaptive"]["merge"]["steps"] = 3
        study["arms"]["shown"] = {"demonstrations": 1}

    change(project, edit)
    studies.judged(project)
    others = {arm: "taken over" for arm in WORN if arm != "adaptive"}
    assert studies.made(project, "merge_adapters") == {**others, "adaptive": "made"}
    answers = {"base": "taken over", **others, "adaptive": "made", "shown": "made"}
    assert studies.made(project, "predict") == answers
    before, after = studies.merged(lean), studies.merged(project)
    changed = {path.split("/")[3] for path in after if after[path] != before[path]}
    assert changed == {"adaptive"}


def test_what_was_deleted_comes_back_and_what_was_edited_in_place_is_made_anew(project, lean):
    weights = project / RESULTS / "merged/average/months/0/adapter_model.safetensors"
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")
    shutil.rmtree(project / RESULTS / "merged")
    # Asked for, since tables that are there hide that they are missing.
    studies.judged(project, "--forcerun", "merge_adapters")
    others = {arm: "taken over" for arm in WORN if arm != "average"}
    assert studies.made(project, "merge_adapters") == {**others, "average": "made"}
    assert studies.made(project, "predict") == dict.fromkeys(studies.LEAN, "taken over")
    assert studies.merged(project) == studies.merged(lean)
    assert studies.results(project) == studies.results(lean)
    # What an arm took stays what it took when it was made.
    assert [seconds(project, arm) for arm in others] == [seconds(lean, arm) for arm in others]


def test_a_kill_costs_the_arm_that_was_merged_or_asked(project, lean):
    (project / "faults").mkdir()
    for rule in ("merge_adapters", "predict"):
        file = project / f"workflow/scripts/merging/{rule}.py"
        assert file.read_text().count(START) == 1
        file.write_text(file.read_text().replace(START, START + FAULT))
        (project / "faults" / rule).write_text(KILL_IN_THE_THIRD)
    for rule in ("merge_adapters", "predict"):
        killed = studies.toy(project, "--", studies.VERDICT)
        assert killed.returncode == 1
        assert "SIGKILL" in killed.stdout
        (project / "faults" / rule).unlink()
    # The killed job took its predictions with it; tables that are there hide that.
    studies.judged(project, "--forcerun", "predict")
    merges = studies.made(project, "merge_adapters")
    assert sorted(merges.values()) == ["made", "made", "taken over", "taken over"]
    answers = [studies.made(project, "predict")[arm] for arm in studies.LEAN]
    assert answers == ["taken over", "taken over", "made", "made", "made"]
    assert studies.merged(project) == studies.merged(lean)
    assert studies.results(project) == studies.results(lean)


def test_processes_of_fewer_arms_take_over_and_arms_of_another_study_are_removed(project):
    def edit(study):
        study["runtime"]["arms_per_process"] = 2
        del study["arms"]["average"]

    change(project, edit)
    studies.judged(project)
    left = [arm for arm in WORN if arm != "average"]
    assert studies.made(project, "merge_adapters") == dict.fromkeys(left, "taken over")
    for rule, arms in (("merge_adapters", left), ("predict", ["base", *left])):
        kept = project / RESULTS / "parts" / rule / "months/0"
        assert sorted(path.name for path in kept.iterdir()) == sorted(arms)
