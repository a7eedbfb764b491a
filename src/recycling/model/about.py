"""What is known of a base before anything is trained on it, found by asking it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.model import base as bases
from recycling.model import layers, selftest
from recycling.model.base import Base
from recycling.model.scoring import predict
from recycling.tasks.record import Example

THOUGHT = "<think"
# The fused kernel is the faster one; eager attention is the one that every architecture has.
ATTENTION = ("sdpa", "eager")
# Bytes of weights on disk.
SMALL = 2 * 10**9


@dataclass(frozen=True)
class About:
    """The findings. Differences are those of `selftest.Found`; `window` is in tokens.

    `end_of_turn` is the text that ends an answer, `stops` are the tokens that do. `instruction` is
    `system` where it has a turn of its own, else `user`. `opens_a_thought`: the bare base begins
    an answer by thinking aloud.
    """

    architecture: str
    parameters: int
    modules: int
    window: int
    sliding_window: int | None
    attention: str
    instruction: str
    end_of_turn: str
    stops: list[str]
    opens_a_thought: bool
    tested_in: str
    difference: dict[str, float]


def examine(folder: Path, device: str, dtype: str) -> About:
    """Test the base saved in `folder`, and tell what was found.

    The test is in float32 for a base whose weights take at most 2 GB, since rounding to bfloat16
    hides small faults. Of the implementations of attention the first is taken that passes.

    Raises:
        InputError: the base cannot be read right with any of them.
    """
    problem: InputError | None = None
    for attention, base in _loaded(folder, device, dtype):
        if not base.linears:
            raise InputError(
                "base",
                "linear modules",
                0,
                "at least one, for adapters to change",
                "take a base whose layers are torch.nn.Linear",
            )
        try:
            found = selftest.compare(base)
            selftest.check(found, base)
            selftest.encoded_alike(base)
        except InputError as error:
            problem = problem or error
            print(f"attention {attention}: {error}", flush=True)
            continue
        return _about(base, attention, found)
    assert problem is not None
    raise problem


def _loaded(folder: Path, device: str, dtype: str) -> Iterator[tuple[str, Base]]:
    for attention in ATTENTION:
        try:
            base = bases.load(folder, device, _precise(folder, dtype), attention)
        except ValueError as error:
            if attention == ATTENTION[-1]:
                raise
            print(f"attention {attention}: {shown(str(error), 200)}", flush=True)
            continue
        yield attention, base


def _precise(folder: Path, dtype: str) -> str:
    """float32 for a base of up to about a billion parameters, else the format of the study."""
    stored = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return "float32" if stored <= SMALL else dtype


def _about(base: Base, attention: str, found: selftest.Found) -> About:
    spoken = base.conversation
    question, answers = selftest.ROWS[0]
    [said] = predict(base, selftest.INSTRUCTION, [Example("0", question, answers)], selftest.GREEDY)
    return About(
        architecture=type(base.model).__name__,
        parameters=base.model.num_parameters(),
        modules=len(base.linears),
        window=base.window,
        sliding_window=layers.sliding_window(base.model.config),
        attention=attention,
        instruction=spoken.instruction,
        end_of_turn=spoken.end,
        stops=spoken.names(sorted(spoken.stops)),
        opens_a_thought=said.output.lstrip().startswith(THOUGHT),
        tested_in=found.dtype,
        difference={part: float(f"{size:.2g}") for part, size in found.differences.items()},
    )


def lines(about: About) -> list[str]:
    """The findings in words, for a log and a console."""
    place = "in a turn of its own" if about.instruction == "system" else "above the question"
    worst = max(about.difference.values())
    said = [
        f"{about.architecture}, {about.parameters:,} parameters, {about.modules} linear modules",
        f"the instruction stands {place}; an answer ends with {about.end_of_turn!r}; "
        f"generation stops at {', '.join(map(repr, about.stops)) or 'that text alone'}",
        f"window of {about.window} tokens, attention {about.attention}",
        f"read as transformers reads it, within {worst:.2g} nats in {about.tested_in}",
    ]
    if about.sliding_window:
        said.append(f"some layers see the last {about.sliding_window} tokens alone")
    if about.opens_a_thought:
        said.append(
            "WARNING: this base begins its answers by thinking aloud, so short answers will be "
            "wrong; where its chat template can leave the thought out, set base.template, "
            "for example {enable_thinking: false}"
        )
    return said
