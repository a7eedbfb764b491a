"""What the analyses beside the verdict take, on the toy study and variants of it."""

from plan_cases import STUDY, of_arms

from recycling.plan.work import analyses


def test_the_answers_are_those_of_the_units_of_the_main_comparison():
    assert analyses.main_predictions(STUDY) == [
        f"<results>/predictions/months/{number}.parquet" for number in (0, 1)
    ]


def test_deciding_arms_are_the_base_the_fresh_lora_and_those_that_decide_in_their_order():
    arms = {
        "adaptive": {"pool": "real", "select": "random", "k": 2, "merge": {"method": "average"}},
        "fresh": {"fresh": True},
        "base": {},
        "other": {"pool": "real", "select": "random", "k": 1},
    }
    assert list(analyses.deciding_arms(of_arms(arms))) == ["adaptive", "fresh", "base"]


def test_where_nothing_decides_all_arms_are_shown():
    assert list(analyses.deciding_arms(of_arms({"base": {}}))) == ["base"]
