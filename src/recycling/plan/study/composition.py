"""The keys of a composition study: what is taught to whom, how it is merged, what is asked."""

from typing import Annotated, Any, Literal

from pydantic import Field

from recycling.plan.study.base import FetchedBase, Runtime
from recycling.plan.study.keys import (
    Count,
    CountOrNone,
    Distinct,
    Keys,
    Maybe,
    Name,
    Named,
    OpenKeys,
    Positive,
    Some,
    SomeDistinct,
    StudyName,
)

Expert = Annotated[str, Named("[A-Za-z0-9+]+", "letters, digits and +, as the name of an expert")]
Library = Annotated[
    str, Named("[A-Za-z0-9][A-Za-z0-9_+-]*", "letters, digits, _, + and -, as a name")
]
SceneName = Annotated[str, Named("[A-Za-z0-9_]+", "letters, digits and _, as a name")]


class Theory(Keys):
    """The one-layer model, where it is asked for."""

    pairs: Annotated[list[Annotated[int, Field(ge=2)]], Field(min_length=1)] = [32, 64, 128]
    """Pairs of facts N."""
    ranks: list[Count] = [1, 2, 4, 8, 16, 32]
    """Ranks of the edits."""
    draws: Annotated[int, Field(ge=2)] = 20
    """Random draws of each."""


class Shape(Keys):
    """The shape of a base that the study trains."""

    width: Annotated[int, Field(ge=8, multiple_of=8)]
    """Width of its hidden states."""
    layers: Count
    """Number of its layers."""


class Pretraining(Keys):
    """How a base is trained from random weights."""

    steps: CountOrNone
    """Optimiser steps."""
    learning_rate: Positive
    """Largest learning rate."""
    batch_size: Count
    """Rows of a step."""


class ExpertRecipe(Keys):
    """How the experts of a subject are trained."""

    rank: Count
    """Rank of each module."""
    alpha: Positive
    """The update is scaled by alpha / rank."""
    steps: CountOrNone
    """Optimiser steps."""
    learning_rate: Positive
    """Largest learning rate."""
    batch_size: Count
    """Rows of a step."""


class SubjectSettings(Keys):
    """What is taught and asked: its material, its bases and its experts."""

    replicates: Maybe[Count] = None
    """In the place of the study's."""
    material: dict[str, Any] = {}
    """Options of the subject."""
    model: Maybe[Shape] = None
    """Shape of the base that is trained; without it, and without pretraining, it is fetched."""
    pretraining: Maybe[Pretraining] = None
    """How that base is trained."""
    lora: ExpertRecipe
    """How its experts are trained."""


class Rule(OpenKeys):
    """How the experts of a library answer together, with the options of that method."""

    method: str
    """A merge, or an oracle."""
    twin: Maybe[str] = None
    """Random twins of that kind in the place of the experts."""
    general: Maybe[Some[Expert]] = None
    """Experts whose mean factors are subtracted first (GenKnowSub)."""
    prototypes: Maybe[Literal["random"]] = None
    """random: Arrow with random prototypes."""
    trained_on: Maybe[Some[str]] = None
    """Forms of questions that the method may see."""


class Scene(Keys):
    """What is asked of whom; every expert of a scene is asked alone too."""

    subject: str
    """One of `subjects`."""
    base: str
    """A base of that subject."""
    setting: str
    """A setting of that subject: what is invented, and what the experts have read."""
    libraries: Distinct[str]
    """Of `libraries`."""
    rules: Distinct[str]
    """Of `rules`."""


class SceneRecipe(Keys):
    """A scene with its libraries and rules spelled out; each expert is a library too."""

    setting: str
    """Of its subject."""
    experts: list[str]
    """Those of its libraries, then the `general` ones of its rules."""
    libraries: dict[str, list[str]]
    """Library -> its experts."""
    rules: dict[str, Rule]
    """Rule -> its method and options."""


class CompositionStudy(Keys):
    """Whether adapters of disjoint facts answer together what neither answers alone."""

    kind: Literal["composition"]
    """The kind of study."""
    study: StudyName
    """Name of the folder below results/."""
    seed: CountOrNone = 1
    """Root of every random stream."""
    theory: Maybe[Theory] = None
    """The one-layer model, where it is asked for."""
    replicates: Count = 3
    """How often worlds, bases and adapters are drawn anew."""
    base: Maybe[FetchedBase] = None
    """The base that is fetched for subjects which do not train their own."""
    subjects: Annotated[dict[str, SubjectSettings], Field(min_length=1)]
    """two_hop, places, math and word_lists, each with its material, bases and experts."""
    libraries: dict[Library, SomeDistinct[Expert]]
    """Library -> its experts; the parts of an expert's name are what it is trained on."""
    rules: dict[Name, Rule]
    """Rule -> its method and options."""
    scenes: Annotated[dict[SceneName, Scene], Field(min_length=1)]
    """What is asked of whom."""

    @property
    def runtime(self) -> Runtime:
        """The models of these studies are small: a processor reads them, and exactly."""
        return Runtime(device="cpu", dtype="float32")

    def recipe(self, name: str) -> SceneRecipe:
        """A scene with its libraries and rules spelled out."""
        scene = self.scenes[name]
        libraries = {library: self.libraries[library] for library in scene.libraries}
        rules = {rule: self.rules[rule] for rule in scene.rules}
        named = [*libraries.values(), *(rule.general or [] for rule in rules.values())]
        experts = list(dict.fromkeys(expert for group in named for expert in group))
        return SceneRecipe(
            setting=scene.setting,
            experts=experts,
            libraries={**{expert: [expert] for expert in experts}, **libraries},
            rules=rules,
        )
