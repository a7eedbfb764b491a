"""A template is settled once: its options, its date, or ours in its place."""

from datetime import UTC, datetime

import pytest
from chat_templates import DATED, QWEN, TURNS
from hypothesis import given
from hypothesis import strategies as st
from toy.base import TEMPLATE, tokenizer

from recycling.ground.errors import InputError
from recycling.model import chat_template, conversation

DAY = "2026-01-02"


def settled(template, **options):
    words = tokenizer()
    words.chat_template = template
    return words, chat_template.settle(words, options, DAY)


def test_a_template_that_needs_nothing_is_left_alone():
    words, found = settled(TEMPLATE)
    assert words.chat_template == TEMPLATE
    assert (found.ours, found.options, found.day) == (False, {}, None)
    assert chat_template.lines(found, chosen=False) == []


def test_a_base_without_a_template_gets_ours():
    words, found = settled(None)
    assert found.ours
    spoken = conversation.find(words)
    prompt = spoken.decode(spoken.prompt("Count on.", "nine", [("one", "two")]))
    assert prompt == "Count on.\n\nQ: one\nA: two\n\nQ: nine\nA:"
    assert spoken.decode(spoken.prompt("", "nine")) == "Q: nine\nA:"
    assert "no chat template" in chat_template.lines(found, chosen=False)[0]


def test_our_template_begins_as_the_tokenizer_does():
    from tokenizers.processors import TemplateProcessing

    words = tokenizer()
    words.chat_template, words.bos_token = None, "<|pad|>"
    begin = words.bos_token_id
    words.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|pad|> $A", special_tokens=[("<|pad|>", begin)]
    )
    chat_template.settle(words, {}, DAY)
    prompt = conversation.find(words).prompt("", "nine")
    assert prompt == words("Q: nine\nA:")["input_ids"]
    assert prompt[0] == begin
    assert begin not in prompt[1:]


@pytest.mark.parametrize("thinks", [True, False])
def test_an_option_is_set_for_every_later_reader(thinks):
    words, found = settled(QWEN, enable_thinking=thinks)
    plain = tokenizer()
    turns = [{"role": "user", "content": "nine"}]
    expected = plain.apply_chat_template(
        turns, chat_template=QWEN, add_generation_prompt=True, enable_thinking=thinks
    )
    assert words.apply_chat_template(turns, add_generation_prompt=True) == expected
    assert str(thinks) in chat_template.lines(found, chosen=False)[0]


def test_an_option_that_the_template_does_not_read():
    with pytest.raises(
        InputError, match=r"template.thinking: found True, expected .*enable_thinking"
    ):
        settled(QWEN, thinking=True)
    with pytest.raises(InputError, match="reads: add_generation_prompt, messages"):
        settled(TURNS, thinking=True)


def test_the_date_stands_still_and_is_told():
    words, found = settled(DATED)
    assert found.day == DAY
    turns = [{"role": "user", "content": "nine"}]
    assert "Today: 02 Jan 2026\n" in words.apply_chat_template(turns, tokenize=False)
    assert 'base.date: "2026-01-02"' in chat_template.lines(found, chosen=False)[1]
    assert len(chat_template.lines(found, chosen=True)) == 1


@given(
    day=st.dates(),
    parts=st.lists(st.sampled_from([f"%{letter}" for letter in "aAbBdmyYjHMSpI"] + ["-", " "])),
)
def test_a_frozen_clock_writes_what_a_running_one_would_at_midnight(day, parts):
    format_ = "".join(parts) + "."
    words = tokenizer()
    words.chat_template = f"{{{{ strftime_now({format_!r}) }}}}"
    chat_template.settle(words, {}, day.isoformat())
    written = words.apply_chat_template([{"role": "user", "content": ""}], tokenize=False)
    assert written == datetime(day.year, day.month, day.day, tzinfo=UTC).strftime(format_)


def test_several_templates():
    words, _ = settled({"default": TURNS, "tools": "x"})
    assert words.chat_template == TURNS
    with pytest.raises(InputError, match=r"chat_template: found \['rag', 'tools'\], expected one"):
        settled({"tools": "x", "rag": "y"})


def test_a_template_that_is_no_template():
    with pytest.raises(InputError, match=r"base: chat_template: found .*expected a Jinja template"):
        settled("{% for %}")


def test_words_of_transformers_own_are_read():
    words, _ = settled("{% generation %}{{ messages[0].content }}{% endgeneration %}")
    assert words.chat_template.startswith("{% generation %}")


def test_it_is_saved_in_the_folder_of_the_base(toy_folder, tmp_path):
    from shutil import copytree

    from transformers import AutoTokenizer

    folder = copytree(toy_folder, tmp_path / "base")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    chat_template.settle_in(folder, {}, DAY)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    words = AutoTokenizer.from_pretrained(folder)
    words.chat_template = DATED
    words.save_pretrained(folder)
    assert chat_template.settle_in(folder, {}, DAY).day == DAY
    assert "strftime_now(format)" in AutoTokenizer.from_pretrained(folder).chat_template
