"""The chat template of a base, settled once: everything that a prompt depends on is in it.

A template can read options (Qwen3's `enable_thinking`) and today's date (Llama 3.2's). Both are put
at its head when the base is fetched, so that all later readers write the same prompts on any day.
A base without a template gets one of ours.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, TemplateError, meta
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from recycling.ground.errors import InputError

Option = bool | int | str

# What a pre-trained base reads best: no space where the answer begins, since the space belongs to
# the answer's first token, and a blank line between the turns, which the base then writes as well.
QUESTIONS = (
    "{{ %s }}{%% for turn in messages %%}{%% if turn.role == 'user' %%}Q: {{ turn.content }}\nA:"
    "{%% elif turn.role == 'assistant' %%} {{ turn.content }}{{ '\\n\\n' }}"
    "{%% elif turn.content %%}{{ turn.content }}{{ '\\n\\n' }}{%% endif %%}{%% endfor %%}"
)
CLOCK = "strftime_now"
DIRECTIVES = "aAwdbBmyYjUWxGuV"
AT_MIDNIGHT = {
    "H": "00",
    "I": "12",
    "p": "AM",
    "M": "00",
    "S": "00",
    "f": "000000",
    "X": "00:00:00",
}


@dataclass(frozen=True)
class Settled:
    """What was done to a template: `ours` is the one for bases that have none.

    `day` (2026-01-31) is the one that it writes; None where it writes none.
    """

    ours: bool
    options: Mapping[str, Option]
    day: str | None


def settle_in(folder: Path, options: Mapping[str, Option], day: str) -> Settled:
    """`settle` for the tokenizer that is saved in a base's folder."""
    tokenizer = AutoTokenizer.from_pretrained(
        folder, local_files_only=True, trust_remote_code=False
    )
    before = tokenizer.chat_template
    settled = settle(tokenizer, options, day)
    if tokenizer.chat_template != before:
        tokenizer.save_pretrained(folder)
    return settled


def lines(settled: Settled, *, chosen: bool) -> list[str]:
    """What was done, in words; `chosen` says that the study file gives the day."""
    said = []
    if settled.ours:
        said.append("the base has no chat template: prompts are written as Q: ... A: ...")
    if settled.options:
        said.append(f"options of the chat template: {dict(settled.options)}")
    if settled.day:
        said.append(f"the chat template writes a date: it is {settled.day} in this study")
        if not chosen:
            said.append(f'to have it so wherever the base is fetched: base.date: "{settled.day}"')
    return said


def settle(tokenizer: PreTrainedTokenizerBase, options: Mapping[str, Option], day: str) -> Settled:
    """Give the tokenizer the template of the study: its own with the options and the date, or ours.

    A template that needs neither is left as it is, byte for byte.

    Raises:
        InputError: a template that cannot be read, or an option that it does not ask for.
    """
    ours = tokenizer.chat_template is None
    template = _questions(tokenizer) if ours else _own(tokenizer)
    known = _asked_for(template)
    unknown = sorted(set(options) - known)
    if unknown:
        raise InputError(
            "base",
            f"template.{unknown[0]}",
            options[unknown[0]],
            f"an option that the base's chat template reads: {', '.join(sorted(known)) or 'none'}",
            "correct or remove the option",
        )
    head = "".join(
        f"{{%- set {name} = {json.dumps(options[name])} -%}}" for name in sorted(options)
    )
    dated = CLOCK in template
    if dated:
        head += _clock(date.fromisoformat(day))
    if ours or head or template != tokenizer.chat_template:
        tokenizer.chat_template = head + template
    return Settled(ours, dict(options), day if dated else None)


def _questions(tokenizer: PreTrainedTokenizerBase) -> str:
    """Our template, with the first token that the tokenizer itself would put before a text."""
    first = tokenizer("x")["input_ids"][0]
    begins = tokenizer.bos_token_id is not None and first == tokenizer.bos_token_id
    return QUESTIONS % ("bos_token" if begins else "''")


def _own(tokenizer: PreTrainedTokenizerBase) -> str:
    try:
        template: str = tokenizer.get_chat_template()
    except ValueError as error:
        raise InputError(
            "base",
            "chat_template",
            sorted(tokenizer.chat_template),
            "one template, or one named default among several",
            f"take a base that has one ({str(error)[:200]})",
        ) from None
    return template


def _asked_for(template: str) -> set[str]:
    """The variables that a template reads and does not set itself."""
    environment = Environment(
        autoescape=False,  # noqa: S701 - the template is parsed here, never rendered
        extensions=["jinja2.ext.loopcontrols"],
    )
    # transformers reads these two words of its own; they mark answers and change no text.
    template = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", template)
    try:
        return meta.find_undeclared_variables(environment.parse(template))
    except TemplateError as error:
        raise InputError(
            "base",
            "chat_template",
            str(error)[:200],
            "a Jinja template",
            "the template of this base is damaged; take another base or another commit of it",
        ) from None


def _clock(day: date) -> str:
    """A macro in the place of the template's clock: it stands still at the midnight of `day`."""
    said = {letter: day.strftime(f"%{letter}") for letter in DIRECTIVES} | AT_MIDNIGHT
    said |= {f"-{letter}": said[letter].lstrip("0") for letter in ("d", "m", "j")}
    chain = "".join(f" | replace({f'%{key}'!r}, {text!r})" for key, text in said.items())
    return f"{{%- macro {CLOCK}(format) -%}}{{{{ format{chain} }}}}{{%- endmacro -%}}"
