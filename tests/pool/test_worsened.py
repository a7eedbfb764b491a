"""Pools that get worse: which adapters are in them at each share."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.community.recipe import Harmful
from recycling.ground.errors import InputError
from recycling.pool import parts, subpools
from recycling.pool.parts import Part
from recycling.pool.subpools import Kinship
from recycling.pool.worsened import Worsening, harmful_adapters, members

RELATIVES = [f"r{i}" for i in range(4)]
UNRELATED = [f"u{i}" for i in range(6)]
VERSIONS = {
    f"{by[0]}-{name}": Harmful(name, by)
    for by in ("negated", "label_shuffled")
    for name in RELATIVES
}
KINDS = ["unrelated", "negated", "label_shuffled"]


def pool(by, share, seed=1, relatives=RELATIVES, unrelated=UNRELATED):
    how = Worsening(relatives, by, share)
    return members(relatives, unrelated, VERSIONS, how, seed)


@pytest.mark.parametrize("by", KINDS)
@given(
    shares=st.lists(st.floats(0, 1), min_size=2, max_size=2).map(sorted), seed=st.integers(0, 99)
)
def test_pools_are_nested_and_of_one_size(by, shares, seed):
    small, large = (pool(by, share, seed) for share in shares)
    assert len(small) == len(large) == len(RELATIVES)
    stay, come = {*large} & {*RELATIVES}, {*small} - {*RELATIVES}
    assert stay <= {*small}
    assert come <= {*large}
    assert len({*large} - {*RELATIVES}) == int(shares[1] * 4 + 0.5)
    assert large == sorted(large)


@pytest.mark.parametrize("share", [0, 0.25, 0.5, 0.75, 1])
def test_the_same_relatives_leave_whatever_comes_and_each_is_replaced_by_its_own_version(share):
    stays = {by: {*pool(by, share)} & {*RELATIVES} for by in KINDS}
    assert stays["unrelated"] == stays["negated"] == stays["label_shuffled"]
    for by in KINDS[1:]:
        come = {*pool(by, share)} - {*RELATIVES}
        assert come == {f"{by[0]}-{name}" for name in {*RELATIVES} - stays[by]}


def test_who_leaves_and_comes_is_drawn_anew_by_the_seed_and_not_by_the_order_of_names():
    drawn = {tuple(pool("unrelated", 0.5, seed)) for seed in range(40)}
    assert len(drawn) > 20
    assert {name for names in drawn for name in names} == {*RELATIVES, *UNRELATED}
    turned = pool("unrelated", 0.5, relatives=RELATIVES[::-1], unrelated=UNRELATED[::-1])
    assert turned == pool("unrelated", 0.5)


def test_too_few_that_can_come_are_an_error():
    with pytest.raises(InputError, match=r"that can replace .*: unrelated: found .*, expected 3 a"):
        pool("unrelated", 0.75, unrelated=UNRELATED[:2])
    with pytest.raises(InputError, match=r": negated: found .*, expected 5 accepted ones"):
        pool("negated", 1, relatives=[*RELATIVES, "r9"])


POOL = pd.DataFrame({"adapter": ["o--x", "o--y", "o--z"], "repo": ["o/x", "o/y", "o/z"]})
PUBLISHED = pd.DataFrame(
    [
        {"repo": "o/x", "recipe": "one", "task": "plural"},
        {"repo": "o/y", "recipe": "one-negated", "task": "plural"},
        {"repo": "o/z", "recipe": "two-negated", "task": "plural"},
        {"repo": "o/rejected", "recipe": "two", "task": "plural"},
    ]
)


def test_harmful_adapters_are_known_by_their_recipes():
    recipes = {
        "one-negated": Harmful("one", "negated"),
        "two-negated": Harmful("two", "negated"),
        "three-negated": Harmful("three", "negated"),
    }
    found = harmful_adapters(POOL, [PUBLISHED], recipes)
    # That of an adapter which was rejected is harmful too, and stands for none.
    assert found == {"o--y": Harmful("o--x", "negated"), "o--z": Harmful("", "negated")}
    assert harmful_adapters(POOL, [], {}) == {}


KNOWN = {name: {name} for name in [*RELATIVES, *UNRELATED]}
FAMILIES = {name: name for name in [*RELATIVES, *UNRELATED, *VERSIONS]}


def ranked(names):
    return [{"position": place, "adapter": name} for place, name in enumerate(names, 1)]


def of(part):
    return [row["adapter"] for row in parts.rows(part, KNOWN, FAMILIES, VERSIONS, ranked, 1)]


def test_each_kind_of_part_has_its_adapters():
    assert of(Part([], True)) == sorted(KNOWN)
    assert of(Part(["u1", "r0"], True)) == ["r0", "u1"]
    assert of(Part([], True, kinship=Kinship(["r1"], RELATIVES))) == ["r1", *UNRELATED]
    worse = Part([], True, worsening=Worsening(RELATIVES, "negated", 0.5))
    assert of(worse) == pool("negated", 0.5)
    assert subpools.chosen(KNOWN, []) == sorted(KNOWN)


@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"kinship": {"wanted": ["r1"], "related": RELATIVES}},
        {"worsening": {"related": RELATIVES, "by": "negated", "share": 0.5}},
    ],
)
def test_a_part_comes_back_from_built_in_values(kind):
    found = parts.part(
        {"only": [], "all_accepted": True, "kinship": None, "worsening": None} | kind
    )
    records = {"kinship": Kinship, "worsening": Worsening}
    assert found == Part([], True, **{key: records[key](**given) for key, given in kind.items()})
