"""Which merges stay on disk: what a study may say, and what is kept of each arm."""

import pytest
from plan_cases import TOY, of_arms

from recycling.ground.errors import InputError
from recycling.plan.work import merging, put_together

TWO = {"pool": "real", "select": "random", "k": 2}


def merge(method, **options):
    return TWO | {"merge": {"method": method, **options}}


KEPT = {
    "alone": (TWO | {"k": 1}, "gates"),
    "average": (merge("average"), "gates"),
    "learned": (merge("learned"), "gates"),
    "both": (merge("learned", train="both"), "answers"),
    "warm": (merge("pi_tuning"), "answers"),
    "hub": (merge("lorahub"), "gates"),
    "mixed": (merge("lorahub", form="factors"), "answers"),
    "cut": (merge("average", export_rank=1), "answers"),
    "compressed": (merge("average", compress_rank=1), "answers"),
    "ties": (merge("ties"), "answers"),
    "routed": (merge("arrow"), "answers"),
    "twins": (merge("average") | {"pool": "twins", "twin": "norm"}, "gates"),
    "trained": (merge("average") | {"pool": "twins", "twin": "label_shuffled"}, "answers"),
    # A name that the word none contains.
    "one": (merge("average"), "gates"),
}
ARMS = {name: arm for name, (arm, _) in KEPT.items()}


def test_all_merges_are_exported_unless_the_study_says_otherwise():
    study = of_arms(ARMS)
    assert {merging.kept(study, arm) for arm in ARMS} == {"adapter"}
    assert put_together.recipes(study, "months") == {}
    assert put_together.rankings(study, "months", "0") == []


def test_combinations_of_sources_that_can_be_had_again_are_kept_as_gates():
    study = of_arms(ARMS, export="none")
    assert {arm: merging.kept(study, arm) for arm in ARMS} == {
        arm: kept for arm, (_, kept) in KEPT.items()
    }


def test_a_list_exports_these():
    study = of_arms(ARMS, export=["one", "ties"])
    kept = {arm: merging.kept(study, arm) for arm in ARMS}
    assert kept == {arm: way for arm, (_, way) in KEPT.items()} | {
        "one": "adapter",
        "ties": "adapter",
    }
    assert {merging.merge_recipe(study, arm).kept for arm in ("one", "ties")} == {"adapter"}


def test_answers_take_the_sources_of_what_is_kept_as_gates():
    arms = ("fresh", "adaptive", "stacked", "ties", "average")
    study = of_arms({arm: TOY["arms"][arm] for arm in arms}, export=["average"])
    at = {"task": "months", "replicate": "0"}
    assert list(put_together.recipes(study, "months")) == ["fresh", "adaptive", "stacked"]
    assert put_together.drawing(study, "months") == ["adaptive", "stacked"]
    assert put_together.rankings(study, **at) == [
        merging.ranking(study, arm, **at).path for arm in ("adaptive", "stacked")
    ]
    assert put_together.joined(study, "months") == ["fresh", "stacked"]
    assert (
        put_together.fresh(study, **at)
        == ["<results>/fresh/fresh/months/0/adapter_config.json"] * 2
    )
    shards = {"adaptive": ["2", "1"], "stacked": ["3"]}
    assert put_together.shards(study, "months", shards.__getitem__) == [
        f"<results>/pool/adapters/{number}" for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("export", ["some", 3, True, [1], [], {}, ["one", ["one"]], ["one", "one"]])
def test_what_may_be_exported(export):
    with pytest.raises(InputError, match=r"config: export: found .* list of arms, each once"):
        of_arms(ARMS, export=export)


@pytest.mark.parametrize("name", ["arrow", "base", "all"])
def test_what_is_no_arm_that_wears_an_adapter_is_refused_with_those_that_are(name):
    arms = {"base": {}, "one": ARMS["one"], "ties": ARMS["ties"]}
    with pytest.raises(InputError, match=r"config: export\.1: found .*'one', 'ties'"):
        of_arms(arms, export=["one", name])
