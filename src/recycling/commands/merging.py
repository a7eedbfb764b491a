"""The steps of `recycling merge`: vet and read the adapters, merge them, write the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from recycling.adapters import canonical
from recycling.adapters.canonical import Adapter
from recycling.commands import conversion, rules
from recycling.commands.given import Given
from recycling.ground import registry, seeds
from recycling.ground.errors import InputError
from recycling.merging import METHODS, export, truncation
from recycling.merging.problem import Merged, Problem
from recycling.pool import inspection
from recycling.pool.inspection import Inspection
from recycling.pool.vetting import vet


@dataclass(frozen=True)
class Read:
    """Adapters with the factor that each is multiplied by, and the name of their base."""

    adapters: Sequence[Adapter]
    factors: Sequence[float]
    base: str


def read(
    sources: Sequence[Given], factors: Sequence[float], base: str | None, folder: Path
) -> Read:
    """Vet the adapters and write them into `folder` in canonical form, one after the other.

    They are then read from there module by module, so memory holds no adapter as a whole. `base` is
    the name of the base where it is not that of all adapters. Raises InputError for the first one
    that vetting rejects, and where the base is not known.
    """
    found = [inspection.inspect(source.hub, source.listing) for source in sources]
    if base is not None:
        said = {"base_model_name_or_path": base}
        found = [replace(one, config=one.config | said) if one.config else one for one in found]
    expected = rules.by_themselves(found)
    for source, one in zip(sources, found, strict=True):
        verdict = vet(one, expected)
        if verdict.reason:
            raise _refused(source, verdict.reason, verdict.detail)
    base = base or _base(sources, found)
    adapters = []
    for source, one, factor in zip(sources, found, factors, strict=True):
        row = conversion.converted(source, one, expected, folder)
        if row.get("reason"):
            raise _refused(source, row["reason"], row["detail"])
        adapters.append(canonical.opened(folder / f"{source.name}.safetensors", factor))
    return Read(adapters, factors, base)


def _base(sources: Sequence[Given], found: Sequence[Inspection]) -> str:
    names = {rules.stated_base(one).casefold(): rules.stated_base(one) for one in found}
    if len(names) > 1:
        raise InputError(
            "merge",
            "base",
            sorted(names.values()),
            "adapters of one base",
            "if all of these have the same weights, give the name to write as --base",
        )
    return next(iter(names.values()))


def _refused(source: Given, reason: str, detail: str) -> InputError:
    remedy = "leave it out; docs/vetting.md explains the reason"
    if reason == "base_unknown":
        remedy = "give the name of the base as --base"
    return InputError(
        source.name, "vetting", reason, f"an adapter that can be read ({detail})", remedy
    )


def merged(
    read: Read, method: str, options: Mapping[str, Any], rank: int | None, seed: int
) -> Merged:
    """The merge by a method that reads no data, cut to `rank` if there is one.

    Its coefficients are those of the adapters as they were published: the method's, times the
    factor. Raises InputError as the method does.
    """
    problem = Problem(read.adapters, False, "", [], [], seeds.derive(seed, "merge"))
    result: Merged = registry.load(METHODS[method].entry)(problem, **options)
    if rank is not None:
        result = truncation.at_rank(result, rank)
    factor = dict(zip((a.name for a in read.adapters), read.factors, strict=True))
    coefficients = [
        replace(c, coefficient=c.coefficient * factor[c.source]) for c in result.coefficients
    ]
    # The files of the sources are read now; they may not be there for long.
    modules, details = dict(result.modules), {**result.details, **options}
    return replace(result, modules=modules, coefficients=coefficients, details=details)


def write(merged: Merged, folder: Path, method: str, settings: str, read: Read) -> None:
    """Write the merge as a study does; it is named after its folder."""
    export.write(
        merged,
        folder,
        arm=folder.name,
        method=method,
        settings=settings,
        sources=read.adapters,
        base_name=read.base,
    )
