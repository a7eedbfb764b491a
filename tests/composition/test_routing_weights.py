"""Weights of routed experts by place and layer, against the branch itself."""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from model_cases import adapter

from recycling.adapters.routed import Routed
from recycling.composition import results, routing_weights, two_hop
from recycling.composition.subject import Subject
from recycling.ground.errors import InputError
from recycling.merging.problem import Problem
from recycling.merging.routing import arrow
from recycling.model import scratch

SUBJECT = two_hop.two_hop(0, familiar=6, pairs=3, rows=90, templates=3)
QUESTIONS = SUBJECT.questions("F")


@pytest.fixture(scope="module")
def base():
    return scratch.create(SUBJECT.words, 16, 2, 0)


@pytest.fixture(scope="module")
def routed(base) -> Routed:
    adapters = [adapter(base, name, seed) for seed, name in enumerate(["AB", "BC"])]
    return arrow(Problem(adapters, False, "", [], [], 0, lambda: base)).routed


@pytest.fixture(scope="module")
def weights(base, routed):
    turns = {form: [routed] for form in QUESTIONS}
    return pd.DataFrame(routing_weights.expert_weights(base, SUBJECT, QUESTIONS, turns))


def test_every_token_layer_and_expert_has_its_weight(weights):
    places = {"chain": 14, "direct": 6}
    assert len(weights) == sum(places.values()) * 3 * 2 * 2
    keys = ["form", "example", "place", "layer"]
    assert weights.groupby(keys)["weight"].sum().to_numpy() == pytest.approx(1)
    # Two experts share nothing: one of them is the largest in each module.
    assert weights.groupby(keys)["largest"].sum().to_numpy() == pytest.approx(1)


def test_the_first_layer_s_weights_are_the_branches_own(base, routed, weights):
    question = QUESTIONS["direct"][0]
    tokens = [*base.prompt("", question.input), *base.answer(question.answers[0])[:-1]]
    embedded = base.model.get_input_embeddings()(torch.tensor(tokens))
    normed = base.model.model.layers[0].input_layernorm(embedded)
    found = routing_weights._weights(base, [question], SUBJECT.roles["direct"], routed)[0]
    # The order in which attention calls its modules.
    for number, end in enumerate(("q_proj", "k_proj", "v_proj")):
        name = f"model.layers.0.self_attn.{end}"
        expected = base.routed(routed, routed.modules[name]).weights(normed)
        torch.testing.assert_close(found[number, 0], expected)


def test_roles_name_the_tokens_that_write_bridge_and_answer(base):
    chain = QUESTIONS["chain"][0]
    words = ["<begin>", *chain.input.split(), *chain.answers[0].split()]
    roles = SUBJECT.roles["chain"]
    assert len(words) == len(roles)
    at = dict(zip(roles, words, strict=True))
    assert (at["before the bridge"], at["before the answer"], at["SEP"]) == ("ANS", "ANS", "SEP")
    assert at["bridge"] == at["bridge again"] == QUESTIONS["hop1"][0].answers[0]
    assert at["answer"] == QUESTIONS["hop2"][0].answers[0]
    assert at["entity"] == at["entity again"]


def test_nothing_is_seen_of_what_is_not_routed(base, routed):
    single = adapter(base, "AB", 1)
    assert (
        routing_weights.expert_weights(base, SUBJECT, QUESTIONS, {f: [single] for f in QUESTIONS})
        == []
    )


def test_roles_that_do_not_fit_the_questions(base, routed):
    wrong = Subject(**{**vars(SUBJECT), "roles": {"hop1": ("start",)}})
    with pytest.raises(
        InputError, match="routing: tokens of a question: found \\[5\\], expected 1"
    ):
        routing_weights.expert_weights(
            base, wrong, QUESTIONS, {form: [routed] for form in QUESTIONS}
        )


def test_a_module_outside_the_layers(base, routed):
    outside = replace(routed, modules={"model.project_in": next(iter(routed.modules.values()))})
    with pytest.raises(
        InputError, match=r"routing: module: found 'model.project_in', expected a module of a num"
    ):
        routing_weights.expert_weights(
            base, SUBJECT, QUESTIONS, {form: [outside] for form in QUESTIONS}
        )


def test_the_table_has_the_mean_weight_of_each_place(weights):
    both = pd.concat([weights.assign(replicate=r) for r in "01"])
    table = results.routing(both.assign(scene="F", library="L2", rule="arrow"))
    assert len(table) == (14 + 6) * 2 * 2
    key = {"form": "chain", "role": "before the bridge", "layer": 1, "expert": "AB"}
    [row] = [row for _, row in table.iterrows() if all(row[k] == v for k, v in key.items())]
    part = weights
    for column, value in key.items():
        part = part[part[column] == value]
    assert row["weight"] == pytest.approx(part["weight"].mean())
    assert row["largest"] == pytest.approx(part["largest"].mean())
    assert row["low"] <= row["weight"] <= row["high"]
    assert (row["n"], row["replicates"]) == (6, 2)
