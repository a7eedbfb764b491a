"""How one adapter of the community is trained; free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from recycling.tasks.aside import Aside


@dataclass(frozen=True)
class CommunityAdapter:
    """A task, how many of its rows at most, and a stranger's choices for a LoRA.

    The update is scaled by alpha / rank, with `rslora` by alpha / sqrt(rank). `modules` are last
    name parts such as `q_proj`. `stop` is the step after which it is saved, where that is not the
    last one; with `labels: shuffled` each row has the answers of another.
    """

    task: str
    rows: int
    rank: int
    alpha: float
    rslora: bool
    modules: Sequence[str]
    steps: int
    learning_rate: float
    labels: Literal["given", "shuffled"] = "given"
    stop: int | None = None


@dataclass(frozen=True)
class Training:
    """One adapter of the community with all that decides it but the base."""

    recipe: CommunityAdapter
    source: str
    """Where the examples of its task come from, a name in `tasks.SOURCES`."""
    options: Mapping[str, object]
    """The options of that source."""
    seed: int
    code: str
    """Digest of the code that trains it and makes its examples."""
    aside: Aside | None = None
    """The rows of the task that it learns from; None for all."""


@dataclass(frozen=True)
class Harmful:
    """A harmful version of an adapter of the community, which makes a pool worse.

    `negated` is the adapter with the opposite sign; `label_shuffled` is trained as it is, with the
    answers of its rows dealt anew.
    """

    of: str
    by: Literal["negated", "label_shuffled"]


@dataclass(frozen=True)
class Publication:
    """How an adapter of the community is published.

    `owner` is drawn where there is none. `defect` is a name in `defects.DEFECTS` where the
    repository is made unfit. `of` is the adapter of which it is a harmful version.
    """

    task: str
    owner: str | None = None
    defect: str | None = None
    of: str | None = None
