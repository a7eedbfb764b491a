"""The workflow on the toy composition study: end to end, and again."""

import shutil

import pandas as pd
import pytest
import studies
import yaml

from recycling.composition import FIGURES

pytestmark = pytest.mark.workflow


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = studies.runnable(tmp_path_factory.mktemp("composition") / "project")
    shutil.copy(studies.ROOT / "tests/toy/composition.yaml", folder / "composition.yaml")
    done = studies.snakemake(folder, "--configfile", "composition.yaml")
    assert done.returncode == 0, done.stdout[-5000:]
    return folder


def test_every_library_is_asked_under_every_rule(finished):
    tables = finished / "results/toy_composition/tables"
    two_hop = pd.read_csv(tables / "two_hop.tsv", sep="\t")
    cells = set(zip(two_hop["library"], two_hop["rule"], strict=True))
    assert {("L2", "uniform"), ("L3", "arrow"), ("AB", "alone"), ("base", "none")} <= cells
    assert set(two_hop["measure"]) >= {"hop1", "hop2", "chain", "chain_steps", "direct_choice"}
    chance = two_hop.loc[two_hop["measure"] == "direct_choice", "chance"]
    assert (chance == 1 / 4).all()
    problems = pd.read_csv(tables / "math.tsv", sep="\t")
    assert set(problems["measure"]) == {"level1", "level2", "level3"}
    lists = pd.read_csv(tables / "word_lists.tsv", sep="\t")
    assert set(lists["measure"]) == {"words_a", "words_b", "mixed"}
    places = pd.read_csv(tables / "places.tsv", sep="\t")
    assert set(places["replicates"]) == {1}
    assert {("L2", "hop_oracle"), ("L2+T", "arrow"), ("BC", "alone")} <= set(
        zip(places["library"], places["rule"], strict=True)
    )
    assert (tables / "theory.tsv").is_file()
    routing = pd.read_csv(tables / "routing.tsv", sep="\t")
    assert {"before the bridge", "before the answer"} <= set(routing["role"])
    assert "## What would contradict the paper" in (tables / "composition.md").read_text()


def test_there_is_a_figure_for_each_question(finished):
    figures = {file.stem for file in (finished / "results/toy_composition/figures").glob("*.svg")}
    assert figures == {*FIGURES}


def test_second_run_has_nothing_to_do(finished):
    done = studies.snakemake(finished, "--configfile", "composition.yaml")
    assert "Nothing to be done" in done.stdout


def test_a_subject_has_its_own_number_of_worlds_in_every_rule(tmp_path):
    folder = studies.runnable(tmp_path / "project")
    study = yaml.safe_load((studies.ROOT / "tests/toy/composition.yaml").read_text())
    assert study["replicates"] > 1
    for subject in study["subjects"].values():
        subject["replicates"] = 1
    (folder / "composition.yaml").write_text(yaml.safe_dump(study))
    plan = studies.snakemake(folder, "-n", "--configfile", "composition.yaml")
    assert plan.returncode == 0, plan.stdout[-3000:]
    assert "replicate=0" in plan.stdout
    assert "replicate=1" not in plan.stdout


@pytest.mark.parametrize("subject", ["two_hop", "math", "word_lists", "places"])
def test_a_study_of_one_subject_can_be_planned(subject, tmp_path):
    folder = studies.runnable(tmp_path / "project")
    study = yaml.safe_load((studies.ROOT / "tests/toy/composition.yaml").read_text())
    study["subjects"] = {subject: study["subjects"][subject]}
    study["scenes"] = {
        name: scene for name, scene in study["scenes"].items() if scene["subject"] == subject
    }
    (folder / "composition.yaml").write_text(yaml.safe_dump(study))
    plan = studies.snakemake(folder, "-n", "--configfile", "composition.yaml")
    assert plan.returncode == 0, plan.stdout[-3000:]
    assert f"tables/{subject}_gates.tsv" in plan.stdout
    assert ("plot_routing" in plan.stdout) == (subject == "two_hop")
    assert ("judge_claims" in plan.stdout) == (subject in ("two_hop", "word_lists"))
