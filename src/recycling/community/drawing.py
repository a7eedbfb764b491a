"""A community drawn from a mix: thousands of recipes out of counts, each as a stranger's.

All adapters are laid out on a line, in blocks: an owner's lie side by side, and so do those of one
shape and those of one task, the tasks of a family next to one another. So an owner keeps to few
shapes and few families, as owners do. Then they are drawn in an order that jumps evenly over the
line (`dealing.evenly`): the first n of any number have owners, shapes and tasks in about the
shares of the whole, and are the same ones whatever else is drawn.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from recycling.community import dealing
from recycling.ground import seeds
from recycling.ground.errors import InputError
from recycling.plan.study.mix import Learning, Mix
from recycling.plan.study.pool import CommunityRecipe

KINDS = {"q": "q_proj", "k": "k_proj", "v": "v_proj", "o": "o_proj"}
KINDS |= {"gate": "gate_proj", "up": "up_proj", "down": "down_proj"}
SYLLABLES = (
    *("ba", "da", "fe", "ga", "hi", "ji", "ka", "ke", "la", "lo", "ma", "mi", "na", "ne"),
    *("o", "ra", "ri", "ro", "sa", "shi", "so", "ta", "te", "u", "va", "ya", "zo"),
)


class Generators(Protocol):
    """A generator of its own for each named purpose."""

    def __call__(self, *purpose: str) -> np.random.Generator:
        """The generator for `purpose`."""


@dataclass(frozen=True)
class Slot:
    """One place on the line. Slots of one `run` are one training."""

    owner: str
    shape: int
    task: str
    run: int
    stop: float = 1.0
    """The share of its steps after which it is saved."""


def drawn(
    mix: Mix,
    families: Mapping[str, Sequence[str]],
    targets: Sequence[str],
    defects: Sequence[str],
    count: int,
    root: int,
) -> dict[str, CommunityRecipe]:
    """The first `count` adapters of the community by name, and the unfit ones beside them.

    `families` has the tasks that are learnt, by their families. Each of those in `targets` is
    learnt by `mix.relatives` adapters, every other one as often as any other. `root` is the seed.
    Raises InputError for a mix that cannot be drawn.
    """
    if count > mix.size:
        expected = f"at most {mix.size}, the size of the mix"
        raise InputError("config", "community_count", count, expected, "draw fewer")

    def generator(*purpose: str) -> np.random.Generator:
        return seeds.numpy_generator(root, "drawn community", *purpose)

    line = _line(mix, families, targets, generator)
    order = dealing.evenly(mix.size, generator("order"))
    runs = dict.fromkeys(line[place].run for place in order)
    shares = dealing.apportioned([learning.share for learning in mix.learning], len(runs))
    learnt = dict(
        zip(runs, dealing.spread(mix.learning, shares, generator("learning")), strict=True)
    )
    told = dealing.spread([False, True], [mix.unnamed, mix.size - mix.unnamed], generator("names"))
    names = _names([line[place].task for place in order], told, generator("unnamed"))
    of_run: dict[int, str] = {}
    found = {}
    for name, place in list(zip(names, order, strict=True))[:count]:
        slot = line[place]
        first = of_run.setdefault(slot.run, name)
        run = None if first == name else first
        found[name] = _recipe(mix, slot, learnt[slot.run], run)
    unfit = round(mix.unfit * count / mix.size)
    return found | dict(_unfit(line, defects, mix.unfit, generator("unfit"))[:unfit])


def _line(
    mix: Mix, families: Mapping[str, Sequence[str]], targets: Sequence[str], generator: Generators
) -> list[Slot]:
    """All slots, in blocks of owners, of shapes and of tasks."""
    sizes = [owners.adapters for owners in mix.owners for _ in range(owners.count)]
    names = _owner_names(len(sizes), generator("owner names"))
    owners = dealing.blocks(dict(zip(names, sizes, strict=True)), generator("owners"))
    counts = {i: shape.count for i, shape in enumerate(mix.shapes)}
    shapes = dealing.blocks(counts, generator("shapes"))
    tasks = _tasks(mix, families, targets, generator("tasks"))
    line = [
        Slot(owner, shape, task, run)
        for run, (owner, shape, task) in enumerate(zip(owners, shapes, tasks, strict=True))
    ]
    _publish_checkpoints(line, mix, generator("series"))
    _publish_copies(line, mix, generator("copies"))
    return line


def _tasks(
    mix: Mix,
    families: Mapping[str, Sequence[str]],
    targets: Sequence[str],
    generator: np.random.Generator,
) -> list[str]:
    """The task of each slot: families in a drawn order, and the tasks of each in another."""
    known = [task for tasks in families.values() for task in tasks]
    related = [task for task in targets if task in known]
    others = [task for task in known if task not in related]
    left = mix.size - mix.relatives * len(related)
    if left < 0:
        found, expected = mix.relatives, f"at most {mix.size} for {len(related)} targets"
        raise InputError("config", "community_from: relatives", found, expected, "lower it")
    of_others = dealing.apportioned([1.0] * len(others), left)
    counts = dict(zip(others, of_others, strict=True)) | dict.fromkeys(related, mix.relatives)
    names = sorted(families)
    shuffled = [sorted(families[names[i]]) for i in generator.permutation(len(names))]
    return [
        task
        for tasks in shuffled
        for task in dealing.blocks({t: counts[t] for t in tasks}, generator)
    ]


def _publish_checkpoints(line: list[Slot], mix: Mix, generator: np.random.Generator) -> None:
    """Make neighbours that agree in all into checkpoints of one run."""
    size = mix.series.checkpoints
    for start in _agreeing(line, size, mix.series.count, "series", generator, _alike):
        for step in range(size):
            stop = (step + 1) / size
            line[start + step] = replace(line[start + step], run=line[start].run, stop=stop)


def _publish_copies(line: list[Slot], mix: Mix, generator: np.random.Generator) -> None:
    """Make neighbours that agree in all but the owner into one run, published twice."""
    for start in _agreeing(line, 2, mix.copies, "copies", generator, _others):
        line[start + 1] = replace(line[start + 1], run=line[start].run)


def _alike(slots: Sequence[Slot]) -> bool:
    return len({(slot.owner, slot.shape, slot.task) for slot in slots}) == 1


def _others(slots: Sequence[Slot]) -> bool:
    """Of different owners, but alike; and none of them a checkpoint."""
    alike = len({(slot.shape, slot.task) for slot in slots}) == 1
    return alike and slots[0].owner != slots[1].owner and all(slot.stop == 1 for slot in slots)


def _agreeing(
    line: Sequence[Slot],
    size: int,
    wanted: int,
    key: str,
    generator: np.random.Generator,
    fits: Callable[[Sequence[Slot]], bool],
) -> list[int]:
    """Where `wanted` stretches of `size` slots that fit begin, drawn so that none overlap."""
    starts: list[int] = []
    taken: set[int] = set()
    for start in generator.permutation(len(line) - size + 1).tolist():
        stretch = range(start, start + size)
        if len(starts) < wanted and not taken & {*stretch} and fits(line[start : start + size]):
            starts.append(start)
            taken |= {*stretch}
    if len(starts) < wanted:
        expected = f"at most the {len(starts)} for which there are neighbours that agree"
        raise InputError("config", f"community_from: {key}", wanted, expected, "lower it")
    return starts


def _recipe(mix: Mix, slot: Slot, learning: Learning, run: str | None) -> CommunityRecipe:
    shape = mix.shapes[slot.shape]
    rank = max(1, round(shape.rank / mix.rank_divisor))
    # What is drawn of a mix, which is checked, needs no check: a thousand would take 0.1 s.
    return CommunityRecipe.model_construct(
        task=slot.task,
        rows=learning.rows,
        rank=rank,
        alpha=shape.scale * rank,
        modules=[KINDS[part] for part in shape.modules],
        steps=learning.steps,
        learning_rate=learning.learning_rate,
        labels=learning.labels,
        owner=slot.owner,
        run=run,
        stop=None if slot.stop == 1 else max(1, round(slot.stop * learning.steps)),
    )


def _unfit(
    line: Sequence[Slot], defects: Sequence[str], count: int, generator: np.random.Generator
) -> list[tuple[str, CommunityRecipe]]:
    """`count` unfit repositories of all owners, of every kind in turn; next to no time to train."""
    kinds = [sorted(defects)[i] for i in generator.permutation(len(defects))]
    places = generator.integers(len(line), size=count).tolist()
    return [
        (
            f"{(kind := kinds[number % len(kinds)]).replace('_', '-')}-{number:02d}",
            CommunityRecipe(
                task=line[place].task,
                rows=8,
                rank=1,
                alpha=2,
                modules=["q_proj", "v_proj"],
                steps=1,
                owner=line[place].owner,
                defect=kind,
            ),
        )
        for number, place in enumerate(places)
    ]


def _names(tasks: Sequence[str], told: Sequence[bool], generator: np.random.Generator) -> list[str]:
    """Names with a number each: of the task, or of no meaning where it is not told."""
    codes = generator.integers(16**6, size=len(tasks)).tolist()
    return [
        f"{task.replace('_', '-') if tells else f'{code:06x}'}-{number:03d}"
        for number, (task, tells, code) in enumerate(zip(tasks, told, codes, strict=True))
    ]


def _owner_names(count: int, generator: np.random.Generator) -> list[str]:
    """Names that are nobody's on purpose: three drawn syllables, some with a number."""
    found: dict[str, None] = {}
    while len(found) < count:
        name = "".join(generator.choice(SYLLABLES, size=3))
        found.setdefault(name if generator.random() < 0.7 else f"{name}{generator.integers(100)}")
    return list(found)
