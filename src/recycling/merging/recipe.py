"""What a merge and its answers are told; free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

ADAPTER, ROUTED, GATES = "adapter_model.safetensors", "routed.safetensors", "gates.safetensors"
# What an arm wears: the file with its numbers, and what tells how these are read.
CONFIGS = {ADAPTER: "adapter_config.json", ROUTED: "routed.json", GATES: "sources.json"}
# What lies beside an adapter that others may take, and what is known of every merge of a study.
LEAFLETS = ("README.md", "NOTICE")
RECORDS = ("merge.json", "coefficients.tsv", "curve.tsv", "tuning.tsv")

Kept = Literal["adapter", "gates", "answers"]
"""What is kept of a merge: an adapter for others, or routed ones, with card and NOTICE; the gates
that it is put together by; or its answers alone, since its weights go when these are given."""


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
    streams: bool = False
    """It reads one module of one adapter at a time, so none is held as a whole."""
    compress_rank: int | None = None
    """The rank that all adapters are projected to before they are merged; None leaves them."""
    export_rank: int | None = None
    """The rank that its result is cut to; None leaves it as it is."""
    kept: Kept = "adapter"
    """What is kept of it."""
    twin_training: Mapping[str, Any] = field(default_factory=dict)
    """The recipe of twins that are trained."""
    grid: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Options that are tuned, each with the values to try."""
    tuning_folds: int = 0
    """Parts of the training rows on which they are tried; 0 where nothing is tuned."""
    stand_in_training: Mapping[str, Any] = field(default_factory=dict)
    """The recipe of the fresh LoRA that joins a tuned merge; in a fold another stands in for it."""


@dataclass(frozen=True)
class Asking:
    """How the base is asked for the answers of an arm, beside what it wears."""

    shown: int | Literal["all"] = 0
    """Training rows that its prompts show, or all that fit into the window."""
    nearest: bool = False
    """They are those nearest to each test row, not the first ones."""
    calibrated: bool = False
    """The likelihoods of its candidates are corrected by the labelled rows."""
