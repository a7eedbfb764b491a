"""From an accepted repository to one canonical adapter; the last stage that can refuse it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from recycling.adapters import canonical, lowrank, peft_read
from recycling.adapters.canonical import Adapter
from recycling.adapters.peft_files import AdapterFileError
from recycling.adapters.peft_scaling import Scaling
from recycling.hub.address import Hub, HubError, Listing
from recycling.pool.inspection import WEIGHTS, Inspection


@dataclass(frozen=True)
class Limits:
    """Cap of the file in bytes and range of the Frobenius norm of the whole update."""

    max_bytes: int
    norm_min: float
    norm_max: float


@dataclass(frozen=True)
class Fetched:
    """A weights file on disk with its sha256, or the reason why there is none."""

    file: Path
    sha256: str = ""
    reason: str = ""
    detail: str = ""


def fetch(hub: Hub, listing: Listing, file: Path, limits: Limits) -> Fetched:
    """Copy the weights of a repository, pinned, to `file`."""
    try:
        return Fetched(
            file, hub.fetch(listing.repo, listing.commit, WEIGHTS, file, limits.max_bytes)
        )
    except HubError as error:
        return Fetched(file, reason=error.reason, detail=error.detail)


def convert(
    inspection: Inspection,
    fetched: Fetched,
    name: str,
    modules: Collection[str],
    limits: Limits,
    folder: Path,
) -> dict[str, Any]:
    """Read and check fetched weights; write `<name>.safetensors` into `folder` if they are fit.

    Returns a row of the table `shard`; a row with a reason is a rejection, and leaves no file.
    Rank and alpha are the largest of any module. The fetched file is removed.
    """
    listing = inspection.listing
    row: dict[str, Any] = {
        "adapter": name,
        "repo": listing.repo,
        "commit": listing.commit,
        "owner": listing.owner,
        "licence": listing.licence,
        "status": "rejected",
        "bytes": listing.files[WEIGHTS],
    }
    if fetched.reason:
        return row | {"reason": fetched.reason, "detail": fetched.detail}
    row["sha256"] = fetched.sha256
    try:
        tensors = peft_read.read_tensors(fetched.file, inspection.tensors)
    except AdapterFileError as error:
        return row | {"reason": error.reason, "detail": error.detail}
    finally:
        fetched.file.unlink()
    source = {key: str(row[key]) for key in ("repo", "commit", "owner", "licence", "sha256")}
    adapter = peft_read.adapter(inspection.config, tensors, modules, name, source)
    scaling = Scaling(inspection.config)
    row |= {
        "rank": max(factors.rank for factors in adapter.values()),
        "alpha": max(scaling.alpha(module) or 0.0 for module in adapter),
        "parameters": adapter.parameters,
        "modules": len(adapter),
    }
    for check in WEIGHT_CHECKS:
        detail = check(adapter, limits)
        if detail is not None:
            return row | {"reason": check.__name__, "detail": detail}
    canonical.write(adapter, folder / f"{name}.safetensors")
    return row | {"status": "accepted", "norm": lowrank.total_norm(adapter)}


def nonfinite(adapter: Adapter, limits: Limits) -> str | None:
    """Why it is refused for NaN or infinity, None otherwise."""
    for module, factors in adapter.items():
        for side, tensor in (("A", factors.a), ("B", factors.b)):
            count = int((~torch.isfinite(tensor)).sum())
            if count:
                return (
                    f"found {count} values in {side} of {module} that are not finite, expected none"
                )
    return None


def noop(adapter: Adapter, limits: Limits) -> str | None:
    """Why it is refused as an update that is zero everywhere, None otherwise."""
    if lowrank.total_norm(adapter):
        return None
    return "found an update that is zero in every module, expected a trained one"


def norm(adapter: Adapter, limits: Limits) -> str | None:
    """Why it is refused for the size of its update, None otherwise."""
    found = lowrank.total_norm(adapter)
    if limits.norm_min <= found <= limits.norm_max:
        return None
    return f"found norm {found:.4g}, expected {limits.norm_min:g} to {limits.norm_max:g}"


WEIGHT_CHECKS: tuple[Callable[[Adapter, Limits], str | None], ...] = (nonfinite, noop, norm)
