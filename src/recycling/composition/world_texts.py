"""What is read of a world: the texts of pre-training and the lessons of experts."""

import re
from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from recycling.composition.world import MARKS, RELATIONS, TESTED, WRONG, Chain, Text, World
from recycling.ground.errors import InputError
from recycling.tasks.record import Example

# The relations whose chains of thought each base has read.
TEMPLATES: dict[str, list[tuple[str, str]]] = {
    "P0i": [],
    "Pci": list(permutations(RELATIONS[2:], 2)),
    "Pcr": list(permutations(RELATIONS, 2)),
}
READ: dict[str, list[tuple[str, str]]] = {"T": [TESTED], "Tx": [WRONG], "Ta": TEMPLATES["Pci"]}
# How often a fact is a row, once on its own and else behind others: recall must not hang on place.
CONTEXTS = 4
PART = re.compile(r"(AB|BC|AC|G|joint)|(T|Tx|Ta)(\d*)")


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
