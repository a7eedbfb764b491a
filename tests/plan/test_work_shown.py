"""What a merging study shows: its figures, and all that it is run for."""

from inspect import signature

import pytest
from hypothesis import given, settings
from plan_cases import MANY, STUDIES, STUDY, TOY, of_arms

from recycling.ground import registry
from recycling.merging import METHODS
from recycling.plan.work import selection, shown, transfer, verdict
from recycling.plan.work.verdict import Cell
from recycling.verdict import FIGURES
from recycling.verdict.experiments import EXPERIMENTS

DRAWN = shown.drawings(STUDY)


@pytest.mark.parametrize("drawing", DRAWN, ids=lambda drawing: drawing.name)
def test_a_figure_takes_its_files_and_its_settings(drawing):
    taken = set(signature(registry.load(drawing.entry)).parameters)
    assert {*drawing.inputs, *drawing.settings} == taken


def test_an_argument_is_the_table_of_its_name_or_what_the_plan_says():
    drawn = {drawing.name: drawing for drawing in DRAWN}
    assert drawn["cost"].inputs == {
        name: f"<results>/tables/{name}.tsv" for name in ("cost", "summary", "training")
    }
    assert drawn["attrition"].inputs == {
        name: f"<results>/pool/{name}.tsv" for name in ("accepted", "rejected")
    }
    assert drawn["reliability"].inputs["curve"] == "<results>/tables/reliability_curve.tsv"
    assert drawn["curves"].inputs == {"curves": verdict.curve_files(STUDY)}
    assert len(drawn["curves"].settings["cells"]) == len(verdict.curve_files(STUDY))


def test_the_figure_of_an_experiment_is_told_its_name_and_its_caption_the_claim():
    drawn = next(one for one in DRAWN if one.name == "real_against_twins")
    assert drawn.settings == {"name": "real_against_twins"}
    assert drawn.about["claim"] == EXPERIMENTS["real_against_twins"].claim
    assert drawn.about["claim"].startswith("Without the fresh LoRA real ")


def test_an_edit_of_a_figure_s_module_reaches_that_figure_alone():
    code = {drawing.name: drawing.code for drawing in DRAWN}
    assert code["accuracy"] == code["differences"]  # one module
    assert code["accuracy"] != code["cost"]


def test_the_heat_map_is_of_an_arm_that_learns_with_most_adapters_first():
    learned = {"pool": "real", "select": "random", "merge": {"method": "learned"}}
    twins = {"pool": "twins", "twin": "norm"}
    arms = {
        "average": learned | {"k": 9, "merge": {"method": "average"}},
        "three": learned | {"k": 3},
        "three_and_fresh": learned | {"k": 3, "fresh": True},
        "also_four": learned | {"k": 4},
    }
    study = of_arms(arms, community=MANY)
    assert shown.heat_map_arms(study) == ["three_and_fresh", "also_four", "three"]
    assert shown.heat_map_cells(study)[0] == Cell("three_and_fresh", "months", "0")
    assert shown.heat_map_files(study)[0] == (
        "<results>/merged/three_and_fresh/months/0/coefficients.tsv"
    )
    more = {"whole": learned | {"k": "all"}, "twins": learned | {"k": 9} | twins}
    assert shown.heat_map_arms(of_arms(arms | more, community=MANY))[0] == "whole"
    assert "twins" not in shown.heat_map_arms(of_arms(arms | more, community=MANY))


def test_without_learned_coefficients_there_is_no_heat_map():
    study = of_arms({"base": {}, "ties": TOY["arms"]["ties"]})
    assert shown.heat_map_cells(study) == shown.heat_map_files(study) == []
    assert "coefficients" not in shown.figures(study)
    assert "coefficients" in shown.figures(STUDY)


@given(STUDIES)
@settings(max_examples=20)
def test_the_heat_map_is_drawn_where_some_arm_learns_for_each_part(study):
    learns = {
        name
        for name, a in verdict.main_arms(study).items()
        if METHODS[a.merge.method].per_part and a.pool != "twins"
    }
    assert {*shown.heat_map_arms(study)} == learns
    assert ("coefficients" in shown.figures(study)) == bool(learns)
    assert ("relatives" in shown.figures(study)) == bool(selection.related_targets(study))
    weighed = selection.related_targets(study) and transfer.weighing(study)
    assert ("weights" in shown.figures(study)) == bool(weighed)


def test_products_are_the_verdict_tables_figures_and_experiments():
    assert shown.products(STUDY) == [
        "<results>/verdict.md",
        "<results>/tables/results.md",
        "<results>/tables/selection.tsv",
        "<results>/tables/tuning.tsv",
        *(f"<results>/figures/{name}.svg" for name in FIGURES),
        "<results>/figures/real_against_twins.svg",
        "<results>/figures/recalibration_ladder.svg",
        "<results>/experiments.md",
    ]
    alone = shown.products(of_arms({"base": {}}))
    assert "<results>/experiments.md" not in alone
    assert "<results>/figures/coefficients.svg" not in alone
