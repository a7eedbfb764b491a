"""What a merge is told: whose adapters, and by which method; free of torch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class MergeRecipe:
    """How the adapters of one arm become one."""

    count: int | Literal["all"]
    """Adapters of the pool, the first of a ranking."""
    twin: str | None
    """The kind of random counterparts that stand in for them."""
    method: str
    """The name of the method, for the record and the card."""
    entry: str
    """Its function, as `package.module:name`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Its options."""
    export_rank: int | None = None
    """The rank that its result is cut to; None leaves it as it is."""
    twin_training: Mapping[str, Any] = field(default_factory=dict)
    """The recipe of twins that are trained."""
