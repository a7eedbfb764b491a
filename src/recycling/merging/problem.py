"""What a merging method is given and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd
import torch

from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.merge_record import Detail, MergeRecord, source
from recycling.adapters.routed import Routed
from recycling.ground.errors import InputError
from recycling.merging import combination
from recycling.merging.spans import Spans
from recycling.model.conduct import OURS_IN_TRAINING, Conduct
from recycling.model.recipe import Point, Tried, curve_rows
from recycling.tasks.record import Example

if TYPE_CHECKING:
    from recycling.model.base import Base


@dataclass(frozen=True)
class Problem:
    """Adapters to merge, and the labelled rows of the target task; never its test rows.

    With `fresh`, adapter 0 is the LoRA that was trained on `train`; `stand_ins` were trained as it
    was, each without the rows of one fold (`tasks.splits.fold_of`). Without `open_base` only
    methods that need no base model can merge. `spans` may be those of the problem before.
    """

    adapters: Sequence[Adapter]
    fresh: bool
    instruction: str
    train: Sequence[Example]
    valid: Sequence[Example]
    seed: int
    open_base: Callable[[], Base] | None = None
    conduct: Conduct = OURS_IN_TRAINING
    stand_ins: Sequence[Adapter] = ()
    spans: Spans = field(default_factory=Spans, compare=False)

    def __post_init__(self) -> None:
        if not self.adapters:
            raise InputError(
                "merge",
                "adapters",
                0,
                "at least one adapter",
                "raise the arm's k or let fresh join",
            )

    @cached_property
    def base(self) -> Base:
        """The base model, loaded when a method first asks for it; InputError if there is none."""
        if self.open_base is None:
            raise InputError(
                "merge",
                "base",
                None,
                "a base model, which this method reads",
                "say how to open it, or choose a method that merges the weights alone",
            )
        return self.open_base()

    def placed(self) -> Problem:
        """The same with the adapters where the base computes: trying one merge after the other of
        them fetches nothing."""
        adapters = [
            replace(adapter, modules={m: f.to(self.base.device) for m, f in adapter.items()})
            for adapter in self.adapters
        ]
        return replace(self, adapters=adapters)

    @cached_property
    def modules(self) -> list[str]:
        """Every module that some adapter changes, sorted."""
        return sorted({module for adapter in self.adapters for module in adapter})

    def present(self, module: str) -> list[tuple[int, Factors]]:
        """Index and factors of the adapters that change `module`."""
        return [(i, a[module]) for i, a in enumerate(self.adapters) if module in a]


@dataclass(frozen=True)
class Coefficient:
    """The weight of one source in a module, or in one direction of it.

    `module` is `*` where the weight is the same in all modules.
    """

    source: str
    module: str
    direction: int | None
    coefficient: float


@dataclass(frozen=True)
class Merged:
    """The result of a merge, and how it came about.

    `modules` are the factors of the merged update, a `Combination` where they are those of the
    sources, each scaled. `export_error` is their relative Frobenius error
    against the method's own result, 0 where that is of low rank by construction. `details` is what
    else the method notes. `routed` is set where each token has weights of its own; then `modules`
    are the stacked factors of all adapters. `tried` are the configurations of a tuned merge.
    """

    modules: Mapping[str, Factors]
    coefficients: Sequence[Coefficient] = ()
    curve: Sequence[Point] = ()
    tokens: int = 0
    export_error: float = 0.0
    details: Mapping[str, Detail] = field(default_factory=dict)
    routed: Routed | None = None
    tried: Sequence[Tried] = ()

    @property
    def rank(self) -> int:
        """The largest rank of any module."""
        return max((factors.rank for factors in self.modules.values()), default=0)

    def record(self, arm: str, method: str, sources: Sequence[Adapter]) -> MergeRecord:
        """The record of this merge for an arm; `sources` are the adapters that were merged."""
        return MergeRecord(
            arm=arm,
            method=method,
            sources=tuple(source(adapter) for adapter in sources),
            tokens=self.tokens,
            rank=self.rank,
            export_error=self.export_error,
            details=dict(self.details),
        )

    def coefficient_means(self, sources: Sequence[Adapter]) -> list[float] | None:
        """Mean coefficient of each source over modules and directions; None where routed."""
        if self.routed:
            return None
        table = self.coefficient_table().groupby("source")["coefficient"].mean()
        return [float(table[source.name]) for source in sources]

    def curve_table(self) -> pd.DataFrame:
        """The training curve as the table `curve`, empty for methods that train nothing."""
        rows = curve_rows(self.curve)
        return pd.DataFrame(rows, columns=["step", "train_loss", "valid_loss", "kept"])

    def coefficient_table(self) -> pd.DataFrame:
        """The coefficients as the table `coefficients`."""
        return pd.DataFrame(
            [vars(c) for c in self.coefficients],
            columns=["source", "module", "direction", "coefficient"],
        )


def require_one_rank(
    problem: Problem, method: str, remedy: str, *, everywhere: bool = False
) -> None:
    """Raise InputError for a module in which the adapters have different ranks.

    With `everywhere` an adapter that lacks the module has rank 0 in it.
    """
    for module in problem.modules:
        ranks = {factors.rank for _, factors in problem.present(module)}
        if everywhere and len(problem.present(module)) < len(problem.adapters):
            ranks.add(0)
        if len(ranks) > 1:
            expected = "one rank in every adapter" if everywhere else "one rank"
            where = f"ranks in {module}"
            raise InputError(f"merge {method}", where, sorted(ranks), expected, remedy)


class ExportLoss:
    """Relative Frobenius error of low-rank factors against full updates, module by module."""

    def __init__(self) -> None:
        self.lost, self.total = 0.0, 0.0

    def add(self, update: torch.Tensor, exported: Factors) -> None:
        """Count one module: its full update and the factors that are saved of it."""
        self.lost += (update - exported.delta()).square().sum().item()
        self.total += update.square().sum().item()

    @property
    def relative(self) -> float:
        """Norm of what is lost over that of all updates; 0 where these are zero."""
        return float((self.lost / self.total) ** 0.5) if self.total else 0.0


def strengths(problem: Problem, weights: Sequence[float]) -> list[Coefficient]:
    """One coefficient for each adapter, in their order, the same in all modules."""
    return [
        Coefficient(adapter.name, "*", None, float(weight))
        for adapter, weight in zip(problem.adapters, weights, strict=True)
    ]


def weighted(problem: Problem, weights: Sequence[float]) -> Merged:
    """The exact sum `sum_i w_i delta_i`: concatenated factors, an absent module counts as zero."""
    return Merged(combination.weighted(problem.adapters, weights), strengths(problem, weights))
