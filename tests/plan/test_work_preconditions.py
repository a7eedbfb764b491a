"""What the rules of a check of preconditions take, for the shipped study and the toy."""

import studies
import yaml

from recycling.plan.study.composition import Rule
from recycling.plan.study.file import complete
from recycling.plan.study.preconditions import MergeRule
from recycling.plan.wiring import built_in
from recycling.plan.work import preconditions

STUDY = complete(yaml.safe_load((studies.ROOT / "workflow/studies/preconditions.yaml").read_text()))
TOY = complete(yaml.safe_load((studies.ROOT / "tests/toy/preconditions.yaml").read_text()))


def shards():
    return ["0", "1"]


ALONE = ["<results>/answers/alone/0.parquet", "<results>/answers/alone/1.parquet"]


def test_every_shard_is_asked_alone():
    assert preconditions.answers_alone(STUDY, shards) == ALONE


def test_answers_choose_experts_only_where_one_is_not_named():
    assert STUDY.experts.named == {"hop1": "city-country", "hop2": "capitals"}
    assert preconditions.answers_that_choose(STUDY, shards) == []
    assert TOY.experts.named == {}
    assert preconditions.answers_that_choose(TOY, shards) == ALONE


def test_every_rule_is_asked():
    assert preconditions.answers_together(TOY) == [
        "<results>/answers/experts/uniform.parquet",
        "<results>/answers/experts/hop_oracle.parquet",
    ]


def test_a_rule_passes_into_a_job_as_one_of_a_composition_study():
    study = TOY.model_copy(update={"rules": {"ties": MergeRule(method="ties", density=0.5)}})
    found = Rule.model_validate(built_in(preconditions.rule_recipe(study, "ties")))
    assert (found.method, found.options, found.twin) == ("ties", {"density": 0.5}, None)


def test_an_edit_of_a_method_reaches_its_rule_alone():
    codes = {preconditions.rule_code(STUDY, rule) for rule in STUDY.rules}
    # The mean and the sum are functions of one module.
    assert len(codes) == len(STUDY.rules) - 1
    assert preconditions.rule_code(STUDY, "uniform") == preconditions.rule_code(STUDY, "sum")


def test_products_are_a_table_a_page_and_a_figure():
    assert preconditions.products(STUDY) == [
        "<results>/tables/preconditions.tsv",
        "<results>/tables/preconditions.md",
        "<results>/figures/preconditions.svg",
    ]
