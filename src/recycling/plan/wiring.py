"""The functions of `plan.work` as input functions and params of Snakemake's rules."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from functools import partial
from inspect import signature
from typing import Any, Protocol

from pydantic import BaseModel


class Wildcards(Protocol):
    """What Snakemake hands to an input function: the wildcards of a job, as attributes."""

    def __getattr__(self, name: str) -> str: ...


# What a checkpoint tells: asked for by a function only where it needs it.
Shards = Callable[[], list[str]]


class Plan:
    """Binds functions of a study to the wildcards of a job.

    A function takes the study, then wildcards by their names. What is known only when a checkpoint
    has run is in `later`, by the name of the argument; the function gets it as something to call,
    so that a job waits for a checkpoint only where it needs what it tells.
    """

    def __init__(self, study: BaseModel) -> None:
        self.study = study
        self.later: dict[str, Callable[[Wildcards], list[str]]] = {}

    def __call__(self, function: Callable[..., Any]) -> Callable[[Wildcards], Any]:
        """What a rule takes: an input function or a param."""
        names = list(signature(function).parameters)[1:]

        def asked(wildcards: Wildcards) -> Any:
            given = {
                name: partial(self.later[name], wildcards)
                if name in self.later
                else getattr(wildcards, name)
                for name in names
            }
            return built_in(function(self.study, **given))

        # Snakemake names the function where it fails.
        asked.__name__ = function.__name__
        return asked


def built_in(value: Any) -> Any:
    """`value` with every record in it as a dictionary.

    Snakemake compares params from run to run by their `repr`, and passes over those that are no
    built-in type: a change of a record would go unseen.
    """
    if isinstance(value, BaseModel):
        return value.model_dump(exclude_none=True)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: built_in(inner) for key, inner in value.items()}
    if type(value) in (list, tuple):
        return type(value)(built_in(inner) for inner in value)
    return value
