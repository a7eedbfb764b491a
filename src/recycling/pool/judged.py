"""What is known, beyond its own score, of the adapter that a selector chose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from recycling.pool import ALL


@dataclass(frozen=True)
class Judged:
    """A selector that chose by `metric` on labelled rows, and who was asked the test rows.

    `on_test` is the selector whose score is the same metric on the test rows, of every adapter;
    empty where the study has none. `parts` are the parts of the pool that it chose from by its
    score alone; all but the whole are judged by `on_test`. `arms` wear the chosen adapter alone and
    unmerged. `control` has arms that wear a single adapter which no score chose, and the selector
    of each.
    """

    metric: str
    on_test: str = ""
    arms: list[str] = field(default_factory=list)
    control: Mapping[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=lambda: [ALL])
