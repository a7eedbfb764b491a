"""What the probe says of an adapter is the largest change of a logit in a plain forward pass."""

import pytest
import torch
from model_cases import adapter, logits

from recycling.adapters.canonical import Adapter, Factors
from recycling.model import probe


def test_effects_are_those_of_plain_passes(toy_base):
    tokens = toy_base.prompt(*probe.PROMPT)
    bare = logits(toy_base.model, tokens)
    pool = [adapter(toy_base, f"a{seed}", seed) for seed in range(3)]
    found = dict(probe.effects(toy_base, pool))
    assert list(found) == ["a0", "a1", "a2"]
    for one in pool:
        with toy_base.wearing(one):
            moved = logits(toy_base.model, tokens)
        assert found[one.name] == pytest.approx(float((moved - bare).abs().max()), rel=1e-4)


def test_an_update_that_no_token_meets_has_no_effect(toy_base):
    module, linear = next(iter(toy_base.linears.items()))
    zero = Factors(torch.ones(1, linear.in_features), torch.zeros(linear.out_features, 1))
    assert dict(probe.effects(toy_base, [Adapter("zero", {module: zero})])) == {"zero": 0.0}


def test_the_base_is_bare_again(toy_base):
    tokens = toy_base.prompt(*probe.PROMPT)
    before = logits(toy_base.model, tokens)
    list(probe.effects(toy_base, [adapter(toy_base, "loud", 1)]))
    assert torch.equal(logits(toy_base.model, tokens), before)
