"""The keys of a merging study: what is recycled, how it is merged, and what it is compared with."""

from math import inf
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from recycling.model.conduct import PAPER
from recycling.plan.study.base import Base, Runtime
from recycling.plan.study.keys import (
    Check,
    Count,
    Keys,
    Maybe,
    Name,
    Named,
    Number,
    OpenKeys,
    Positive,
    Some,
    SomeDistinct,
    StudyName,
    TaskName,
)
from recycling.plan.study.pool import Community, Pool
from recycling.plan.study.protocol import Protocol
from recycling.plan.study.recipes import FreshRecipe, FreshVariant, Tune
from recycling.plan.study.tasks import Split, TargetTask

MAIN = "main_comparison"

K = Annotated[
    Count | Literal["all"],
    Check(
        lambda k: k == "all" or (isinstance(k, int) and not isinstance(k, bool) and k >= 1),
        "a whole number, at least 1, or all",
        before=True,
    ),
]
Joins = Annotated[
    bool | str,
    Check(
        lambda joins: isinstance(joins, bool | str),
        "true, false, or the name of one of fresh_variants",
        before=True,
    ),
]
Exported = Annotated[
    Literal["all", "none"] | SomeDistinct[str],
    Check(
        lambda arms: arms in ("all", "none") or (isinstance(arms, list) and _each_once(arms)),
        "all, none, or a list of arms, each once",
        before=True,
    ),
]
VariantName = Annotated[
    str,
    Named(
        "(?!fresh$)[a-z][a-z0-9_]*", "small letters, digits and _, a letter first, and not fresh"
    ),
]


def _each_once(names: list[Any]) -> bool:
    return {type(name) for name in names} == {str} and len(set(names)) == len(names)


class Merge(OpenKeys):
    """How the adapters of an arm become one, with the options of that method."""

    method: str = "none"
    """A method of docs/methods.md; none for at most one adapter."""
    compress_rank: Maybe[Count] = None
    """Project all adapters to so many directions that they share before they are merged, and save
    the merge at this rank."""
    export_rank: Maybe[Count] = None
    """Save the best approximation of at most this rank; without it the merge itself."""
    tune: Maybe[Tune] = None
    """What is chosen by cross-validation within the training rows, instead of being given."""


class Worsened(Keys):
    """A pool that got worse: the relatives of the target, a share of them replaced."""

    by: Literal["unrelated", "negated", "label_shuffled"]
    """By what: unrelated adapters; or harmful versions of those that leave, which the study's
    community publishes: with the opposite sign, or trained on shuffled answers."""
    share: Annotated[float, Number(least=0, most=1)]
    """So large a share of them; which ones is drawn, and a larger share holds a smaller one."""


class Arm(Keys):
    """One of the things that are compared: where adapters come from and how they are merged.

    An arm with `grid: {axis: [values]}` is one arm for each combination; `{axis}` in its name and
    `"{axis}"` as a value of it stand for the value.
    """

    # A grid is spelled out before the arm is read: see `arms.expanded`.
    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema["properties"].update(
            grid={
                "type": "object",
                "description": "Axis -> its values, an arm for each.",
            }
        )
    )

    pool: Literal["none", "real", "twins"] = "none"
    """real takes adapters of the pool, twins random counterparts of them."""
    twin: Maybe[str] = None
    """Kind of random counterpart; with `pool: twins`."""
    select: Maybe[str] = None
    """Selector of the pool's adapters."""
    among: str = "all"
    """Subpool that they are selected from."""
    kin: Maybe[Literal["same", "sibling", "unrelated"]] = None
    """How its first adapter is related to the target, see `pool.kin`; all others are unrelated."""
    worsened: Maybe[Worsened] = None
    """Its pool is the relatives of the target alone, see `pool.kin`, a share of them replaced."""
    k: Maybe[K] = None
    """How many adapters of the pool, or all."""
    fresh: Joins = False
    """The fresh LoRA joins as adapter 0: true, or the name of one of `fresh_variants`."""
    demonstrations: Maybe[K] = None
    """The bare base, with so many of the training rows shown in its prompt; all: as many as fit."""
    nearest: bool = False
    """Show the training rows that are nearest to each test row, not the first ones."""
    calibrated: bool = False
    """The bare base, its choice among candidates corrected by labelled rows; its text stays."""
    merge: Merge = Merge()
    """Method and its options."""
    targets: SomeDistinct[str] = []
    """Tasks that the arm is run on; the study's targets without it."""

    @property
    def draws_on_pool(self) -> bool:
        """Whether it takes adapters of the pool, or twins of such."""
        return self.pool != "none"

    @property
    def part(self) -> str:
        """The part of the pool that it selects from; no subpool has such a name with a hyphen."""
        if self.worsened:
            return f"worsened-{self.worsened.by}-{self.worsened.share:g}"
        return f"kin-{self.kin}" if self.kin else self.among

    @property
    def adapter_count(self) -> float:
        """How many adapters it has at most; infinite where it takes the whole pool."""
        return (inf if self.k == "all" else self.k or 0) + bool(self.fresh)

    @property
    def wears_adapter(self) -> bool:
        """Whether it has an adapter at all; one without is the bare base."""
        return self.draws_on_pool or bool(self.fresh)

    @property
    def folds(self) -> int:
        """Parts that the fresh LoRA's labelled rows are left out by in turn; 0 without."""
        folds: int = self.merge.options.get("folds", 0)
        return folds


