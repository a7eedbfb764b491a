"""How a base is spoken to: where a prompt ends, what ends an answer, where the instruction stands.

All of it is read from the chat template, by writing a conversation with it and looking at the text:
the prompt is what stands before an assistant's answer, and the end of the turn what stands behind.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, cast

from transformers import AddedToken, PreTrainedTokenizerBase

from recycling.ground.errors import InputError
from recycling.ground.time_limit import time_limit

# Texts that no template contains, to be found again in what it makes of them.
INSTRUCTION, QUESTION, ANSWER = "Follow this probe.", "Which probe?", "Probed"
SHOWN = (("First probe?", "First probed"), ("Second probe?", "Second probed"))
# A character that no text may have, as Unicode says, and so no token has.
CUT = "\ufdd0"
# The time in which a template writes its first conversations; a stranger's may never end.
SECONDS = 10
Place = Literal["system", "user"]
Turn = dict[str, str]


@dataclass(frozen=True)
class Conversation:
    """The template of a base as it was found to work, with the tokenizer that has it.

    `instruction`: it has a turn of its own, or stands at the head of the first user turn. `before`
    is the text between a question and its answer, and `lead` the spaces behind it, which belong to
    the answer's first token. Behind an answer stands `tail`, and `end` is as much of it as ends the
    turn: up to `closing`, the token that does, or all of it, a text, where there is no such token.
    Generation ends there and at the tokens of `stops`.
    """

    tokenizer: PreTrainedTokenizerBase
    instruction: Place
    before: str
    lead: str
    tail: str
    end: str
    closing: str
    stops: frozenset[int]

    def prompt(
        self, instruction: str, text: str, shown: Sequence[tuple[str, str]] = ()
    ) -> list[int]:
        """Tokens up to where the answer begins: the instruction, then the input.

        Inputs and answers of `shown` stand between the two as turns of an earlier conversation.
        """
        return self.encode(self.prompt_text(instruction, text, shown))

    def prompt_text(
        self, instruction: str, text: str, shown: Sequence[tuple[str, str]] = ()
    ) -> str:
        """The prompt before it is cut into tokens; what texts spell of them is broken by `CUT`.

        Raises InputError where the template writes this question otherwise than the probe's.
        """
        pairs = [(self.literal(asked), self.literal(answered)) for asked, answered in shown]
        pairs.append((self.literal(text), ANSWER))
        turns = _turns(self.instruction, self.literal(instruction), pairs)
        whole, behind = _render(self.tokenizer, turns), self.lead + ANSWER + self.tail
        if not whole.endswith(behind):
            raise InputError(
                "base",
                "chat_template",
                f"a prompt that ends in {whole[-40:]!r}",
                f"one that ends in {behind!r}, as for every other question",
                "take a base whose template writes all questions alike",
            )
        return whole.removesuffix(behind)

    def answer(self, text: str) -> list[int]:
        """Tokens of an answer with the end of its turn, as they are where they follow a prompt.

        Raises InputError for an answer in which the text stands that ends a turn.
        """
        if not self.closing and self.end in text:
            raise InputError(
                "answer",
                "text",
                text,
                f"one without {self.end!r}, which ends an answer of this base",
                "write the answer on one line, or take a base with a chat template",
            )
        begun, said = self._begun, self.lead + self.literal(text) + self.end
        whole = self.encode(self.before + said)
        # Where the two flow into one token the prompt keeps its own.
        return whole[len(begun) :] if whole[: len(begun)] == begun else self.encode(said)

    def text(self, tokens: Sequence[int]) -> str:
        """What an answer's tokens say, all of it but the end of the turn."""
        said = self.decode(tokens)
        if not self.closing:
            said = said.partition(self.end)[0]
        return said.removeprefix(self.lead).removesuffix(self.end.removesuffix(self.closing))

    def ended(self, tokens: Sequence[int]) -> bool:
        """Whether an answer's tokens spell the text that ends a turn, where a text does."""
        return not self.closing and self.end in self.decode(tokens)

    def literal(self, text: str) -> str:
        """`text` with a `CUT` inside each control token that it spells, so that it stays text.

        Without it a row of a data set could end its own turn and write one of the system.
        """
        text, before = text.replace(CUT, ""), ""
        while text != before:  # again, for tokens that overlap
            before = text
            text = self._controls.sub(lambda found: f"{found[0][0]}{CUT}{found[0][1:]}", text)
        return text

    def encode(self, text: str) -> list[int]:
        """Tokens of a text in which control tokens are written out, unless a `CUT` is in them."""
        return [
            token
            for part in text.split(CUT)
            for token in self.tokenizer(part, add_special_tokens=False)["input_ids"]
        ]

    def names(self, tokens: Iterable[int]) -> list[str]:
        """How the tokenizer names tokens."""
        return cast("list[str]", self.tokenizer.convert_ids_to_tokens(list(tokens)))

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens, special ones written out."""
        return cast("str", self.tokenizer.decode(list(tokens)))

    @cached_property
    def _controls(self) -> re.Pattern[str]:
        """Special tokens, and added ones that the template writes; not breaks and spaces."""
        written = _render(self.tokenizer, _turns(self.instruction, "", [*SHOWN, ("", "")]))
        added = {added.content: added.special for added in _added(self.tokenizer)}
        special = {*self.tokenizer.all_special_tokens, self.closing}
        special |= {text for text, is_special in added.items() if is_special or text in written}
        named = [re.escape(text) for text in special if len(text.strip()) > 1]
        return re.compile("|".join(sorted(named, reverse=True)) or r"(?!)")

    @cached_property
    def _begun(self) -> list[int]:
        return self.encode(self.before)

    @cached_property
    def length(self) -> int:
        """How many tokens the end of a turn has."""
        return len(self.encode(self.end))


def find(tokenizer: PreTrainedTokenizerBase, stops: Collection[int] = ()) -> Conversation:
    """The conversation that the tokenizer's template writes.

    `stops` are tokens at which generation ends anyway: those of the model's generation config.

    Raises:
        InputError: a template that cannot show an instruction, a question and an answer, or that
            writes nothing behind an answer.
    """
    place, whole = _place(tokenizer)
    head, _, tail = whole.rpartition(ANSWER)
    between = head.rpartition(QUESTION)[2]
    before = between.rstrip(" ")
    closing = _first_closing(tokenizer, tail)
    end = tail[: tail.index(closing) + len(closing)] if closing else tail
    if not end.strip(" "):
        raise InputError(
            "base",
            "chat_template",
            f"{tail!r} behind an assistant's answer",
            "a token or a line break that ends the turn",
            "take a base whose chat template ends turns",
        )
    ends = {*stops, tokenizer.eos_token_id}
    if closing:
        ends.add(tokenizer.convert_tokens_to_ids(closing))
    return Conversation(
        tokenizer,
        place,
        before,
        between[len(before) :],
        tail,
        end,
        closing,
        frozenset(int(token) for token in ends if token is not None),
    )


def _place(tokenizer: PreTrainedTokenizerBase) -> tuple[Place, str]:
    """Where the template shows an instruction, and a conversation of one question."""
    problem = ""
    for place in ("system", "user"):
        try:
            with time_limit(SECONDS):
                written = [
                    _render(tokenizer, _turns(place, INSTRUCTION, [*shown, (QUESTION, ANSWER)]))
                    for shown in ((), SHOWN)
                ]
        # A stranger's template can raise anything.
        except Exception as error:
            problem = f"{type(error).__name__}: {str(error)[:200]}"
            continue
        texts = (INSTRUCTION, QUESTION, ANSWER)
        lost = [text for text in texts if text not in written[0]]
        lost += [text for pair in SHOWN for text in pair if text not in written[1]]
        if not lost:
            return place, written[0]
        problem = f"{lost[0]!r} is not in what it writes"
    raise InputError(
        "base",
        "chat_template",
        problem,
        "a template that writes an instruction, questions and answers",
        "take a base with such a template, or remove the template from its tokenizer",
    )


def _turns(place: Place, instruction: str, pairs: Sequence[tuple[str, str]]) -> list[Turn]:
    """An instruction with questions and answers; in `user` it stands above the first question."""
    turns = [{"role": "system", "content": instruction}] if place == "system" else []
    for number, (asked, answered) in enumerate(pairs):
        if place == "user" and number == 0 and instruction:
            asked = f"{instruction}\n\n{asked}"
        turns += [{"role": "user", "content": asked}, {"role": "assistant", "content": answered}]
    return turns


def _render(tokenizer: PreTrainedTokenizerBase, turns: list[Turn]) -> str:
    return cast("str", tokenizer.apply_chat_template(turns, tokenize=False))


def _first_closing(tokenizer: PreTrainedTokenizerBase, tail: str) -> str:
    """The token that ends a turn: the first added token in what follows an answer."""
    added = {*(token.content for token in _added(tokenizer)), *tokenizer.all_special_tokens}
    # Some tokenizers have a token for two line breaks; a model may write them one by one.
    found = [token for token in added if token.strip() and token in tail]
    return min(found, key=lambda token: (tail.index(token), -len(token)), default="")


def _added(tokenizer: PreTrainedTokenizerBase) -> list[AddedToken]:
    return list(tokenizer.added_tokens_decoder.values())
