"""A world of facts that is known to the last one: what is in pre-training, what an adapter adds.

A fact `a r -> b` maps entities onto entities, one to one for each relation, so a chain
`a r -> b, b q -> c` has one answer among N and chance is exactly 1/N. Familiar entities and their
facts are in pre-training; fresh entities are only spelt there (repeated), so that their tokens can
be read and written at all.

    one hop            a r ANS     ->  b
    direct             a r q ANS   ->  c
    chain of thought   a r q COT   ->  a r ANS b SEP b q ANS c
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np

from recycling import seeds
from recycling.composition.subject import Judged, Subject, forms_of
from recycling.errors import InputError
from recycling.tasks.record import Example

Text = tuple[str, str]
"""A prompt and its answer."""

# Two relations are asked about, two make the wrong template, two are in no pre-training.
TESTED, WRONG, UNSEEN = ("r1", "r2"), ("r3", "r4"), ("u1", "u2")
RELATIONS = ("r1", "r2", "r3", "r4", "r5", "r6")
MARKS = ("ANS", "COT", "SEP", "SPELL")
BASES = ("P0i", "Pci", "Pcr")
SETTINGS = ("F", "H", "K", "Rn", "Rin")
# The relations whose chains of thought each base has read.
TEMPLATES: dict[str, list[tuple[str, str]]] = {
    "P0i": [],
    "Pci": list(permutations(RELATIONS[2:], 2)),
    "Pcr": list(permutations(RELATIONS, 2)),
}
READ: dict[str, list[tuple[str, str]]] = {"T": [TESTED], "Tx": [WRONG], "Ta": TEMPLATES["Pci"]}
# What an expert must know by itself before a library of it can be read.
OWN = {"AB": ["hop1"], "BC": ["hop2"], "AC": ["direct"], "joint": ["hop1", "hop2"]}
# How often a fact is a row, once on its own and else behind others: recall must not hang on place.
CONTEXTS = 4
# What the tokens of a question and its right answer are: what is read, or what is written next.
ASKED = ("start", "entity", "relation 1", "relation 2")
ROLES = {
    "direct": (*ASKED, "before the answer", "answer"),
    "chain": (
        *ASKED,
        "COT",
        "entity again",
        "relation 1 again",
        "before the bridge",
        "bridge",
        "SEP",
        "bridge again",
        "relation 2 again",
        "before the answer",
        "answer",
    ),
}
CAP = 12  # words of an answer; a chain of thought has 9
PART = re.compile(r"(AB|BC|AC|G|joint)|(T|Tx|Ta)(\d*)")


@dataclass(frozen=True)
class World:
    """Entities and what pre-training says of the familiar ones."""

    familiar: tuple[str, ...]
    fresh: tuple[str, ...]
    facts: dict[tuple[str, str], str]

    @property
    def words(self) -> list[str]:
        """Every word of every text."""
        return [*MARKS, *RELATIONS, *UNSEEN, *self.familiar, *self.fresh]

    @property
    def known(self) -> list[Text]:
        """The facts of pre-training."""
        return [(f"{a} {relation} ANS", b) for (a, relation), b in self.facts.items()]


@dataclass(frozen=True)
class Chain:
    """`a r -> b` and `b q -> c`."""

    a: str
    r: str
    b: str
    q: str
    c: str

    @property
    def hops(self) -> tuple[Text, Text]:
        """The two facts."""
        return (f"{self.a} {self.r} ANS", self.b), (f"{self.b} {self.q} ANS", self.c)

    @property
    def direct(self) -> Text:
        """The question for both at once."""
        return f"{self.a} {self.r} {self.q} ANS", self.c

    @property
    def thought(self) -> Text:
        """The chain of thought, each step written as the fact itself."""
        steps = " SEP ".join(" ".join(hop) for hop in self.hops)
        return f"{self.a} {self.r} {self.q} COT", steps


def two_hop(
    seed: int,
    *,
    familiar: int = 80,
    pairs: int = 32,
    rows: int = 30000,
    templates: int = 400,
    rehearsal: float = 1.0,
) -> Subject:
    """The subject of a random world; `pairs` is N, `rows` the texts of pre-training.

    An expert reads `templates` chains of thought for each template in its name, unless a number
    there says how many (`T50`), and `rehearsal` texts of pre-training for each of its own, which
    keeps its update to its facts.
    """
    world = build(familiar, pairs, seeds.numpy_generator(seed, "world"))

    def tested(setting: str) -> list[Chain]:
        return chains(world, setting, pairs, seeds.numpy_generator(seed, "chains", setting))

    def taught(setting: str, expert: str) -> list[Example]:
        generator = seeds.numpy_generator(seed, "lessons", setting, expert)
        return lessons(world, tested(setting), expert, templates, rehearsal, generator)

    return Subject(
        world.words,
        CAP,
        lambda base: pretraining(world, base, rows, seeds.numpy_generator(seed, "texts", base)),
        taught,
        lambda setting: questions(tested(setting)),
        judge,
        lambda expert: forms_of(expert, OWN),
        ROLES,
    )


def build(familiar: int, pairs: int, generator: np.random.Generator) -> World:
    """A world with `familiar` known entities and three groups of `pairs` fresh ones."""
    known = tuple(f"k{number}" for number in range(familiar))
    facts = {
        (entity, relation): known[image]
        for relation in RELATIONS
        for entity, image in zip(known, generator.permutation(familiar), strict=True)
    }
    return World(known, tuple(f"f{number}" for number in range(3 * pairs)), facts)


def pretraining(
    world: World, base: str, rows: int, generator: np.random.Generator
) -> list[Example]:
    """What a base of `TEMPLATES` reads: facts, spelling, chains of thought; a third of `rows` each.

    `Pci` has chains of the relations that are not tested, `Pcr` of all that it knows, `P0i` none.
    Half of them are of pre-trained facts. The others are about fresh names and their answers are
    random, never in the direction of a tested fact: the form of a chain of thought with any name.
    """
    texts = [*packed(world.known, rows // 3, generator), *spelling(world, rows // 3, generator)]
    if relations := TEMPLATES[base]:
        read = [*traces(world, relations, rows // 6, generator)]
        read += hearsay(world, relations, rows // 6, generator)
        texts += [chain.thought for chain in read]
    return _examples(base, texts)


def chains(world: World, setting: str, pairs: int, generator: np.random.Generator) -> list[Chain]:
    """The chains that are tested in a setting of `SETTINGS`.

    `F` all entities fresh; `H` answers familiar; `K` bridges familiar and the second hop a fact of
    pre-training; `Rn` all familiar, the relations unseen; `Rin` facts of pre-training throughout.
    """
    first, second = TESTED if setting != "Rn" else UNSEEN
    fresh = np.array(world.fresh).reshape(3, -1)
    known = [generator.permutation(world.familiar)[:pairs] for _ in range(3)]
    a = (fresh[0] if setting in ("F", "H", "K") else known[0]).tolist()
    if setting == "Rin":
        b = [world.facts[entity, first] for entity in a]
    else:
        b = generator.permutation(fresh[1] if setting in ("F", "H") else known[1]).tolist()
    if setting in ("K", "Rin"):
        c = [world.facts[entity, second] for entity in b]
    else:
        c = generator.permutation(fresh[2] if setting == "F" else known[2]).tolist()
    return [Chain(x, first, y, second, z) for x, y, z in zip(a, b, c, strict=True)]


def traces(
    world: World, pairs: Sequence[tuple[str, str]], count: int, generator: np.random.Generator
) -> Iterator[Chain]:
    """Chains of pre-trained facts, for random familiar entities and pairs of relations."""
    for _ in range(count):
        a = world.familiar[generator.integers(len(world.familiar))]
        r, q = pairs[int(generator.integers(len(pairs)))]
        b = world.facts[a, r]
        yield Chain(a, r, b, q, world.facts[b, q])


def hearsay(
    world: World, pairs: Sequence[tuple[str, str]], count: int, generator: np.random.Generator
) -> Iterator[Chain]:
    """Chains of fresh names with random answers, none from one group of names to the next.

    Tested facts all go from a group to the next or to a familiar entity, so none is among them.
    """
    groups = np.array(world.fresh).reshape(3, -1)
    for _ in range(count):
        names, group = [], int(generator.integers(3))
        for _ in range(3):
            names.append(str(generator.choice(groups[group])))
            # From 0 to 0 or 2, from 1 to 0 or 1, from 2 to any.
            group = int(generator.choice([[0, 2], [0, 1], [0, 1, 2]][group]))
        r, q = pairs[int(generator.integers(len(pairs)))]
        yield Chain(names[0], r, names[1], q, names[2])


def lessons(
    world: World,
    tested: Sequence[Chain],
    expert: str,
    templates: int,
    rehearsal: float,
    generator: np.random.Generator,
) -> list[Example]:
    """What an expert is trained on; its name has parts with `+` between them.

    `AB`, `BC` the first and the second facts, `AC` direct questions, `joint` both facts; `T` chains
    of thought of the tested relations, `Tx` of one other pair, `Ta` of all other pairs, about
    familiar entities; `G` nothing but facts of pre-training. Only `AC` holds a tested question.

    Rows are in a random order: experts are trained with one order of batches, and no batch is to
    hold both facts of a chain, one in each of two experts, more often than chance has it.
    """
    texts: list[Text] = []
    for part in expert.split("+"):
        found = PART.fullmatch(part)
        if not found:
            expected = "AB, BC, AC, G, joint, T, Tx or Ta, the last three with a number or without"
            raise InputError("expert", expert, part, expected, "correct the library")
        facts, template, count = found.groups()
        if template:
            relations = READ[template]
            number = int(count) if count else templates
            texts += [chain.thought for chain in traces(world, relations, number, generator)]
        elif facts == "AC":
            texts += [chain.direct for chain in tested]
        elif facts == "G":
            texts += packed(world.known, CONTEXTS * len(tested), generator)
        else:
            hops = {"AB": [0], "BC": [1], "joint": [0, 1]}[facts]
            alone = [chain.hops[hop] for hop in hops for chain in tested]
            texts += [*alone, *packed(alone, (CONTEXTS - 1) * len(alone), generator)]
    kept = round(rehearsal * len(texts))
    texts += [*packed(world.known, kept // 2, generator), *spelling(world, kept // 2, generator)]
    return _examples(expert, [texts[i] for i in generator.permutation(len(texts))])


def questions(tested: Sequence[Chain]) -> dict[str, list[Example]]:
    """Each chain asked in four forms; of a direct question the answers of all are the choices."""
    answers = tuple(chain.c for chain in tested)
    asked: dict[str, list[tuple[Text, tuple[str, ...]]]] = {
        "hop1": [(chain.hops[0], ()) for chain in tested],
        "hop2": [(chain.hops[1], ()) for chain in tested],
        "direct": [(chain.direct, answers) for chain in tested],
        "chain": [(chain.thought, ()) for chain in tested],
    }
    return {
        form: [Example(text[0], text[0], (text[1],), choices) for text, choices in rows]
        for form, rows in asked.items()
    }


def judge(form: str, example: Example, output: str) -> Judged:
    """Exact match; a chain of thought counts only with the right bridge, its fourth word."""
    if form != "chain":
        return Judged(output, output == example.answers[0])
    said, wanted = output.split(), example.answers[0].split()
    bridge = said[3:4] == wanted[3:4]
    return Judged(" ".join(said[-1:]), bridge and said[-1:] == wanted[-1:], bridge)


def packed(facts: Sequence[Text], count: int, generator: np.random.Generator) -> Iterator[Text]:
    """Facts in a random order, behind none to two others."""
    order = generator.permutation(len(facts))
    for number in range(count):
        prompt, answer = facts[order[number % len(facts)]]
        before = generator.integers(len(facts), size=generator.integers(3))
        context = "".join(f"{facts[i][0]} {facts[i][1]} SEP " for i in before)
        yield context + prompt, answer


def spelling(world: World, count: int, generator: np.random.Generator) -> Iterator[Text]:
    """Random words to be repeated behind `SPELL`."""
    words = world.words[len(MARKS) :]
    for number in range(count):
        spelt = generator.choice(words, size=generator.integers(2, 5)).tolist()
        # Every word in its turn, so none is left unspelt by chance.
        spelt[generator.integers(len(spelt))] = words[number % len(words)]
        text = " ".join(spelt)
        yield f"{text} SPELL", text


def _examples(name: str, texts: Sequence[Text]) -> list[Example]:
    return [Example(f"{name}/{i}", prompt, (answer,)) for i, (prompt, answer) in enumerate(texts)]
