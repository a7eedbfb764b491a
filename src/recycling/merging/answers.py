"""The answers of the arms of one task and replicate: what each is made from, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.ground import parts, tables
from recycling.merging.recipe import Asking
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example, read_examples, read_task

if TYPE_CHECKING:
    from recycling.model.base import Base

# What an arm wears: its weights, and what they are loaded by.
CONFIGS = {"adapter_model.safetensors": "adapter_config.json", "routed.safetensors": "routed.json"}
FILE = "answers.json"


@dataclass(frozen=True)
class Questions:
    """The test rows of a task and replicate, and the labelled rows that answers may depend on."""

    instruction: str
    test: Sequence[Example]
    train: Sequence[Example]
    valid: Sequence[Example]
    labels: tuple[str, ...] | None
    """The closed set of answers; None without one."""
    cap: int
    """The most tokens of an answer."""


def questions(task: str, test: str, train: str, valid: str, cap: int) -> Questions:
    """The questions in the files of a unit."""
    about = read_task(task)
    return Questions(
        about.instruction,
        read_examples(test),
        read_examples(train),
        read_examples(valid),
        about.labels,
        cap,
    )


def keys(
    asked: Questions,
    base: str,
    asking: Mapping[str, Asking],
    weights: Mapping[str, str],
    code: str,
) -> dict[str, str]:
    """Arm -> the key of all that its answers are made from.

    `base` is its `identity`. `asking` says how each arm is asked, `weights` where those of the arms
    are that wear an adapter.
    """
    shared = [base, asked.instruction, asked.cap, code]
    return {
        arm: parts.key(
            shared=[*shared, *(asdict(row) for row in asked.test)],
            asking=asdict(how),
            labelled=[asdict(row) for row in _labelled(asked, how)],
            labels=asked.labels if how.calibrated else None,
            worn=_digests(Path(weights[arm])) if arm in weights else None,
        )
        for arm, how in asking.items()
    }


def _labelled(asked: Questions, how: Asking) -> Sequence[Example]:
    """The labelled rows that answers depend on."""
    if how.calibrated:
        return [*asked.train, *asked.valid]
    return asked.train if how.nearest or how.shown == "all" else asked.train[: how.shown]


def _digests(weights: Path) -> list[str]:
    config = weights.with_name(CONFIGS[weights.name])
    return [weights.name, parts.digest(config), parts.digest(weights)]


def answer(
    base: Base, asked: Questions, arm: str, weights: str | None, how: Asking, folder: Path
) -> None:
    """Write the answers of an arm; one without weights is the bare base."""
    # Imported here because answers that are taken over need no model.
    from recycling.adapters import peft_folder, routed
    from recycling.model import calibration, prompt_routing
    from recycling.model.demonstrations import shown
    from recycling.model.scoring import predict

    worn = None
    if weights is not None:
        place = Path(weights).parent
        linears = set(base.linears)
        apart = Path(weights).name == routed.WEIGHTS
        worn = routed.read(place) if apart else peft_folder.read_peft(place, arm, linears)
    what = f"{arm}: test rows"
    if isinstance(worn, routed.Routed) and worn.by_prompt is not None:
        found = prompt_routing.predicted(base, worn, asked.instruction, asked.test, asked.cap, what)
    elif how.calibrated:
        parts = (asked.train, asked.valid, asked.test)
        found = calibration.predicted(base, asked.instruction, *parts, asked.cap, asked.labels)
    else:
        rows = (asked.train, asked.test, asked.cap)
        before = shown(base, asked.instruction, *rows, how.shown, how.nearest)
        with base.wearing(worn):
            found = predict(base, asked.instruction, asked.test, asked.cap, shown=before, what=what)
    tables.write_json([asdict(row) for row in found], folder / FILE)


def rows(arm: str, folder: Path) -> list[dict[str, object]]:
    """Rows of a prediction file: the answers of an arm in a folder."""
    found = (Prediction(**row) for row in tables.read_json(folder / FILE))
    return [{"arm": arm, **asdict(row)} for row in found]
