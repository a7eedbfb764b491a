"""The tree reads a base as transformers does, or the base is refused in one line."""

from dataclasses import replace
from shutil import copytree

import pytest
import torch
from families import SMALL, WINDOW
from model_cases import example
from toy.base import tokenizer
from transformers import (
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GraniteConfig,
    GraniteForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PretrainedConfig,
)

from recycling.ground.errors import InputError
from recycling.model import about, layers, selftest
from recycling.model import base as bases
from recycling.model.base import Base
from recycling.model.scoring import predict
from recycling.model.training import loss
from recycling.model.tree import TokenTree

FAMILIES = {
    "llama": (LlamaForCausalLM, LlamaConfig, {}),
    "granite": (GraniteForCausalLM, GraniteConfig, {"logits_scaling": 6.0}),
    "gemma2": (
        Gemma2ForCausalLM,
        Gemma2Config,
        {"final_logit_softcapping": 3.0, "sliding_window": WINDOW}
        | {"attn_logit_softcapping": 1.0, "query_pre_attn_scalar": 8},
    ),
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig,
        {"sliding_window": WINDOW, "query_pre_attn_scalar": 8}
        | {"layer_types": ["sliding_attention", "full_attention"]},
    ),
    "mistral": (MistralForCausalLM, MistralConfig, {"sliding_window": WINDOW}),
}


def built(name, attention="sdpa", **changed):
    kind, config, options = FAMILIES[name]
    words = tokenizer()
    settings = config(
        vocab_size=len(words),
        pad_token_id=None,
        bos_token_id=None,
        # Wider than usual, so that a fault moves every answer.
        initializer_range=0.2,
        **SMALL | options | changed,
    )
    settings._attn_implementation = attention
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = kind(settings)
    return Base(model, words)


def saved(base, folder):
    base.model.save_pretrained(folder)
    base.tokenizer.save_pretrained(folder)
    return folder


def worst(found):
    return max(found.branches, found.long, found.greedy)


@pytest.mark.parametrize("name", ["llama", "granite", "gemma3", "mistral"])
def test_families_that_are_read_right(name):
    base = built(name)
    found = selftest.compare(base)
    selftest.check(found, base)
    assert worst(found) < 1e-4


@pytest.mark.parametrize("attention", about.ATTENTION)
def test_every_fault_that_was_mended_would_be_found(attention, monkeypatch):
    """A scale of the logits, a window and a cap on the scores: each left out on purpose."""
    granite = built("granite", attention)
    with monkeypatch.context() as patched:
        plain = granite.output_layer
        patched.setattr(granite, "logits", lambda states: plain(states).float())
        assert worst(selftest.compare(granite)) > 0.1
    for name in ("gemma3", "mistral"):
        windowed = built(name, attention)
        with monkeypatch.context() as patched:
            patched.setattr(layers, "masks", lambda config, tree, start=0: tree.visible(start))
            found = selftest.compare(windowed)
        assert found.long > 0.01
        with pytest.raises(InputError, match=r"base: self-test \((branches|long)\): found .a diff"):
            selftest.check(found, windowed)


def test_attention_is_eager_where_there_is_no_fused_kernel(tmp_path, capsys):
    known = about.examine(saved(built("gemma2", "eager"), tmp_path / "base"), "cpu", "float32")
    assert known.attention == "eager"
    assert max(known.difference.values()) < 1e-4
    assert "attention sdpa: Gemma2ForCausalLM does not support" in capsys.readouterr().out


def test_attention_is_eager_where_the_fused_kernel_is_wrong(toy_folder, monkeypatch, capsys):
    right = selftest.compare

    def compare(base):
        found = right(base)
        fused = base.model.config._attn_implementation == "sdpa"
        return replace(found, long=1.0) if fused or everywhere else found

    monkeypatch.setattr(selftest, "compare", compare)
    everywhere = False
    assert about.examine(toy_folder, "cpu", "float32").attention == "eager"
    assert "attention sdpa: base: self-test (long): found" in capsys.readouterr().out
    everywhere = True
    with pytest.raises(
        InputError, match=r"base: self-test \(long\): found .a difference of 1 nats"
    ):
        about.examine(toy_folder, "cpu", "float32")


