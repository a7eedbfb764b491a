"""The keys of a check of preconditions: whose adapters, which questions, merged by which rules."""

from typing import Annotated, Literal

from pydantic import Field

from recycling.plan.study.base import Base, Runtime
from recycling.plan.study.keys import (
    Count,
    CountOrNone,
    Distinct,
    Keys,
    Maybe,
    Named,
    Number,
    OpenKeys,
    StudyName,
    TaskName,
)
from recycling.plan.study.pool import Community, PoolOfOthers
from recycling.plan.study.tasks import Task

RuleName = Annotated[
    str,
    Named(
        "(?!two_calls$)[a-z][a-z0-9_]*",
        "small letters, digits and _, a letter first, and not two_calls",
    ),
]


class MergeRule(OpenKeys):
    """How the experts answer together, with the options of that method."""

    method: str
    """A merge that needs no data, or hop_oracle: the expert of the first hop writes the bridge and
    that of the second all else."""


class Experts(Keys):
    """The adapter that knows each hop, and those that join them.

    Adapters go by their own name, their repository or the recipe of the study's community.
    """

    hop1: Maybe[str] = None
    """Knows the first hop; without a name the best one alone on `choosing` chains."""
    hop2: Maybe[str] = None
    """Knows the second hop; without a name the best one alone on `choosing` chains."""
    others: Distinct[str] = []
    """Adapters that join every merge, such as one that has read chains of thought."""

    @property
    def named(self) -> dict[str, str]:
        """Hop -> the adapter that is named for it."""
        hops = {"hop1": self.hop1, "hop2": self.hop2}
        return {hop: name for hop, name in hops.items() if name is not None}


class PreconditionsStudy(Keys):
    """Whether adapters of a pool answer two-hop questions together, and if not, why."""

    kind: Literal["preconditions"]
    """The kind of study."""
    study: StudyName
    """Name of the folder below results/."""
    seed: CountOrNone = 1
    """Root of every random stream."""
    base: Base
    """The base model and where it comes from."""
    runtime: Runtime = Runtime()
    """Device and number format."""
    pool: PoolOfOthers
    """The adapters of others."""
    community: Community = {}
    """Adapters to train as strangers do; name -> recipe."""
    tasks: dict[TaskName, Task] = {}
    """The tasks that the community trains for; task name -> source and its options."""
    questions: str
    """JSONL file with one chain of two hops a line; see docs/preconditions.md."""
    max_new_tokens: Count = 48
    """Cap of a greedy answer, in tokens; one that does not end before it is wrong."""
    experts: Experts = Experts()
    """The adapter that knows each hop, and those that join them."""
    choosing: CountOrNone = 0
    """Chains, drawn at random, that choose experts and judge nothing; 0 if both are named."""
    rules: Annotated[dict[RuleName, MergeRule], Field(min_length=1)] = {
        "uniform": MergeRule(method="average"),
        "sum": MergeRule(method="task_arithmetic"),
        "ties": MergeRule(method="ties"),
        "arrow": MergeRule(method="arrow"),
        "hop_oracle": MergeRule(method="hop_oracle"),
    }
    """Rule -> its method, a merge that needs no data, and options."""
    enough: Annotated[float, Number(above=0, below=1)] = 0.5
    """The share of right answers that is enough to call a hop known, a template present, a rule
    composing; an exact test against it decides."""
