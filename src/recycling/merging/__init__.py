"""Merging methods by name, one row each. Adding one is a function and a row: CONTRIBUTING.md."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Method:
    """Where a method is, and what the workflow must know of it before it runs.

    Its options are the keyword-only arguments of the function.
    """

    entry: str
    """The function, as `package.module:name`."""
    name: str
    """What the literature calls it; files keep the name of its row."""
    reads: Literal["weights", "rows"] = "rows"
    """Weights of the adapters alone; or labelled rows too, with the base."""
    gives: Literal["adapter", "routed", "routed_by_prompt"] = "adapter"
    """One adapter; or experts that each token or each prompt weighs anew: no single adapter."""
    combines: bool | tuple[str, str] = False
    """It gives the directions of its sources, each scaled, see `merging.combination`: always, or
    unless an option has a value."""
    per_part: bool = False
    """It learns a coefficient for each part of the model, which a heat map can show."""
    streams: bool = False
    """It asks for one module of one adapter at a time, once: adapters can stay on disk."""
    shapes_alone: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Option -> its values that take nothing of the adapters but modules and ranks: controls."""
    tunable: bool = False
    """Its `learning_rate` and `steps` may be tuned on labelled rows."""

    def combination(self, options: Mapping[str, object]) -> bool:
        """Whether it gives one with these options."""
        if isinstance(self.combines, bool):
            return self.combines
        option, value = self.combines
        return options.get(option) != value

    @property
    def routed(self) -> bool:
        """Whether its adapters stay apart."""
        return self.gives != "adapter"


METHODS = {
    "none": Method("recycling.merging.static:alone", "one adapter", reads="weights", combines=True),
    "average": Method(
        "recycling.merging.static:average", "average", reads="weights", combines=True
    ),
    "task_arithmetic": Method(
        "recycling.merging.static:task_arithmetic",
        "Task Arithmetic",
        reads="weights",
        combines=True,
    ),
    "dare": Method("recycling.merging.static:dare", "DARE", reads="weights"),
    "ties": Method("recycling.merging.ties:ties", "TIES", reads="weights"),
    "ties_span": Method("recycling.merging.ties:ties_span", "TIES in the span", reads="weights"),
    "ties_factors": Method(
        "recycling.merging.ties:ties_factors", "TIES of factors", reads="weights"
    ),
    "knots": Method("recycling.merging.ties:knots", "KnOTS", reads="weights"),
    "tsv": Method("recycling.merging.spectral:tsv", "TSV-M", reads="weights"),
    "iso_c": Method("recycling.merging.spectral:iso_c", "Iso-C", reads="weights"),
    "ridge": Method("recycling.merging.closed_form:ridge", "ridge", combines=True),
    "learned": Method(
        "recycling.merging.learned:learned",
        "adaptive merging",
        combines=("train", "both"),
        per_part=True,
        tunable=True,
    ),
    "stacked": Method(
        "recycling.merging.stacked:stacked", "stacking", combines=True, per_part=True
    ),
    "adamerging": Method(
        "recycling.merging.learned:adamerging",
        "AdaMerging",
        combines=True,
        per_part=True,
        tunable=True,
    ),
    "adamerging_entropy": Method(
        "recycling.merging.learned:adamerging_entropy",
        "AdaMerging by entropy",
        combines=True,
        per_part=True,
    ),
    "pi_tuning": Method(
        "recycling.merging.learned:pi_tuning", "π-Tuning", per_part=True, tunable=True
    ),
    "continued": Method("recycling.merging.continued:continued", "warm start", tunable=True),
    "line_search": Method("recycling.merging.blackbox:line_search", "line search", combines=True),
    "lorahub": Method(
        "recycling.merging.blackbox:lorahub", "LoraHub", combines=("form", "factors")
    ),
    "arrow": Method("recycling.merging.routing:arrow", "Arrow", reads="weights", gives="routed"),
    "arrow_trained": Method(
        "recycling.merging.routing:arrow_trained", "Arrow, trained", gives="routed"
    ),
    "logo": Method(
        "recycling.merging.routing:logo", "LoGo", reads="weights", gives="routed_by_prompt"
    ),
    "subspace": Method(
        "recycling.merging.subspace:subspace",
        "subspace",
        streams=True,
        shapes_alone={"directions": ("random", "base")},
    ),
}


def free_of_data() -> list[str]:
    """The methods that merge several adapters without a row of data or a pass through the base.

    What prompts weigh takes such a pass for each prompt, so it is none of them.
    """
    return [
        name
        for name, row in METHODS.items()
        if row.reads == "weights" and row.gives != "routed_by_prompt" and name != "none"
    ]