@pytest.mark.parametrize("name", ["gemma3", "mistral", "gemma2"])
def test_beyond_the_window_rows_share_a_tree_as_if_they_were_alone(name):
    base = built(name, "eager")
    rows = [example(n, "a word " * 12 + str(n), f"{n} " * (2 * n)) for n in range(1, 4)]
    together = loss(base, "Count.", rows).item()
    tokens = [len(base.answer(row.answers[0])) for row in rows]
    alone = []
    for row in rows:
        prompt, answer = base.prompt("Count.", row.input), base.answer(row.answers[0])
        assert len(prompt) > 2 * WINDOW
        logits = selftest._plain(base, [*prompt, *answer])[len(prompt) - 1 : -1]
        alone.append(torch.nn.functional.cross_entropy(logits, torch.tensor(answer)).item())
    mean = sum(n * nll for n, nll in zip(tokens, alone, strict=True)) / sum(tokens)
    assert together == pytest.approx(mean, rel=1e-5)
    [found] = predict(base, "Count.", rows[:1], 6)
    ids = torch.tensor([base.prompt("Count.", rows[0].input)])
    plain = base.model.generate(ids, max_new_tokens=6, do_sample=False, pad_token_id=0)
    said = plain[0, ids.shape[1] :].tolist()
    assert found.output == base.tokenizer.decode(said)


def test_a_mask_knows_the_window_by_depth():
    base = built("gemma3")
    tree = TokenTree()
    shared = tree.add([7] * (WINDOW + 4))
    for token in (8, 9):
        tree.add([token], below=shared[-1])
    found = layers.masks(base.model.config, tree)
    assert set(found) == {"full_attention", "sliding_attention"}
    assert found["full_attention"].equal(tree.visible())
    assert found["sliding_attention"].sum(1).max() == WINDOW
    # Both leaves are at the same depth and see the same tokens before them.
    near = found["sliding_attention"]
    assert near[-1, :-2].equal(near[-2, :-2])
    assert not near[-1, -2]
    assert layers.masks(built("llama").model.config, tree).equal(tree.visible())


def test_the_window_of_a_base():
    assert built("llama").window == 1024
    assert built("mistral").window == 1024
    wide = built("mistral", sliding_window=layers.TESTED, max_position_embeddings=10**5)
    assert wide.window == layers.TESTED
    unlimited, words = PretrainedConfig(), tokenizer()
    words.model_max_length = 77
    assert layers.window(unlimited, words) == 77
    with pytest.raises(InputError, match="base: max_position_embeddings: found None, expected the"):
        layers.window(unlimited, tokenizer())


def test_an_architecture_that_cannot_be_read_so(monkeypatch):
    base = built("llama")
    monkeypatch.setattr(base, "read", lambda *_: 1 / 0)
    with pytest.raises(
        InputError, match=r"self-test \(branches\): found 'ZeroDivisionError.*alone"
    ):
        selftest.compare(base)


def test_what_is_not_a_number_is_refused():
    base = built("llama")
    found = replace(selftest.compare(base), greedy=float("nan"))
    with pytest.raises(InputError, match=r"self-test \(greedy\): found .a difference of nan nats"):
        selftest.check(found, base)


def test_a_tokenizer_that_joins_prompt_and_answer_otherwise(monkeypatch):
    base = built("llama")
    selftest.encoded_alike(base)
    monkeypatch.setattr(type(base.conversation), "answer", lambda self, text: self.encode(text))
    with pytest.raises(InputError, match="base: tokens of the answer 'Paris': found"):
        selftest.encoded_alike(base)


def test_what_is_known_of_the_toy_base(toy_folder, toy_base):
    known = about.examine(toy_folder, "cpu", "bfloat16")
    assert known.tested_in == "float32"
    assert max(known.difference.values()) < 1e-4
    assert (known.architecture, known.modules, known.window) == ("LlamaForCausalLM", 14, 2048)
    assert (known.end_of_turn, known.stops, known.instruction) == ("<|end|>", ["<|end|>"], "system")
    assert (known.attention, known.sliding_window) == ("sdpa", None)
    assert known.parameters == toy_base.model.num_parameters()
    said = "\n".join(about.lines(known))
    assert "an answer ends with '<|end|>'" in said
    assert "WARNING" not in said


def test_a_base_that_thinks_aloud_is_told(toy_folder):
    known = about.examine(toy_folder, "cpu", "float32")
    said = about.lines(replace(known, opens_a_thought=True, sliding_window=512))
    assert any(
        line.startswith("WARNING: this base begins its answers by thinking") for line in said
    )
    assert any("the last 512 tokens" in line for line in said)


def test_a_base_without_linear_modules(toy_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(Base, "linears", {})
    with pytest.raises(InputError, match="base: linear modules: found 0, expected at least one"):
        about.examine(copytree(toy_folder, tmp_path / "base"), "cpu", "float32")


def test_a_large_base_is_tested_in_the_format_of_the_study(toy_folder, monkeypatch):
    monkeypatch.setattr(about, "SMALL", 1)
    assert about.examine(toy_folder, "cpu", "bfloat16").tested_in == "bfloat16"


def test_the_base_is_opened_with_the_attention_that_passed(toy_folder):
    for attention in about.ATTENTION:
        base = bases.load(toy_folder, "cpu", "float32", attention)
        assert base.model.config._attn_implementation == attention
