"""The user's two-hop questions: a JSONL file, one chain a line, and how answers are judged.

    {"hop1": {"question": "Which country is Lyon in?", "answer": "France"},
     "hop2": {"question": "What is the capital of France?", "answer": "Paris"},
     "direct": "What is the capital of the country that Lyon is in?",
     "chain": "What is the capital of the country that Lyon is in? First name the country."}

An `answer` is text or a list of texts, all of them right. `chain` asks for steps; without it,
`STEPS` stands behind the direct question. `id` names the chain.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from recycling.composition.subject import Judged, Subject
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.tasks import jsonl
from recycling.tasks.record import Example, distinct, folded

HOPS = ("hop1", "hop2")
HOP = ("question", "answer")
KEYS = {"hop1", "hop2", "direct", "chain", "id"}
STEPS = "First name what the answer depends on, then answer."
FEWEST = 4  # different answers of each hop


@dataclass(frozen=True)
class Chain:
    """Two facts that share a bridge: the answers of the first hop and those of the second."""

    id: str
    questions: Mapping[str, str]
    bridge: tuple[str, ...]
    answer: tuple[str, ...]


class Names:
    """Finds names in a text as whole words, whatever their case; the longest name wins.

    Each group of `spellings` names one thing, which is called by the first of them; groups that
    begin alike name the same thing.
    """

    def __init__(self, spellings: Iterable[Sequence[str]]) -> None:
        self.things: dict[str, str] = {}
        for names in spellings:
            thing = self.things.get(_folded(names[0]), names[0])
            for name in names:
                self.things.setdefault(_folded(name), thing)
        longest = sorted(self.things, key=len, reverse=True)
        self._pattern = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")

    def found(self, text: str) -> list[tuple[int, str]]:
        """Where a thing is named, and which, in the order of the text."""
        folded = _folded(text)
        return [(hit.start(), self.things[hit[0]]) for hit in self._pattern.finditer(folded)]

    def named(self, text: str) -> set[str]:
        """The things that are named."""
        return {thing for _, thing in self.found(text)}


@dataclass(frozen=True)
class Chains:
    """All chains of a file: what they ask, which answers there are, and which of them is right."""

    chains: Sequence[Chain]

    @cached_property
    def bridges(self) -> Names:
        """The answers of the first hops."""
        return Names(chain.bridge for chain in self.chains)

    @cached_property
    def answers(self) -> Names:
        """The answers of the second hops."""
        return Names(chain.answer for chain in self.chains)

    def asked(self, ids: Collection[str]) -> dict[str, list[Example]]:
        """The questions of these chains by form; the choices are the answers of all chains."""
        forms: dict[str, list[Example]] = {"hop1": [], "hop2": [], "direct": [], "chain": []}
        choices = {
            "hop1": tuple(dict.fromkeys(self.bridges.things.values())),
            "hop2": (answers := tuple(dict.fromkeys(self.answers.things.values()))),
            "direct": answers,
        }
        for chain in self.chains:
            if chain.id in ids:
                bridge = self.bridges.things[_folded(chain.bridge[0])]
                answer = self.answers.things[_folded(chain.answer[0])]
                right = {"hop1": bridge, "chain": f"{bridge}. {answer}."}
                for form, rows in forms.items():
                    said = (right.get(form, answer),)
                    asked = chain.questions[form]
                    rows.append(Example(chain.id, asked, said, choices.get(form, ())))
        return forms

    def judge(self, form: str, example: Example, output: str) -> Judged:
        """Right is an answer that names the right thing of the file, and no other of its kind.

        In a chain of thought the right bridge, and no other, must be named before it.
        """
        names = self.bridges if form == "hop1" else self.answers
        right = names.named(output) == names.named(example.answers[0])
        if form != "chain":
            return Judged(output, right)
        bridge = self.bridges.named(output) == self.bridges.named(example.answers[0])
        return Judged(output, bridge and right and self.in_steps(output), bridge)

    def in_steps(self, output: str) -> bool:
        """Whether a bridge, right or wrong, is named before an answer, right or wrong."""
        bridges, answers = self.bridges.found(output), self.answers.found(output)
        return bool(bridges and answers) and bridges[0][0] < answers[-1][0]

    def split(self, choosing: int, seed: int) -> tuple[list[str], list[str]]:
        """Ids of the chains that choose experts, `choosing` at random, and of those that judge."""
        order = seeds.numpy_generator(seed, "choosing").permutation(len(self.chains))
        ids = [self.chains[i].id for i in order]
        return ids[:choosing], ids[choosing:]


def read(path: str) -> Chains:
    """The chains of the file at `path`.

    Raises InputError, with the line, for whatever in it cannot be asked or judged.
    """
    chains: list[Chain] = []
    known: dict[str, dict[str, str]] = {"hop1": {}, "hop2": {}, "direct": {}, "id": {}}
    for number, row in jsonl.rows(path, hashlib.sha256()):
        where = f"line {number}"
        chain = _chain(row, path, where)
        for key, text in (("id", chain.id), ("direct", chain.questions["direct"])):
            if known[key].setdefault(_folded(text), where) != where:
                first = known[key][_folded(text)]
                raise InputError(
                    path, f"{where}, {key}", text, f"another than in {first}", "change or remove it"
                )
        for hop, names in (("hop1", chain.bridge), ("hop2", chain.answer)):
            _check_spellings(known[hop], names, path, f"{where}, {hop}.answer")
        chains.append(chain)
    for hop in HOPS:
        if len(set(known[hop].values())) < FEWEST:
            raise InputError(
                path,
                f"different answers of {hop}",
                len(set(known[hop].values())),
                f"at least {FEWEST}, so that chance is small",
                "add chains with other answers",
            )
    return Chains(tuple(chains))


def subject(
    chains: Chains, ids: Collection[str], cap: int, own: Mapping[str, list[str]]
) -> Subject:
    """The chains as a subject that is asked and not taught.

    `own` has, for an adapter, the hops that it is the expert of; an answer has at most `cap`
    tokens.
    """
    return Subject(
        words=(),
        cap=cap,
        pretraining=lambda base: [],
        lessons=lambda setting, expert: [],
        questions=lambda setting: chains.asked(ids),
        judge=chains.judge,
        own=lambda expert: own.get(expert, []),
        step=".",
    )


def _chain(row: dict[str, Any], path: str, where: str) -> Chain:
    jsonl.check_keys(row, ("hop1", "hop2", "direct"), KEYS, path, where)
    identity = jsonl.text(row.get("id", where.replace(" ", "-")), path, f"{where}, id")
    questions, answers = {}, {}
    for hop in HOPS:
        inside = f"{where}, {hop}"
        if not isinstance(row[hop], dict):
            expected = "an object with question and answer"
            raise InputError(path, inside, row[hop], expected, "correct the value")
        jsonl.check_keys(row[hop], HOP, {*HOP}, path, inside)
        questions[hop] = jsonl.text(row[hop]["question"], path, f"{inside}.question").strip()
        texts = jsonl.texts(row[hop]["answer"], path, f"{inside}.answer", alone=True)
        answers[hop] = distinct(texts)
    questions["direct"] = jsonl.text(row["direct"], path, f"{where}, direct").strip()
    asked = row.get("chain", f"{questions['direct']} {STEPS}")
    questions["chain"] = jsonl.text(asked, path, f"{where}, chain").strip()
    chain = Chain(identity, questions, answers["hop1"], answers["hop2"])
    _check_leaks(chain, path, where)
    return chain


def _check_leaks(chain: Chain, path: str, where: str) -> None:
    """Raise InputError for a text that gives away what it is asked for."""
    bridge, answer = Names([chain.bridge]), Names([chain.answer])
    given = [
        *((form, chain.questions[form], bridge, "bridge") for form in ("hop1", "direct", "chain")),
        *((form, chain.questions[form], answer, "answer") for form in ("hop2", "direct", "chain")),
        *(("hop2.answer", text, bridge, "bridge") for text in chain.answer),
    ]
    for key, text, names, what in given:
        if names.named(text):
            expected = f"a text without its {what} {', '.join(names.named(text))!r}"
            raise InputError(
                path, f"{where}, {key}", text, expected, "ask otherwise, or leave the chain out"
            )


def _check_spellings(known: dict[str, str], names: Sequence[str], path: str, where: str) -> None:
    """Raise InputError for a spelling that another chain takes for something else."""
    for name in names:
        thing = known.setdefault(_folded(name), _folded(names[0]))
        if thing != _folded(names[0]):
            raise InputError(
                path,
                where,
                name,
                f"a name of {names[0]!r} alone, and no name of {thing!r} in a line before",
                "list the usual spelling first in both, or drop the ambiguous one",
            )


def _folded(text: str) -> str:
    return " ".join(folded(text).split())
