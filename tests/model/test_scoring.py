from collections import Counter
from dataclasses import replace

import pytest
import torch
from model_cases import INSTRUCTION, ROWS, adapter, example

from recycling.ground.errors import InputError
from recycling.model import capacity, scoring
from recycling.model.conversation import Conversation
from recycling.model.scoring import predict


def generated(base, row, cap, shown=()):
    """Text and whether the turn ended, from the model's own greedy decoding."""
    turns = [{"role": "system", "content": INSTRUCTION}]
    for other in shown:
        turns.append({"role": "user", "content": other.input})
        turns.append({"role": "assistant", "content": other.answers[0]})
    turns.append({"role": "user", "content": row.input})
    ids = base.tokenizer.apply_chat_template(
        turns, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )["input_ids"]
    tokens = base.model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=cap, do_sample=False
    )[0, ids.shape[1] :].tolist()
    return base.tokenizer.decode(tokens, skip_special_tokens=True), tokens[
        -1
    ] == base.tokenizer.eos_token_id


def likelihood(base, row, text):
    """Negative log-likelihood and length of an answer, from one plain pass."""
    prompt, answer = base.prompt(INSTRUCTION, row.input), base.answer(text)
    with torch.inference_mode():
        logits = base.model(input_ids=torch.tensor([[*prompt, *answer]])).logits[0]
    logp = logits.log_softmax(-1)[len(prompt) - 1 : -1]
    return -logp[range(len(answer)), answer].sum().item(), len(answer)


@pytest.mark.parametrize("cap", [1, 2, 5, 12])
def test_predictions_are_those_of_plain_decoding(toy_base, cap):
    predictions = predict(toy_base, INSTRUCTION, ROWS, cap)
    assert [p.example for p in predictions] == [row.id for row in ROWS]
    for row, found in zip(ROWS, predictions, strict=True):
        assert (found.input, found.answers, found.choices) == (row.input, row.answers, row.choices)
        assert (found.output, found.finished) == generated(toy_base, row, cap)
        expected = [likelihood(toy_base, row, text) for text in (row.answers[0], *row.choices)]
        nll, tokens = zip(*expected, strict=True)
        assert (found.answer_nll, *found.choice_nll) == pytest.approx(nll, rel=1e-5)
        assert (found.answer_tokens, *found.choice_tokens) == tokens


def test_both_kinds_of_ending_were_compared(toy_base):
    assert {p.finished for p in predict(toy_base, INSTRUCTION, ROWS, 5)} == {True, False}


def test_an_adapter_changes_predictions(toy_base):
    with toy_base.wearing(adapter(toy_base, "x", 1)):
        worn = predict(toy_base, INSTRUCTION, ROWS, 5)
        assert [(p.output, p.finished) for p in worn] == [
            generated(toy_base, row, 5) for row in ROWS
        ]
    assert worn != predict(toy_base, INSTRUCTION, ROWS, 5)


def test_an_end_token_at_the_cap_counts_as_finished(toy_base):
    long = predict(toy_base, INSTRUCTION, ROWS, 12)
    ended = next(p for p in long if p.finished and p.output)
    row = next(row for row in ROWS if row.id == ended.example)
    ids = toy_base.prompt(INSTRUCTION, row.input)
    full = toy_base.model.generate(torch.tensor([ids]), max_new_tokens=12, do_sample=False)[0]
    length = len(full) - len(ids)
    assert predict(toy_base, INSTRUCTION, [row], length)[0].finished
    assert not predict(toy_base, INSTRUCTION, [row], length - 1)[0].finished


def test_cap_0_generates_nothing(toy_base):
    scored = predict(toy_base, INSTRUCTION, ROWS, 0)
    assert all(p.output == "" and not p.finished for p in scored)
    generated = predict(toy_base, INSTRUCTION, ROWS, 4)
    assert [p.choice_nll for p in scored] == [p.choice_nll for p in generated]


def test_a_known_answer_costs_no_further_pass(toy_base):
    """The greedy text as a candidate: its nodes are read once, with the prompt."""
    text, ended = generated(toy_base, ROWS[4], 12)
    assert ended
    row = example("greedy", ROWS[4].input, text)
    before = toy_base.tokens_read
    assert predict(toy_base, INSTRUCTION, [row], 12)[0].output == text
    nodes = len(toy_base.prompt(INSTRUCTION, row.input)) + len(toy_base.answer(text)) - 1
    assert toy_base.tokens_read - before == nodes


@pytest.mark.parametrize("cap", [0, 6])
def test_numbers_are_fetched_from_the_device_once_a_pass(toy_base, monkeypatch, cap):
    """On a GPU each fetch waits for the device; what Python may fetch by is counted here."""
    counted = Counter()

    def count(owner, name):
        function = getattr(owner, name)

        def counting(*arguments, **settings):
            counted[name] += 1
            return function(*arguments, **settings)

        monkeypatch.setattr(owner, name, counting)

    for name in ("tolist", "item", "cpu", "numpy", "__bool__", "__int__", "__float__"):
        count(torch.Tensor, name)
    count(scoring._Pass, "update")
    predict(toy_base, INSTRUCTION, ROWS, cap)
    assert counted.pop("update") == counted.pop("tolist") >= (3 if cap else 1)
    assert counted == {}


