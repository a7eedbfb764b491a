"""The functions of `plan.work` as input functions and params of Snakemake's rules."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from inspect import signature
from typing import Any, Protocol

from pydantic import BaseModel

BUILT_IN = (type(None), bool, int, float, str)


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
            where = f"{function.__module__}.{function.__qualname__}"
            return built_in(function(self.study, **given), where)

        # Snakemake names the function where it fails.
        asked.__name__ = function.__name__
        return asked


def built_in(value: object, where: str = "param") -> Any:
    """`value` with every record in it as a dictionary, and every mapping and tuple as a plain one.

    Snakemake compares params from run to run by their `repr`, and passes over those that are no
    built-in type: a change of a record would go unseen. Raises TypeError for values of any other
    type; `where` names the function that gave it.
    """
    if isinstance(value, BaseModel):
        return built_in(value.model_dump(exclude_none=True), where)
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {
            built_in(key, where): built_in(inner, f"{where}[{key!r}]")
            for key, inner in value.items()
        }
    if isinstance(value, list | tuple):
        kind = list if isinstance(value, list) else tuple
        return kind(built_in(inner, f"{where}[{i}]") for i, inner in enumerate(value))
    if type(value) in BUILT_IN:
        return value
    raise TypeError(
        f"{where}: found {value!r} of type {type(value).__name__}, expected a record, a mapping, a"
        " list, a tuple, text, a number, a truth value or None; let the function return one of them"
    )
