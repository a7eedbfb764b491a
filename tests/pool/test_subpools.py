import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.pool import subpools
from recycling.pool.subpools import Kinship, by_kin, draw

NAMES = [f"a{i}" for i in range(9)]
KNOWN = {name: {name, f"repo/{name}", "ann" if name < "a4" else "ben"} for name in NAMES}
FAMILIES = {**{name: name for name in NAMES}, "a8": "a0"}
RELATED = {"a0", "a1", "a8"}  # a8 is a copy of a0


def drawn(subpool, seed=1, relatives=("a0", "repo/a1")):
    return draw(KNOWN, FAMILIES, subpool, relatives, seed)


def test_the_whole_pool():
    assert drawn({}) == NAMES
    assert drawn({}, relatives=[]) == NAMES


def test_without_relatives_their_copies_are_gone_too():
    assert set(drawn({"relatives": 0})) == {*NAMES} - RELATED


def test_nothing_but_relatives():
    assert set(drawn({"others": 0})) == RELATED


def test_only_the_named():
    assert drawn({"only": ["ann", "repo/a7"]}) == ["a0", "a1", "a2", "a3", "a7"]
    assert drawn({"only": ["ann"], "relatives": 0}) == ["a2", "a3"]


@given(st.integers(0, 3), st.integers(0, 6), st.integers(0, 50))
def test_so_many_relatives_among_so_many_others(relatives, others, seed):
    names = drawn({"relatives": relatives, "others": others}, seed)
    assert names == sorted(set(names))
    assert len({*names} & RELATED) == relatives
    assert len({*names} - RELATED) == others


def test_a_dilution_is_drawn_evenly_and_anew_for_each_seed():
    pools = [drawn({"relatives": 1, "others": 2}, seed) for seed in range(600)]
    for name in NAMES:
        found = sum(name in pool for pool in pools)
        assert 150 <= found <= 250, name
    assert drawn({"relatives": 1, "others": 2}, 3) == pools[3]


@pytest.mark.parametrize(("subpool", "found"), [({"relatives": 4}, 3), ({"others": 7}, 6)])
def test_more_than_there_are(subpool, found):
    with pytest.raises(InputError, match=rf"pool: \w+: found {found}, expected at least"):
        drawn(subpool)


@pytest.mark.parametrize("relatives", [["a0", "gone"], ["a"], ["repo"]])
def test_a_name_that_no_accepted_adapter_goes_by_is_an_error(relatives):
    with pytest.raises(InputError, match=r"pool.relatives: found '\w+', expected an adapter, rep"):
        drawn({"relatives": 0}, relatives=relatives)
    with pytest.raises(InputError, match=r"pool.subpools: found"):
        drawn({"only": relatives}, relatives=[])


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


def test_a_relative_that_is_not_there_is_an_error():
    with pytest.raises(InputError, match=r"pool.kin: found 'gone', expected an adapter, rep"):
        by_kin(KNOWN, FAMILIES, Kinship([], ["gone"]))
