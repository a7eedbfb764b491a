"""What is measured: the same work done in several ways, and when their results count as equal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Run = Callable[[], Any]
OURS = "ours"


@dataclass(frozen=True)
class Rival:
    """A way to do the work of a case; ours is one of them.

    `prepare` does what is not timed, such as loading a model, and gives what is. With `same` its
    result must be ours; without, it is another by definition, or the rival does a part of the work.
    """

    prepare: Callable[[], Run]
    same: bool = True


@dataclass(frozen=True)
class Case:
    """One piece of work and its rivals by name, ours first.

    `differ` gives the difference of two results, which may be at most `within`. With `memory` the
    peak of each rival that does all of the work is measured too, in a process of its own.
    """

    work: str
    rivals: Mapping[str, Rival]
    differ: Callable[[Any, Any], float]
    within: float
    memory: bool = False


@dataclass(frozen=True)
class Growth:
    """Our seconds as one size of the work grows; `prepare(size)` gives what is timed.

    `at` says how large a size really is, where it is only known once the work is prepared.
    """

    work: str
    along: str
    sizes: tuple[int, ...]
    prepare: Callable[[int], Run]
    at: Callable[[int], int] = field(default=lambda size: size)
