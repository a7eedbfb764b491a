"""A study whose community is drawn from a mix."""

import copy

import pytest
import studies
import yaml
from plan_cases import TOY

from recycling.ground.errors import InputError
from recycling.plan.study import file
from recycling.plan.work import pool, subpools
from recycling.tasks.builtin import BUILTIN

MIX = studies.ROOT / "workflow/communities/thousand.yaml"
ASIDE = {"source": "builtin", "set_aside": 100}


def study(**changes):
    """The toy study with a drawn community and a target that it learns."""
    keys = copy.deepcopy(TOY) | {
        "community": {},
        "community_from": str(MIX),
        "community_count": 96,
        "tasks": {"months": TOY["tasks"]["months"], "past_tense": ASIDE},
        "targets": ["months", "past_tense"],
    }
    keys["pool"] = {"hub": {"kind": "community"}}
    keys["arms"] = {"base": {}}
    keys["experiments"] = {}
    return file.complete(keys | changes)


def test_the_tasks_of_the_community_are_declared_and_its_relatives_known():
    found = study()
    fit = {name: one for name, one in found.community.items() if one.defect is None}
    assert len(fit) == 96
    assert {one.task for one in found.community.values()} <= {*found.tasks}
    assert found.tasks["past_tense"].set_aside == 100
    kin = found.pool.kin
    assert {*kin} == {"past_tense"}  # nobody learns from a file of the user
    assert kin["past_tense"].same == ["past_tense"]
    assert kin["past_tense"].sibling
    assert all(BUILTIN[task].family == "verbs" for task in kin["past_tense"].sibling)
    assert pool.community_training(found, next(iter(fit))).source == "builtin"


def test_what_a_study_says_itself_stands():
    own = {"task": "plural", "rank": 2, "alpha": 2}
    kin = {"past_tense": {"sibling": ["mine"]}}
    found = study(community={"mine": own}, pool={"hub": {"kind": "community"}, "kin": kin})
    assert [*found.community][-1] == "mine"
    assert found.pool.kin["past_tense"].sibling == ["mine"]


def test_a_study_is_the_same_when_it_is_spelled_out():
    found = study()
    assert file.complete(file.keys_of(found)) == found


def test_a_target_is_learnt_under_the_name_that_the_study_gives_it():
    named = {"source": "builtin", "of": "past_tense", "set_aside": 100}
    found = study(
        tasks={"months": TOY["tasks"]["months"], "verbs": named}, targets=["months", "verbs"]
    )
    learnt = {one.task for one in found.community.values()}
    assert "verbs" in learnt
    assert "past_tense" not in learnt


def test_a_target_without_rows_aside_is_refused():
    tasks = {"months": TOY["tasks"]["months"], "past_tense": {"source": "builtin"}}
    with pytest.raises(InputError, match=r"no rows of target 'past_tense': the adapter would know"):
        study(tasks=tasks)


def test_a_subpool_is_the_first_of_the_community_without_unfit_ones():
    found = study(pool={"hub": {"kind": "community"}, "subpools": {"few": {"first": 30}}})
    fit = [name for name, one in found.community.items() if one.defect is None]
    assert subpools.adapters(found, "few") == fit[:30]
    assert not subpools.all_accepted(found, "few")
    assert subpools.all_accepted(found, "all")


@pytest.mark.parametrize(("among", "most"), [("all", 96), ("few", 30)])
def test_more_adapters_than_were_drawn_are_refused_before_any_is_trained(among, most):
    pool = {"hub": {"kind": "community"}, "subpools": {"few": {"first": 30}}}
    arm = {"pool": "real", "select": "random", "among": among, "merge": {"method": "average"}}
    assert study(pool=pool, arms={"fits": arm | {"k": most}}).arms["fits"].k == most
    message = f"arms.many.k: found {most + 1}, expected at most {most}, the adapters of the comm"
    with pytest.raises(InputError, match=message):
        study(pool=pool, arms={"many": arm | {"k": most + 1}})


def test_a_mix_lies_beside_the_study_that_names_it(tmp_path):
    (tmp_path / "mix.yaml").write_text(MIX.read_text())
    keys = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
    keys |= {"community_from": "mix.yaml", "community_count": 2}
    for name in keys["targets"]:
        keys["tasks"][name]["set_aside"] = 60
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(keys))
    found = file.opened(keys, [tmp_path / "study.yaml"], look=True)
    assert found.community_from == str(tmp_path / "mix.yaml")
    keys["community_from"] = "gone.yaml"
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(keys))
    with pytest.raises(InputError, match=r"community_from: found 'gone.yaml', expected a file"):
        file.opened(keys, [tmp_path / "study.yaml"], look=True)