class Experiment(Keys):
    """Arms that are compared for one claim; it gives a table, a figure and a paragraph."""

    arms: Some[str]
    """Arms by name or by pattern (`design_*`)."""
    targets: SomeDistinct[str] = []
    """Targets that every arm of it has; without it all that they share."""
    reference: Maybe[str] = None
    """The arm that the others are compared with, for experiments that ask for one."""


class Primary(Keys):
    """A comparison that decides: `arm` minus `reference`."""

    arm: str
    """An arm of the main comparison."""
    reference: str
    """The arm that it is compared with."""


class Statistics(Keys):
    """Intervals, equivalence and what decides."""

    margin: Positive = 0.02
    """Differences smaller than this count as none."""
    primary: Annotated[list[Primary], Field(max_length=5)] = []
    """The comparisons that decide, at most five; without it the first of each question."""
    resamples: Annotated[int, Field(ge=100, le=1_000_000)] = 4000
    """Draws of the bootstrap, which is for ranks and shares of variance."""
    tasks: Literal["fixed", "random"] = "fixed"
    """fixed: the intervals speak of these tasks; random: of tasks like them (8 or more)."""


class MergingRuntime(Runtime):
    """Device, number format and processes."""

    arms_per_process: Maybe[Count] = None
    """How many arms of a task one process merges; all without it."""


class MergingStudy(Keys):
    """A study that recycles a pool of adapters and compares with a fresh LoRA."""

    # A catalogue may bring the tasks, and with them the targets.
    model_config = ConfigDict(
        json_schema_extra=lambda schema: schema.update(
            required=[key for key in schema["required"] if key not in ("tasks", "targets")]
        )
    )

    kind: Literal["merging"] = "merging"
    """The kind of study."""
    study: StudyName
    """Name of the folder below results/."""
    seed: Annotated[int, Field(ge=0)] = 1
    """Root of every random stream."""
    base: Base
    """The base model and where it comes from."""
    runtime: MergingRuntime = MergingRuntime()
    """Device, number format and processes."""
    tasks_from: Maybe[str] = None
    """File with a catalogue of tasks to have besides; they are the targets if none are named."""
    tasks: Annotated[dict[TaskName, TargetTask], Field(min_length=1)]
    """Task name -> its source (builtin, file, hub) and the options of that source."""
    targets: SomeDistinct[str]
    """The tasks to find the best adapter for."""
    replicates: Annotated[int, Field(ge=1, le=1000)] = 2
    """How often labelled rows and all other randomness are drawn anew."""
    split: Split = Split()
    """Rows of a target task."""
    max_new_tokens: Count = 16
    """Cap of a greedy answer, in tokens."""
    pool: Pool
    """The adapters of others."""
    paper_protocol: bool = False
    """Take every choice of `protocol` that is not given as 2602.12323 does."""
    protocol: Protocol = Protocol()
    """Single choices in which the default differs from 2602.12323."""
    community: Community = {}
    """Adapters to train as strangers do; name -> recipe."""
    community_from: Maybe[str] = None
    """File with a mix, the counts from which adapters to train besides are drawn: see
    workflow/communities/."""
    community_count: Maybe[Count] = None
    """So many adapters of the mix, the first of the same ones; all without it. Unfit ones stand
    beside them, in proportion."""
    fresh: FreshRecipe = FreshRecipe()
    """The LoRA trained on the labelled rows of the target."""
    fresh_variants: dict[VariantName, FreshVariant] = {}
    """Other recipes of it, name -> what differs from `fresh`."""
    arms: Annotated[dict[Name, Arm], Field(min_length=1)]
    """What is compared, by name."""
    export: Exported = "all"
    """Arms whose merges stay on disk as adapters: all, none or a list."""
    experiments: dict[str, Experiment] = {}
    """Experiment -> its arms and targets; each gives a table, a figure and a paragraph."""
    statistics: Statistics = Statistics()
    """Intervals, equivalence and what decides."""

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, given: Any) -> Any:
        """Give variants of the fresh LoRA, and the protocol, what they do not change."""
        if not isinstance(given, dict):
            return given
        given = dict(given)
        default, variants = given.get("fresh", {}), given.get("fresh_variants", {})
        if isinstance(default, dict) and isinstance(variants, dict):
            given["fresh_variants"] = {
                name: {**default, **changes} if isinstance(changes, dict) else changes
                for name, changes in variants.items()
            }
        protocol = given.get("protocol", {})
        if given.get("paper_protocol") is True and isinstance(protocol, dict):
            given["protocol"] = {**PAPER, **protocol}
        return given

    @property
    def all_targets(self) -> list[str]:
        """The targets of the study, and those that only some arms have."""
        own = [target for arm in self.arms.values() for target in arm.targets]
        return list(dict.fromkeys([*self.targets, *own]))

    @property
    def folds(self) -> int:
        """The folds of each replicate; 1 where labelled rows and test rows are drawn once."""
        return self.split.folds or 1

    @property
    def fresh_recipes(self) -> dict[str, FreshRecipe]:
        """The recipes of the fresh LoRA by name; its files lie in a folder of that name."""
        return {"fresh": self.fresh, **self.fresh_variants}
