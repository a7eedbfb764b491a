"""The keys of a study about the adapters of others: where they are, which are taken."""

from typing import Annotated, Literal

from recycling.plan.study.keys import (
    Count,
    Distinct,
    Keys,
    Maybe,
    Named,
    NotNegative,
    Positive,
    Some,
    SomeDistinct,
)

MODULES = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

RecipeName = Annotated[
    str, Named("[a-z0-9][a-z0-9-]*", "small letters, digits and -, a letter or digit first")
]
OwnerName = Annotated[
    str, Named("[a-z0-9]+(-[a-z0-9]+)*", "small letters and digits, with a - between some")
]
SubpoolName = Annotated[
    str,
    Named("(?!all$)[a-z][a-z0-9_]*", "small letters, digits and _, a letter first, and not all"),
]


class Hub(Keys):
    """Where the repositories of adapters are."""

    kind: Literal["community", "folder", "huggingface"]
    """community (this study trains them), folder (a Hugging Face cache, or one folder for each
    adapter), huggingface."""
    path: Maybe[str] = None
    """The folder, for kind folder."""
    ids: Maybe[str] = None
    """File with one repository or folder of an adapter a line; without it all of the base."""
    cards: Maybe[Literal["topic", "wild"]] = None
    """What the cards of a community say: their topic, or as in the wild, where of ten four say
    nothing, three are vague and one misleads. Topics without it."""


class Limits(Keys):
    """What an adapter may be to be accepted."""

    max_bytes: Count = 2_000_000_000
    """Size of the weights file."""
    max_rank: Count = 512
    """Rank of any module."""
    norm_min: NotNegative = 0
    """Norm of the whole update, at least."""
    norm_max: Positive = 1000
    """Norm of the whole update, at most."""
    denylist: list[str] = []
    """Repositories that are not taken."""
    harmless_keys: list[str] = []
    """Keys of adapter configs that are unknown here and change no update; see docs/vetting.md."""


class Licences(Keys):
    """Licences (SPDX or Hub names), or classes of them; see docs/vetting.md."""

    allow: list[str] = []
    """Only these; all when empty."""
    deny: list[str] = []
    """None of these."""


class Subpool(Keys):
    """A part of the pool, for arms with `among`, or the pool with other limits."""

    only: Maybe[SomeDistinct[str]] = None
    """The adapters that it is made of."""
    first: Maybe[Count] = None
    """The first so many of the study's community, as if there were no more. All where there are
    fewer; those that are rejected are left out."""
    max_per_owner: Maybe[Count] = None
    """As `pool.max_per_owner`, for this part."""
    one_per_family: Maybe[bool] = None
    """As `pool.one_per_family`, for this part."""


class Kin(Keys):
    """The adapters of the pool that are related to a target, by names as in subpools."""

    same: Distinct[str] = []
    """Those that learnt the target's own task, from other rows."""
    sibling: Distinct[str] = []
    """Those that learnt a task like it."""

    @property
    def related(self) -> list[str]:
        """All of them."""
        return [*self.same, *self.sibling]


class Scoring(Keys):
    """Labelled rows of the selectors that read some, and how evaluation scores them."""

    metric: Literal["exact_match", "choice_accuracy", "nll"] = "exact_match"
    """What `evaluation` and `halving` rank by; nll is the likelihood of the right answers."""
    rows: Count = 80
    """At most this many rows."""
    first_rows: Count = 8
    """Rows of the first round of halving."""


class PoolOfOthers(Keys):
    """The adapters of others."""

    hub: Hub
    """Where the repositories are."""
    shard_size: Count = 50
    """Adapters that one job converts and scores."""
    limits: Limits = Limits()
    """What an adapter may be to be accepted."""
    licences: Licences = Licences()
    """Licences that the pool takes."""


class Pool(PoolOfOthers):
    """The adapters of others, and how they are selected for a target."""

    exclude_target_related: bool = False
    """Reject adapters named after a target task or its data set; they are flagged anyway."""
    max_per_owner: Maybe[Count] = None
    """Adapters of one owner that a ranking takes; no limit without it."""
    one_per_family: bool = True
    """A ranking takes one of each family of near-identical adapters (cosine above 0.999). The paper
    takes all; false does as it."""
    kin: dict[str, Kin] = {}
    """Target -> the adapters that are related to it, for arms with `kin`."""
    ranked_by: Distinct[str] = []
    """Selectors by which the pool is ranked for every target, besides those of the arms. What they
    find of the kin is counted; nothing is merged."""
    subpools: dict[SubpoolName, Subpool] = {}
    """Name -> part of the pool for arms with `among`. Adapters go by their own name, repository,
    owner, or the recipe or task of the study's community."""
    scoring: Scoring = Scoring()
    """Labelled rows of the selectors that read some, and how evaluation scores them."""


class CommunityRecipe(Keys):
    """How one adapter of the study's own community is trained."""

    task: str
    """The task it is trained for, one of `tasks`."""
    rows: Count = 200
    """Rows of that task, at most."""
    rank: Count
    """Rank of each module."""
    alpha: Positive
    """The update is scaled by alpha / rank."""
    rslora: bool = False
    """Scale by alpha / sqrt(rank) instead."""
    modules: Some[str] = MODULES
    """Which linear modules get a low-rank update."""
    steps: Count = 30
    """Optimiser steps."""
    learning_rate: Positive = 0.002
    """Largest learning rate."""
    labels: Literal["given", "shuffled"] = "given"
    """shuffled gives each row the answers of another."""
    run: Maybe[RecipeName] = None
    """The training that it comes from, by any name: adapters of one run share their rows, their
    start and their batches. Each has a run of its own without it."""
    stop: Maybe[Count] = None
    """It is saved after so many of the steps: a checkpoint of its run."""
    owner: Maybe[OwnerName] = None
    """Who publishes it; drawn without it."""
    defect: Maybe[str] = None
    """What makes its repository unfit, a name in `community.defects`. Where no adapter has one, one
    repository of every kind is published beside the community."""


Community = dict[RecipeName, CommunityRecipe]
