"""Merges and answers of a study are parts: an edit, a kill or a deletion costs what it touches."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import studies
import yaml

pytestmark = pytest.mark.workflow
RESULTS = Path("results/toy")
WORN = [arm for arm in studies.LEAN if arm != "base"]
# A script first does what the test has put there, without a change of its code.
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


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """A small toy study with faults to be put into its merges and answers, run to its end."""
    folder = studies.lean(tmp_path_factory.mktemp("ended") / "project")
    for script in ("merge_adapters", "predict"):
        file = folder / f"workflow/scripts/merging/{script}.py"
        assert file.read_text().count(START) == 1
        file.write_text(file.read_text().replace(START, START + FAULT))
    (folder / "faults").mkdir()
    return studies.undisturbed(folder)


@pytest.fixture
def project(ended, tmp_path):
    """A copy of it; times of files are kept, and each output is one file with its part."""
    folder = tmp_path / "project"
    shutil.copytree(ended, folder)
    for part in (folder / RESULTS / "parts/merge_adapters/months/0").glob("*/*"):
        output = folder / RESULTS / f"merged/{part.parent.name}/months/0/{part.name}"
        if output.exists():
            output.unlink()
            output.hardlink_to(part)
    return folder


def costs(folder):
    return pd.read_csv(folder / RESULTS / "tables/cost.tsv", sep="\t").set_index("arm")["seconds"]


def test_each_arm_is_made_once_with_its_own_seconds(ended):
    assert studies.made(ended, "merge_adapters") == dict.fromkeys(WORN, "made")
    for arm in WORN:
        [taken] = pd.read_csv(
            ended / RESULTS / f"seconds/merge_adapters/{arm}/months/0.tsv", sep="\t"
        )["s"]
        assert 0 < taken < 10
    [job] = (ended / RESULTS / "benchmarks/merge_adapters").rglob("*.tsv")
    assert costs(ended)["average"] < pd.read_csv(job, sep="\t")["s"].item()


def test_an_edit_of_one_arm_costs_that_arm(project, ended):
    file = project / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study["arms"]["adaptive"]["merge"]["steps"] = 3
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    studies.undisturbed(project)
    others = {arm: "taken over" for arm in WORN if arm != "adaptive"}
    assert studies.made(project, "merge_adapters") == {**others, "adaptive": "made"}
    before, after = studies.merged(ended), studies.merged(project)
    changed = {path.split("/")[3] for path in after if after[path] != before[path]}
    assert changed == {"adaptive"}
    answers = {"base": "taken over", **others, "adaptive": "made"}
    assert studies.made(project, "predict") == answers


def test_deleted_merges_come_back_without_training(project, ended):
    shutil.rmtree(project / RESULTS / "merged")
    studies.undisturbed(project)
    assert studies.made(project, "merge_adapters") == dict.fromkeys(WORN, "taken over")
    assert studies.made(project, "predict") == dict.fromkeys(studies.LEAN, "taken over")
    assert studies.merged(project) == studies.merged(ended)
    assert studies.results(project) == studies.results(ended)
    # What an arm took stays what it took when it was made.
    pd.testing.assert_series_equal(costs(project), costs(ended))


def test_a_killed_merge_costs_the_arm_that_it_was_at(project, ended):
    for folder in ("merged", "parts"):
        shutil.rmtree(project / RESULTS / folder)
    (project / "faults/merge_adapters").write_text(KILL_IN_THE_THIRD)
    killed = studies.toy(project)
    assert killed.returncode == 1
    assert "SIGKILL" in killed.stdout
    assert not [*(project / RESULTS / "merged").rglob("*.json")]
    (project / "faults/merge_adapters").unlink()
    studies.undisturbed(project)
    found = studies.made(project, "merge_adapters")
    assert sorted(found.values()) == ["made", "made", "taken over", "taken over"]
    assert studies.merged(project) == studies.merged(ended)


def test_killed_answers_cost_the_arm_that_was_asked(project, ended):
    shutil.rmtree(project / RESULTS / "predictions")
    shutil.rmtree(project / RESULTS / "parts/predict")
    (project / "faults/predict").write_text(KILL_IN_THE_THIRD)
    assert studies.toy(project).returncode == 1
    (project / "faults/predict").unlink()
    studies.undisturbed(project)
    found = [studies.made(project, "predict")[arm] for arm in studies.LEAN]
    assert found == ["taken over", "taken over", "made", "made", "made"]
    assert studies.results(project) == studies.results(ended)


def test_an_arm_that_shows_rows_is_answered_and_no_other(project):
    file = project / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study["arms"]["shown"] = {"demonstrations": 1}
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    studies.undisturbed(project)
    others = dict.fromkeys(studies.LEAN, "taken over")
    assert studies.made(project, "predict") == {**others, "shown": "made"}


def test_an_arm_that_fails_is_named_and_those_before_it_stay(project, ended):
    file = project / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study["arms"]["twins"]["merge"]["l1"] = -1.0
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    failed = studies.toy(project)
    assert failed.returncode == 1
    [line] = re.findall("^ERROR merge learned: .*", failed.stdout, re.MULTILINE)
    assert "l1: found -1.0" in line
    study["arms"]["twins"]["merge"]["l1"] = 0.0
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    studies.undisturbed(project)
    others = {arm: "taken over" for arm in WORN if arm != "twins"}
    assert studies.made(project, "merge_adapters") == {**others, "twins": "made"}
    assert studies.merged(project) == studies.merged(ended)


def test_a_merge_that_was_edited_in_place_is_made_anew(project, ended):
    weights = project / RESULTS / "merged/average/months/0/adapter_model.safetensors"
    with weights.open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"?")
    studies.undisturbed(project, "--forcerun", "merge_adapters")
    others = {arm: "taken over" for arm in WORN if arm != "average"}
    assert studies.made(project, "merge_adapters") == {**others, "average": "made"}
    assert studies.results(project) == studies.results(ended)


def test_processes_of_fewer_arms_take_over_what_one_made_and_removed_arms_are_removed(project):
    file = project / "toy.yaml"
    study = yaml.safe_load(file.read_text())
    study["runtime"]["arms_per_process"] = 2
    del study["arms"]["average"]
    file.write_text(yaml.safe_dump(study, sort_keys=False))
    done = studies.toy(project)
    assert done.returncode == 0, done.stdout[-5000:]
    left = [arm for arm in WORN if arm != "average"]
    found = studies.made(project, "merge_adapters")
    assert found == dict.fromkeys(left, "taken over")
    parts = project / RESULTS / "parts/merge_adapters/months/0"
    assert sorted(path.name for path in parts.iterdir()) == sorted(left)
