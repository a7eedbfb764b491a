"""A world of facts that is known to the last one: its entities, its facts, the chains tested.

A fact `a r -> b` maps entities onto entities, one to one for each relation, so a chain
`a r -> b, b q -> c` has one answer among N and chance is exactly 1/N. Familiar entities and their
facts are in pre-training; fresh entities are only spelt there (repeated), so that their tokens can
be read and written at all.

    one hop            a r ANS     ->  b
    direct             a r q ANS   ->  c
    chain of thought   a r q COT   ->  a r ANS b SEP b q ANS c
"""

from dataclasses import dataclass

import numpy as np

Text = tuple[str, str]
"""A prompt and its answer."""

# Two relations are asked about, two make the wrong template, two are in no pre-training.
TESTED, WRONG, UNSEEN = ("r1", "r2"), ("r3", "r4"), ("u1", "u2")
RELATIONS = ("r1", "r2", "r3", "r4", "r5", "r6")
MARKS = ("ANS", "COT", "SEP", "SPELL")


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


def build(familiar: int, pairs: int, generator: np.random.Generator) -> World:
    """A world with `familiar` known entities and three groups of `pairs` fresh ones."""
    known = tuple(f"k{number}" for number in range(familiar))
    facts = {
        (entity, relation): known[image]
        for relation in RELATIONS
        for entity, image in zip(known, generator.permutation(familiar), strict=True)
    }
    return World(known, tuple(f"f{number}" for number in range(3 * pairs)), facts)


def chains(world: World, setting: str, pairs: int, generator: np.random.Generator) -> list[Chain]:
    """The chains that are tested in a setting.

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