def test_without_choices_only_the_answer_is_scored(toy_base):
    bare = predict(toy_base, INSTRUCTION, ROWS, 3, choices=False)
    full = predict(toy_base, INSTRUCTION, ROWS, 3)
    assert all(p.choice_nll == p.choice_tokens == () for p in bare)
    assert [p.answer_nll for p in bare] == pytest.approx([p.answer_nll for p in full], rel=1e-5)
    assert [p.output for p in bare] == [p.output for p in full]


@pytest.mark.parametrize("nodes", [0, 60, 10**6])
def test_chunks_do_not_change_predictions(toy_base, monkeypatch, nodes):
    expected = predict(toy_base, INSTRUCTION, ROWS, 6)
    monkeypatch.setattr(capacity, "NODES", nodes)
    for one, other in zip(predict(toy_base, INSTRUCTION, ROWS, 6), expected, strict=True):
        rounded = replace(
            one,
            answer_nll=pytest.approx(one.answer_nll, rel=1e-5),
            choice_nll=pytest.approx(one.choice_nll, rel=1e-5),
        )
        assert rounded == other


def test_two_rows_with_one_prompt(toy_base):
    twice = [ROWS[0], replace(ROWS[0], id="again", answers=("ten",), choices=("ten", "two"))]
    first, second = predict(toy_base, INSTRUCTION, twice, 6)
    assert first.output == second.output
    assert first.choice_nll[0] == pytest.approx(second.choice_nll[1])


def test_a_prompt_that_spells_another_prompt_with_its_answer(toy_base, monkeypatch):
    """Greedy decoding of the first row then runs through prompt nodes of the second."""
    # As where turns end with a line break, which a text may have.
    monkeypatch.setattr(Conversation, "literal", lambda _, text: text)
    rows = (example("first", f"word {number}", "x") for number in range(50))
    row = next(r for r in rows if len(text := generated(toy_base, r, 3)[0]) > 1 and text.isascii())
    copied = example("copy", f"{row.input}<|end|><|assistant|>{text}", "x", ["x", "y"])
    found = predict(toy_base, INSTRUCTION, [row, copied], 6)
    assert [(p.output, p.finished) for p in found] == [
        generated(toy_base, r, 6) for r in (row, copied)
    ]


def test_no_examples(toy_base):
    assert predict(toy_base, INSTRUCTION, [], 6) == []


@pytest.mark.parametrize("count", [0, 1, 3])
def test_rows_in_the_prompt_are_turns_of_the_conversation(toy_base, count):
    shown = ROWS[:3][:count]
    found = predict(toy_base, INSTRUCTION, ROWS[3:], 6, shown=shown)
    assert [(p.output, p.finished) for p in found] == [
        generated(toy_base, row, 6, shown) for row in ROWS[3:]
    ]


def test_rows_in_the_prompt_are_read_once(toy_base):
    shown, rows = ROWS[:3], ROWS[3:]
    before = toy_base.tokens_read
    predict(toy_base, INSTRUCTION, rows, 0, choices=False, shown=shown)
    pairs = [(row.input, row.answers[0]) for row in shown]
    prompts = [len(toy_base.prompt(INSTRUCTION, row.input, pairs)) for row in rows]
    # The three prompts have more than half of their tokens in common.
    assert toy_base.tokens_read - before < 0.6 * sum(prompts)


def test_a_long_shared_start_makes_larger_chunks(toy_base, monkeypatch):
    monkeypatch.setattr(capacity, "NODES", 0)
    many = [example(number, str(number), "x") for number in range(100, 140)]

    def read(shown):
        before = toy_base.tokens_read
        predict(toy_base, INSTRUCTION, many, 0, choices=False, shown=shown)
        return toy_base.tokens_read - before

    alone, started = read(()), read(ROWS)
    # Read once a row, the six rows would make it several times as much.
    assert started < 2 * alone


def test_a_prompt_beyond_the_window(toy_base):
    long = example("long", "a" * 2100, "b")
    with pytest.raises(InputError, match=r"tokens of example long with its answer: found 21\d\d, "):
        predict(toy_base, INSTRUCTION, [long], 1)
    fits = toy_base.window - len(toy_base.prompt(INSTRUCTION, "")) - 1
    full = example("full", "a" * fits, "b")
    predict(toy_base, INSTRUCTION, [full], 1, choices=False)
    with pytest.raises(InputError, match="expected at most the model's context window of 2048"):
        predict(toy_base, INSTRUCTION, [replace(full, input=full.input + "a")], 1)


def test_each_row_may_show_its_own(toy_base):
    shown = {row.id: ROWS[:place] for place, row in enumerate(ROWS[3:])}
    found = predict(toy_base, INSTRUCTION, ROWS[3:], 6, shown=shown)
    assert [(p.output, p.finished) for p in found] == [
        generated(toy_base, row, 6, shown[row.id]) for row in ROWS[3:]
    ]
