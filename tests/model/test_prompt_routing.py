"""Adapters that each prompt weighs, against dense float64 and against wearing one sum at a time."""

import pytest
import torch
from model_cases import INSTRUCTION, ROWS, adapter, problem

from recycling.adapters import routed as files
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground.errors import InputError
from recycling.merging.routing import arrow, logo
from recycling.model import prompt_routing
from recycling.model.scoring import predict

HEARD = "model.layers.1.self_attn.q_proj"


@pytest.fixture(scope="module")
def pool(toy_base):
    """Three adapters; the last lacks the module that is listened to."""
    return [
        adapter(toy_base, "one", 1, ranks=(2, 1)),
        adapter(toy_base, "two", 2, ranks=(1, 3)),
        adapter(toy_base, "three", 3, without=("layers.1.self_attn.q_proj",)),
    ]


@pytest.fixture(scope="module")
def prompts(toy_base):
    return [toy_base.prompt(INSTRUCTION, row.input) for row in ROWS]


def heard(base, prompt):
    """The input of the module at the last token, in a pass of the prompt alone."""
    seen = []
    hook = base.linears[HEARD].register_forward_hook(lambda _, x, __: seen.append(x[0][0, -1]))
    with torch.inference_mode():
        base.model(input_ids=torch.tensor([prompt]))
    hook.remove()
    return seen[0].double()


@pytest.mark.parametrize("signal", ["norm", "entropy"])
@pytest.mark.parametrize("top_k", [1, 2, 3])
def test_weights_are_those_of_the_dense_updates(toy_base, pool, prompts, signal, top_k):
    routed = logo(problem(pool), top_k=top_k, signal=signal).routed
    assert routed.by_prompt == files.ByPrompt(HEARD, signal)
    found = prompt_routing.weights(toy_base, routed, prompts)
    for prompt, shares in zip(prompts, found, strict=True):
        x = heard(toy_base, prompt)
        signals = []
        for one in pool:
            if HEARD not in one:
                signals.append(0.0)
                continue
            added = one[HEARD].delta().double() @ x
            p = added.softmax(0)
            signals.append(float(added.norm() if signal == "norm" else 1 / -(p * p.log()).sum()))
        kept = sorted(signals)[::-1][:top_k]
        expected = [s / sum(kept) if s in kept else 0.0 for s in signals]
        assert shares.tolist() == pytest.approx(expected, rel=1e-4)


def test_each_prompt_is_answered_by_its_own_sum(toy_base, pool, prompts, capsys):
    routed = logo(problem(pool), top_k=2).routed
    found = prompt_routing.predicted(toy_base, routed, INSTRUCTION, ROWS, 4, "rows")
    assert capsys.readouterr().out.startswith("rows 6/6")
    assert len({tuple(s) for s in prompt_routing.weights(toy_base, routed, prompts).tolist()}) > 1
    for row, prompt, prediction in zip(ROWS, prompts, found, strict=True):
        [shares] = prompt_routing.weights(toy_base, routed, [prompt]).tolist()
        modules = {}
        for module in problem(pool).modules:
            parts = [(w, one[module]) for w, one in zip(shares, pool, strict=True) if module in one]
            a = torch.cat([f.a for _, f in parts])
            b = torch.cat([w * f.b for w, f in parts], 1)
            modules[module] = type(parts[0][1])(a, b)
        with toy_base.wearing(Adapter("sum", modules)):
            [expected] = predict(toy_base, INSTRUCTION, [row], 4)
        assert prediction.output == expected.output
        assert prediction.answer_nll == pytest.approx(expected.answer_nll, rel=1e-4)
        assert prediction.choice_nll == pytest.approx(expected.choice_nll, rel=1e-4)


def test_one_adapter_and_copies_of_it_are_that_adapter(toy_base, pool):
    copies = [Adapter(name, pool[0].modules) for name in ("a", "b", "c")]
    with toy_base.wearing(pool[0]):
        expected = predict(toy_base, INSTRUCTION, ROWS, 4)
    for some in (copies[:1], copies):
        routed = logo(problem(some)).routed
        found = prompt_routing.predicted(toy_base, routed, INSTRUCTION, ROWS, 4, "rows")
        for ours, theirs in zip(found, expected, strict=True):
            assert ours.output == theirs.output
            assert ours.answer_nll == pytest.approx(theirs.answer_nll, rel=1e-4)


def test_without_any_signal_all_share_equally(toy_base, pool, prompts):
    silent = [
        Adapter(one.name, {m: f.scaled(0.0) if m == HEARD else f for m, f in one.items()})
        for one in pool
    ]
    found = prompt_routing.weights(toy_base, logo(problem(silent), top_k=2).routed, prompts)
    torch.testing.assert_close(found, torch.full_like(found, 1 / 3))
    assert prompt_routing.weights(toy_base, logo(problem(pool)).routed, []).shape == (0, 3)


def test_experts_that_are_certain_share_what_they_weigh(toy_base, pool, prompts):
    """The entropy of a softmax of one sign is 0 to rounding, and its inverse no number."""
    certain = [
        Adapter(one.name, {m: f.scaled(1e6) if m == HEARD else f for m, f in one.items()})
        for one in pool
    ]
    routed = logo(problem(certain), top_k=3, signal="entropy").routed
    found = prompt_routing.weights(toy_base, routed, prompts)
    torch.testing.assert_close(found.sum(1), torch.ones(len(prompts), dtype=found.dtype))
    assert torch.equal(found[:, 2], torch.zeros_like(found[:, 2]))


def test_what_is_saved_is_read_again(toy_base, pool, prompts, tmp_path):
    merged = logo(problem(pool), top_k=2, signal="entropy")
    files.write(merged.routed, tmp_path, "toy")
    again = files.read(tmp_path)
    assert again.by_prompt == merged.routed.by_prompt
    before, after = (prompt_routing.weights(toy_base, r, prompts) for r in (merged.routed, again))
    assert torch.equal(before, after)
    assert merged.coefficient_means(pool) is None
    assert merged.details == {"signal": "entropy", "module": HEARD}


def test_what_prompts_weigh_is_not_worn_as_it_is(toy_base, pool):
    expected = r"by_prompt: found 'norm', expected adapters that each token weighs"
    with pytest.raises(InputError, match=expected), toy_base.wearing(logo(problem(pool)).routed):
        pass


def test_what_tokens_weigh_has_no_weights_of_a_prompt(toy_base, pool):
    with pytest.raises(InputError, match="by_prompt: found None, expected adapters that prompts"):
        prompt_routing.weights(toy_base, arrow(problem(pool)).routed, [])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top_k": 0}, "top_k: found 0, expected at least 1"),
        ({"signal": "loud"}, "signal: found 'loud', expected norm or entropy"),
        ({"kind": "c_attn"}, r"kind: found 'c_attn', expected one of \['down_proj'"),
    ],
)
def test_refused_options(pool, options, message):
    with pytest.raises(InputError, match=f"merge logo: {message}"):
        logo(problem(pool), **options)


def test_experts_are_brought_to_the_base_once(toy_base, pool, monkeypatch):
    placed = []
    to = Factors.to
    monkeypatch.setattr(Factors, "to", lambda one, device: placed.append(device) or to(one, device))
    worn = logo(problem(pool), top_k=2).routed
    prompt_routing.predicted(toy_base, worn, INSTRUCTION, ROWS, 2, "rows")
    assert placed == [toy_base.device] * len(worn.modules)
