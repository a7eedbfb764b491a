import pandas as pd
import pytest

from recycling.ground.errors import InputError
from recycling.pool import subpools
from recycling.pool.subpools import Kinship, by_kin, chosen

NAMES = [f"a{i}" for i in range(9)]
KNOWN = {name: {name, f"repo/{name}", "ann" if name < "a4" else "ben"} for name in NAMES}
FAMILIES = {**{name: name for name in NAMES}, "a8": "a0"}
RELATED = {"a0", "a1", "a8"}  # a8 is a copy of a0


def test_the_whole_pool():
    assert chosen(KNOWN, []) == NAMES


def test_only_the_named():
    assert chosen(KNOWN, ["ann", "repo/a7"]) == ["a0", "a1", "a2", "a3", "a7"]


@pytest.mark.parametrize("names", [["a0", "gone"], ["a"], ["repo"]])
def test_a_name_that_no_accepted_adapter_goes_by_is_an_error(names):
    with pytest.raises(InputError, match=r"pool.subpools: found '\w+', expected an adapter, repo"):
        chosen(KNOWN, names)
    with pytest.raises(InputError, match=r"pool.kin: found '\w+', expected an adapter, repository"):
        by_kin(KNOWN, FAMILIES, Kinship([], names))


def test_names_that_need_not_be_there():
    assert chosen(KNOWN, ["a0", "gone"], all_accepted=False) == ["a0"]
    assert chosen(KNOWN, [], all_accepted=False) == sorted(KNOWN)
    with pytest.raises(InputError, match=r"pool.subpools: found \['gone'\], expected at least one"):
        chosen(KNOWN, ["gone"], all_accepted=False)


def test_a_name_stands_for_one_adapter():
    pool = pd.DataFrame(
        {"adapter": ["o--x", "o--y"], "repo": ["o/x", "o/y"], "owner": ["o", pd.NA]}
    )
    published = pd.DataFrame([{"repo": "o/y", "recipe": "why", "task": "plural"}])
    known = subpools.names(pool, [published])
    assert known == {"o--x": {"o--x", "o/x", "o"}, "o--y": {"o--y", "o/y", "", "why", "plural"}}
    assert subpools.only(known, "why", "experts") == "o--y"
    with pytest.raises(InputError, match="experts: found 'o', expected the name of one adapter"):
        subpools.only(known | {"o--z": {"o"}}, "o", "experts")


@pytest.mark.parametrize("wanted", [(), ("a0",), ("repo/a1",)])
def test_relatives_and_the_unrelated_are_told_apart(wanted):
    relatives, unrelated = by_kin(KNOWN, FAMILIES, Kinship(wanted, ["a0", "repo/a1"]))
    assert relatives == {(): [], ("a0",): ["a0", "a8"], ("repo/a1",): ["a1"]}[wanted]
    assert {*unrelated} == {*NAMES} - RELATED
