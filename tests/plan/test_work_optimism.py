"""Which selectors of a study can be judged on test rows, and by what."""

from plan_cases import MANY, STUDY, of_arms

from recycling.plan.work import optimism, report, shown
from recycling.pool.judged import Judged

SINGLE = {"pool": "real", "select": "likelihood", "k": 1}


def test_an_oracle_knows_the_whole_pool_by_the_same_score():
    assert optimism.judged(STUDY) == {
        "evaluation": Judged("exact_match", "oracle", ["best_single"])
    }


def test_each_score_has_an_oracle_of_its_own():
    arms = {
        "likely": {**SINGLE, "k": 2, "merge": {"method": "average"}},
        "chosen": {**SINGLE, "select": "choice_accuracy"},
        "oracle_by_likelihood": {**SINGLE, "select": "oracle_likelihood"},
        "oracle_by_choice": {**SINGLE, "select": "oracle_choice"},
    }
    assert optimism.judged(of_arms(arms)) == {
        "likelihood": Judged("nll", "oracle_likelihood"),
        "choice_accuracy": Judged("choice_accuracy", "oracle_choice", ["chosen"]),
    }


def test_subpools_are_judged_but_no_part_in_which_kin_comes_first():
    arms = {
        "likely": {**SINGLE, "among": "own"},
        "whole": SINGLE,
        "by_kin": {**SINGLE, "kin": "sibling"},
        "oracle_by_likelihood": {**SINGLE, "select": "oracle_likelihood"},
    }
    pool = {"pool__subpools": {"own": {"only": ["plurals"]}, "unasked": {"max_per_owner": 1}}}
    kin = {"months": {"same": [], "sibling": ["plurals"]}}
    known = {"likelihood": Judged("nll", "oracle_likelihood", ["whole"], parts=["all", "own"])}
    assert optimism.judged(of_arms(arms, pool__kin=kin, **pool)) == known
    del arms["oracle_by_likelihood"]
    alone = {"likelihood": Judged("nll", "", ["whole"])}
    assert optimism.judged(of_arms(arms, pool__kin=kin, **pool)) == alone


def test_single_adapters_are_judged_beside_those_that_chance_chose():
    arms = {
        "one": SINGLE,
        "by_chance": {**SINGLE, "select": "random"},
        "close": {**SINGLE, "select": "cosine"},
        "oracle": {**SINGLE, "select": "oracle"},
    }
    known = Judged("nll", "", ["one"], {"by_chance": "random"})
    assert optimism.judged(of_arms(arms)) == {"likelihood": known}


def test_what_is_merged_joined_random_or_of_a_part_is_no_single_adapter():
    merged = {"merge": {"method": "average"}}
    arms = {
        "three": {**SINGLE, "k": 3, **merged},
        "tuned": {**SINGLE, "merge": {"method": "learned", "steps": 2}},
        "joined": {**SINGLE, "fresh": True, **merged},
        "twin": {**SINGLE, "pool": "twins", "twin": "norm"},
        "kin": {**SINGLE, "kin": "sibling"},
        "halving": {**SINGLE, "select": "halving"},
    }
    study = of_arms(arms, community=MANY)
    assert optimism.judged(study) == {}
    assert "optimism" not in shown.figures(study)
    assert report.files(study)["optimism"] == []
