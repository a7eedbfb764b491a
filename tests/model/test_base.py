import pytest
import torch
from model_cases import adapter, logits

from recycling.adapters.canonical import Adapter
from recycling.ground.errors import InputError
from recycling.model import base as bases
from recycling.model.branches import Branch

TOKENS = [5, 80, 33, 260, 7]


def test_a_prompt_ends_where_the_answer_begins(toy_base):
    text = toy_base.tokenizer.decode(toy_base.prompt("Count.", "one"))
    assert text == "<|system|>Count.<|end|><|user|>one<|end|><|assistant|>"


@pytest.mark.parametrize("text", ["", "two words", "größer, 数"])
def test_an_answer_ends_its_turn(toy_base, text):
    tokens = toy_base.answer(text)
    assert tokens[-1] == toy_base.tokenizer.eos_token_id
    assert toy_base.tokenizer.decode(tokens, skip_special_tokens=True) == text


def test_linears_are_those_of_the_body(toy_base):
    assert len(toy_base.linears) == 2 * 7
    assert "model.layers.1.self_attn.q_proj" in toy_base.linears
    assert "lm_head" not in toy_base.linears


def test_nothing_of_the_base_is_trained(toy_base):
    assert not any(p.requires_grad for p in toy_base.model.parameters())
    assert not toy_base.model.training


def test_wearing_an_adapter_is_adding_its_updates(toy_base, toy_folder):
    worn = adapter(toy_base, "x", 1, ranks=(1, 3), without=("up_proj",))
    dense = bases.load(toy_folder, "cpu", "float32")
    for module, factors in worn.items():
        dense.linears[module].weight.data += factors.delta()
    bare = logits(toy_base.model, TOKENS)
    with toy_base.wearing(worn):
        changed = logits(toy_base.model, TOKENS)
    torch.testing.assert_close(changed, logits(dense.model, TOKENS), atol=2e-5, rtol=1e-4)
    assert (changed - bare).abs().max() > 0.1
    assert torch.equal(logits(toy_base.model, TOKENS), bare)


@pytest.mark.parametrize("nothing", [None, Adapter("empty", {})])
def test_wearing_nothing_is_the_bare_base(toy_base, nothing):
    bare = logits(toy_base.model, TOKENS)
    with toy_base.wearing(nothing):
        assert torch.equal(logits(toy_base.model, TOKENS), bare)


def test_branches_come_off_after_an_error(toy_base):
    bare = logits(toy_base.model, TOKENS)
    with pytest.raises(ZeroDivisionError), toy_base.wearing(adapter(toy_base, "x", 1)):
        raise ZeroDivisionError
    assert torch.equal(logits(toy_base.model, TOKENS), bare)


def test_a_gate_scales_each_direction():
    a, b, gate = torch.randn(3, 4), torch.randn(5, 3), torch.tensor([1.0, 0.0, -2.0])
    x = torch.randn(2, 4)
    torch.testing.assert_close(Branch(a, b, lambda: gate)(x), x @ (b * gate @ a).T)


def test_bfloat16_base_wears_float32_adapters(toy_base, toy_folder):
    narrow = bases.load(toy_folder, "cpu", "bfloat16")
    worn = adapter(toy_base, "x", 1)
    assert narrow.model.dtype == torch.bfloat16
    with toy_base.wearing(worn), narrow.wearing(worn):
        wide, rounded = logits(toy_base.model, TOKENS), logits(narrow.model, TOKENS)
    assert (wide - rounded).norm() < 0.1 * wide.norm()
    branches = {m: Branch(f.a, f.b) for m, f in worn.items()}
    with narrow.attached(branches):
        assert (logits(narrow.model, TOKENS) - wide).norm() < 0.1 * wide.norm()


def test_unknown_module(toy_base):
    with (
        pytest.raises(InputError, match="adapter: module: found 'nowhere'"),
        toy_base.attached({"nowhere": Branch(torch.zeros(1, 1), torch.zeros(1, 1))}),
    ):
        pass
