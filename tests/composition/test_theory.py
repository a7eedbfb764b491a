"""The one-layer model: closed forms of the edits, and the proposition over many draws."""

import math

import pandas as pd
import pytest
import torch

from recycling.adapters import lowrank
from recycling.composition import theory

PAIRS, DRAWS = [16, 32], 12


@pytest.fixture(scope="module")
def table():
    rows = [row for draw in range(DRAWS) for row in theory.sweep(PAIRS, [1, 4, 16], draw, 3)]
    return pd.DataFrame(rows)


def test_the_edit_of_one_fact_is_the_paper_s_rank_one_update():
    layer, memory = theory.draw(8, "overwritten", 0)
    key = layer.keys(layer.subjects, 0)[:1]
    old = int((memory @ key[0]).argmax())
    new = (old + 1) % 8
    update = torch.zeros(len(memory), dtype=torch.float64)
    update[new], update[old] = 1, -1
    expected = torch.outer(update, key[0]) / key.square().sum()
    found = theory.edit(memory, key, torch.tensor([new])).delta()
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=0)


def test_the_edit_is_the_smallest_that_answers_its_facts():
    layer, memory = theory.draw(8, "fresh", 0)
    keys = layer.keys(layer.subjects, 0)
    found = theory.edit(memory, keys, layer.first)
    wanted = torch.eye(16, dtype=torch.float64)[layer.first] - keys @ memory.T
    # The pseudo-inverse gives the solution of least norm.
    torch.testing.assert_close(found.delta(), (torch.linalg.pinv(keys) @ wanted).T)
    assert lowrank.numerical_rank(lowrank.svd(found)[1]) <= 8


def test_two_hops_in_one_pass_are_chance_at_every_rank_and_rule(table):
    pair = table[table["library"].isin(["AB", "BC", "L2"])]
    for (n, *_), rows in pair.groupby(["pairs", "facts", "rank", "library", "rule"]):
        error = math.sqrt(1 / n * (1 - 1 / n) / (n * len(rows)))
        assert abs(rows["two_hop"].mean() - 1 / n) < 3 * error


def test_a_second_pass_composes_wherever_both_hops_are_known(table):
    both = table[(table["library"] == "L2") & (table[["hop1", "hop2"]].min(axis=1) >= 0.98)]
    assert set(both["rule"]) >= {"sum", "uniform"}
    assert (both["chain_of_thought"] >= 0.95).all()
    assert (both[both["rule"] == "sum"]["recurrence"] >= 0.95).all()


def test_only_the_expert_of_the_composed_facts_answers_them_in_one_pass(table):
    full = table[table["rank"] == table["pairs"]]
    assert (full[full["library"] == "AC"]["two_hop"] == 1).all()
    assert full[(full["library"] == "L3") & (full["rule"] == "uniform")]["two_hop"].mean() > 0.9


def test_a_half_weight_ties_an_overwritten_fact_and_keeps_a_fresh_one(table):
    uniform = table[
        (table["library"] == "L2")
        & (table["rule"] == "uniform")
        & (table["rank"] == table["pairs"])
    ]
    hops = uniform.groupby("facts")[["hop1", "hop2"]].mean()
    assert (hops.loc["fresh"] == 1).all()
    # A new fact that equals the old one survives: one in N of random bijections.
    assert (hops.loc["overwritten"] < 0.15).all()


def test_same_seed_same_rows():
    first, second = (list(theory.sweep([4], [], 0, 5)) for _ in range(2))
    assert first == second
    assert list(theory.sweep([4], [], 1, 5)) != first
