"""The subject of two hops: a random world, what is asked of it, and who answers right."""

from collections.abc import Sequence

from recycling.composition import world_texts
from recycling.composition.subject import Judged, Subject, forms_of
from recycling.composition.world import Chain, Text, build, chains
from recycling.ground import seeds
from recycling.tasks.record import Example

# What an expert must know by itself before a library of it can be read.
OWN = {"AB": ["hop1"], "BC": ["hop2"], "AC": ["direct"], "joint": ["hop1", "hop2"]}
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
        return world_texts.lessons(world, tested(setting), expert, templates, rehearsal, generator)

    return Subject(
        world.words,
        CAP,
        lambda base: world_texts.pretraining(
            world, base, rows, seeds.numpy_generator(seed, "texts", base)
        ),
        taught,
        lambda setting: questions(tested(setting)),
        judge,
        lambda expert: forms_of(expert, OWN),
        ROLES,
    )


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
