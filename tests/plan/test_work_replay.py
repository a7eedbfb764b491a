"""What the rules of a replay take, for the shipped study."""

from inspect import signature

import pytest
import studies
import yaml

from recycling.ground import registry
from recycling.plan.study.file import complete
from recycling.plan.study.replay import Matrix
from recycling.plan.wiring import built_in
from recycling.plan.work import replay
from recycling.replay import FIGURES

STUDY = complete(yaml.safe_load((studies.ROOT / "workflow/studies/replay.yaml").read_text()))
FILE = "zero_shot_performance.csv"


def test_a_file_is_copied_from_the_folder_where_it_lies_there(tmp_path):
    study = STUDY.model_copy(update={"folder": str(tmp_path)})
    assert replay.local_copy(study, FILE) == []
    (tmp_path / FILE).touch()
    assert replay.local_copy(study, FILE) == str(tmp_path / FILE)
    assert replay.local_copy(study.model_copy(update={"folder": None}), FILE) == []


def test_a_file_has_its_address_and_its_digest():
    assert replay.file_url(STUDY, FILE) == f"{STUDY.url}/tables/{FILE}"
    assert replay.file_sha256(STUDY, FILE).startswith("8484308e")
    assert f"<results>/published/{FILE}" in replay.published_files(STUDY)
    assert len(replay.published_files(STUDY)) == 8


def test_matrices_pass_into_a_job_and_back():
    for matrix in (STUDY.labelled, *STUDY.outcomes.values()):
        assert Matrix.model_validate(built_in(matrix)) == matrix
    assert "base" not in built_in(STUDY.labelled)


def test_values_of_others_are_by_outcome():
    assert replay.expected(STUDY)["as_published"]["pick_rank"] == 26
    assert [*replay.expected(STUDY)] == ["as_published", "after_tuning"]


def test_methods_have_a_figure_where_there_are_some():
    drawn = {drawing.name: drawing.entry for drawing in replay.drawings(STUDY)}
    assert drawn == FIGURES
    few = replay.drawings(STUDY.model_copy(update={"methods": {}}))
    assert [drawing.name for drawing in few] == ["selection", "tasks"]


@pytest.mark.parametrize("drawing", replay.drawings(STUDY), ids=lambda drawing: drawing.name)
def test_a_figure_takes_its_tables_and_its_settings(drawing):
    taken = set(signature(registry.load(drawing.entry)).parameters)
    assert {*drawing.inputs, *drawing.settings} == taken


def test_products_are_a_page_what_was_left_out_and_figures():
    assert replay.products(STUDY) == [
        "<results>/tables/results.md",
        "<results>/dropped.tsv",
        "<results>/figures/selection.svg",
        "<results>/figures/tasks.svg",
        "<results>/figures/methods.svg",
    ]
