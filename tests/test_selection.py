from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from model_cases import factors

from recycling import selection, tables
from recycling.adapters import format as adapters
from recycling.adapters.format import Adapter
from recycling.errors import InputError
from recycling.pool import selected

NAMES = ["alpha", "beta", "delta", "gamma"]
EQUAL = dict.fromkeys(NAMES, 0.5)


def order(selector, names, evidence, seed):
    return [row["adapter"] for row in selection.rank(selector, names, evidence, seed)]


def test_the_best_comes_first():
    rows = selection.rank(
        "evaluation", NAMES, dict(zip(NAMES, [0.1, 0.9, -2.0, 0.4], strict=True)), 1
    )
    assert rows == [
        {"position": 1, "adapter": "beta", "score": 0.9},
        {"position": 2, "adapter": "gamma", "score": 0.4},
        {"position": 3, "adapter": "alpha", "score": 0.1},
        {"position": 4, "adapter": "delta", "score": -2.0},
    ]


def test_rows_are_those_of_the_table(tmp_path):
    rows = selection.rank("random", NAMES, {}, 1)
    tables.write_table(rows, tmp_path / "ranking.tsv", "ranking")
    assert tables.read_table(tmp_path / "ranking.tsv", "ranking")["position"].tolist() == [
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize("selector", sorted(selection.SELECTORS))
def test_no_place_goes_by_the_alphabet(selector):
    orders = [order(selector, NAMES, EQUAL, seed) for seed in range(400)]
    for place in range(4):
        counts = Counter(names[place] for names in orders)
        assert all(70 <= counts[name] <= 130 for name in NAMES)


def test_only_ties_are_shuffled():
    scores = {"alpha": 1.0, "beta": 0.5, "delta": 0.5, "gamma": 0.0}
    seen = {tuple(order("evaluation", NAMES, scores, seed)) for seed in range(20)}
    assert seen == {
        ("alpha", "beta", "delta", "gamma"),
        ("alpha", "delta", "beta", "gamma"),
    }


@given(
    st.permutations(NAMES),
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4),
    st.integers(0, 100),
    st.sampled_from(sorted(selection.SELECTORS)),
)
def test_the_order_of_the_input_does_not_matter(names, scores, seed, selector):
    evidence = dict(zip(NAMES, scores, strict=True))
    turned = {name: evidence[name] for name in names}
    assert order(selector, names, turned, seed) == order(selector, NAMES, evidence, seed)


@pytest.mark.parametrize("selector", sorted(selection.SELECTORS))
@pytest.mark.parametrize("count", [0, 1])
def test_small_pools(selector, count):
    names = NAMES[:count]
    assert order(selector, names, EQUAL, 1) == names


def write_pool(folder):
    for number, name in enumerate(NAMES):
        shard = folder / f"shard-{number % 2}"
        adapters.write(
            Adapter(name, {"q": factors(1, 2, 3, number)}), shard / f"{name}.safetensors"
        )
    rows = [{"position": i, "adapter": n, "score": 1 - i} for i, n in enumerate(NAMES[::-1], 1)]
    tables.write_table(rows, folder / "ranking.tsv", "ranking")
    return folder / "ranking.tsv", [folder / "shard-0", folder / "shard-1"]


@pytest.mark.parametrize("k", [0, 1, 3, 4])
def test_a_merge_takes_the_first_k(tmp_path, k):
    ranking, shards = write_pool(tmp_path)
    assert [a.name for a in selected.first(ranking, shards, k)] == NAMES[::-1][:k]


def test_a_pool_smaller_than_k(tmp_path):
    with pytest.raises(
        InputError, match="pool: accepted adapters: found 4, expected at least k = 5"
    ):
        selected.first(*write_pool(tmp_path), 5)


def test_an_adapter_that_is_in_no_shard(tmp_path):
    ranking, shards = write_pool(tmp_path)
    with pytest.raises(InputError, match="pool: adapter: found 'gamma'"):
        selected.first(ranking, shards[:1], 2)
