"""The answers of the arms of one task and replicate: what each is made from, and how."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from recycling.ground import parts, tables
from recycling.merging.recipe import CONFIGS, GATES, ROUTED, Asking
from recycling.tasks.prediction import Prediction
from recycling.tasks.record import Example, read_examples, read_task

if TYPE_CHECKING:
    from recycling.adapters.canonical import Adapter
    from recycling.adapters.routed import Routed
    from recycling.model.base import Base

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
    base: Base,
    asked: Questions,
    arm: str,
    weights: str | None,
    how: Asking,
    folder: Path,
    sources: Callable[[], Sequence[Adapter]] = list,
) -> None:
    """Write the answers of an arm; one without weights is the bare base.

    Where the weights are gates, `sources` reads or draws the adapters that they weigh.
    """
    # Imported here because answers that are taken over need no model.
    from recycling.adapters import routed
    from recycling.model import calibration, prompt_routing
    from recycling.model.demonstrations import shown
    from recycling.model.scoring import predict

    worn = None if weights is None else _worn(base, arm, Path(weights), folder, sources)
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


def _worn(
    base: Base, arm: str, weights: Path, folder: Path, sources: Callable[[], Sequence[Adapter]]
) -> Adapter | Routed:
    """What an arm wears; `folder` takes what is put together for a moment."""
    from recycling.adapters import peft_folder, routed
    from recycling.adapters.canonical import Adapter
    from recycling.merging import combination
    from recycling.model import staging

    place, linears, on_gpu = weights.parent, set(base.linears), base.device.type != "cpu"
    if weights.name == ROUTED:
        return routed.read(place)
    if weights.name != GATES:
        worn = peft_folder.read_peft(place, arm, linears)
        return staging.beside(base, worn) if on_gpu else worn
    worn = Adapter(arm, combination.read(place, sources()))
    if on_gpu:
        # One module after the other: a merge is as large as all its sources.
        rank = peft_folder.one_rank(worn)
        whole = ((module, peft_folder.of_rank(factors, rank)) for module, factors in worn.items())
        return Adapter(arm, {module: staging.copied(base, factors) for module, factors in whole})
    # The last bits of a product on a processor depend on where its factors lie in memory. Read from
    # a file, they lie where those of an adapter that is kept do.
    with TemporaryDirectory(dir=folder) as scratch:
        peft_folder.write_peft(worn, scratch, "")
        return peft_folder.read_peft(scratch, arm, linears)


def rows(arm: str, folder: Path) -> list[dict[str, object]]:
    """Rows of a prediction file: the answers of an arm in a folder."""
    found = (Prediction(**row) for row in tables.read_json(folder / FILE))
    return [{"arm": arm, **asdict(row)} for row in found]
