"""How an adapter of the community is trained on the rows of its task."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recycling import tasks
from recycling.community.recipe import CommunityAdapter, Training
from recycling.ground import seeds, tables
from recycling.tasks import aside
from recycling.tasks.record import Example
from recycling.tasks.splits import with_shuffled_answers

if TYPE_CHECKING:
    from recycling.model.base import Base

# What is written of an adapter.
FILES = ("adapter_config.json", "adapter_model.safetensors", "curve.tsv")


class Lesson(NamedTuple):
    """What an adapter is trained on."""

    instruction: str
    rows: Sequence[Example]


def lesson(training: Training) -> Lesson:
    """The rows of the task that the recipe asks for, drawn with the adapter's own seed."""
    recipe = training.recipe
    task = tasks.load(recipe.task, training.source, **training.options)
    if training.aside is not None:
        _, task = aside.divided(task, training.aside)
    order = seeds.numpy_generator(training.seed, "rows").permutation(len(task.examples))
    rows: Sequence[Example] = [task.examples[i] for i in order[: recipe.rows]]
    if recipe.labels == "shuffled":
        rows = with_shuffled_answers(rows, seeds.numpy_generator(training.seed, "labels"))
    return Lesson(task.instruction, rows)


def train(
    base: "Base", recipe: CommunityAdapter, given: Lesson, seed: int, base_name: str, folder: Path
) -> None:
    """Write `FILES`: a PEFT folder of the trained adapter, named after its base, and its curve."""
    from recycling.adapters import peft_folder
    from recycling.adapters.canonical import Adapter
    from recycling.model import lora
    from recycling.model.recipe import Recipe, curve_rows

    factors, fit = lora.train(
        base,
        given.instruction,
        given.rows,
        [],
        Recipe(recipe.steps, recipe.learning_rate, stop=recipe.stop),
        seed,
        rank=recipe.rank,
        alpha=recipe.alpha,
        rslora=recipe.rslora,
        modules=recipe.modules,
    )
    peft_folder.write_peft(
        Adapter(folder.name, factors), folder, base_name, alpha=recipe.alpha, rslora=recipe.rslora
    )
    tables.write_table(curve_rows(fit.curve), folder / "curve.tsv", "curve")
