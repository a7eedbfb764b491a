"""The books of the pool: every listed repository ends in exactly one row, with its reason."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recycling.ground.errors import InputError
from recycling.hub.address import Listing
from recycling.pool.candidate import Rules
from recycling.pool.inspection import WEIGHTS, Inspection
from recycling.pool.vetting import CHECKS, vet

FAR = 5.0  # standard deviations
STAGES = [*CHECKS, "weights", "logits"]


def read_ids(path: str | Path) -> list[str]:
    """The repositories in a text file, one a line; `#` begins a comment. InputError without any."""
    lines = (line.partition("#")[0].strip() for line in Path(path).read_text().splitlines())
    ids = [line for line in lines if line]
    if not ids:
        raise InputError(
            str(path),
            "lines",
            0,
            "at least one owner/name",
            "list some or remove pool.hub.ids",
        )
    return ids


def listing_row(listing: Listing) -> dict[str, Any]:
    """A row of the table `candidates`."""
    return {
        "repo": listing.repo,
        "commit": listing.commit,
        "licence": listing.licence,
        "base_model": listing.base_model,
        "card": listing.card,
        "date": listing.date,
        "tags": json.dumps(listing.tags),
        "files": json.dumps(listing.files),
        "problem": listing.problem,
        "detail": listing.detail,
    }


def listings(candidates: pd.DataFrame) -> Iterator[Listing]:
    """The listings in a table `candidates`."""
    for row in candidates.fillna("").to_dict("records"):
        read = {"tags": tuple(json.loads(row["tags"])), "files": json.loads(row["files"])}
        yield Listing(**row | read)


def vetted(inspections: Iterable[Inspection], rules: Rules, shard_size: int) -> pd.DataFrame:
    """Rows of the table `vetted`: all repositories, the accepted ones named and put in shards.

    Raises InputError when the rules leave no adapter.
    """
    rows = sorted(_vetted_rows(inspections, rules), key=lambda row: row["repo"])
    accepted = [row for row in rows if row["status"] == "accepted"]
    if not accepted:
        reasons = dict(Counter(row["reason"] for row in rows).most_common())
        remedy = "check pool.hub and base.aliases in the config against the reasons"
        if any(reason.startswith("unknown_config:") for reason in reasons):
            remedy += "; name keys that change no update in pool.limits.harmless_keys"
        raise InputError(
            "pool",
            "accepted",
            reasons or "no repository",
            "at least one adapter of the base",
            remedy,
        )
    for position, row in enumerate(accepted):
        row["shard"] = position // shard_size
    return pd.DataFrame(rows)


def _vetted_rows(inspections: Iterable[Inspection], rules: Rules) -> Iterator[dict[str, Any]]:
    for inspection in inspections:
        listing = inspection.listing
        verdict = vet(inspection, rules)
        accepted = not verdict.reason
        yield {
            "repo": listing.repo,
            "commit": listing.commit or None,
            "owner": listing.owner or None,
            "licence": listing.licence or None,
            "base_model": listing.base_model or None,
            "status": "accepted" if accepted else "rejected",
            "stage": verdict.stage or None,
            "reason": verdict.reason or None,
            "detail": verdict.detail or None,
            "flags": ",".join(verdict.flags) or None,
            "bytes": listing.files.get(WEIGHTS),
            "rank": verdict.rank,
            "adapter": listing.repo.replace("/", "--") if accepted else None,
            "shard": None,
        }


def close(
    vetted: pd.DataFrame, shards: pd.DataFrame, effects: pd.DataFrame, listed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `accepted` and `rejected` from the vetted rows, the rows of all shards and the probe.

    An adapter that changes no logit of the probe is rejected: `no_effect`.

    Raises InputError unless the shards hold each adapter once and accepted + rejected = `listed`.
    """
    expected = sorted(vetted.loc[vetted["status"] == "accepted", "adapter"])
    found = sorted(shards["adapter"])
    if found != expected:
        wrong = sorted((Counter(found) - Counter(expected)) + (Counter(expected) - Counter(found)))
        raise InputError(
            "pool/adapters",
            "adapters",
            wrong[:3],
            "each vetted adapter in one shard",
            "delete pool/adapters and run again",
        )
    flags = vetted[["adapter", "flags", "shard"]].dropna(subset="adapter")
    accepted = shards[shards["status"] == "accepted"].merge(flags, on="adapter", validate="1:1")
    accepted = accepted.merge(effects, on="adapter", validate="1:1")
    silent = accepted[accepted["effect"] == 0].assign(
        stage="logits",
        reason="no_effect",
        detail="found the logits of the bare base for the probe, expected others",
    )
    accepted = accepted[accepted["effect"] != 0]
    accepted["flags"] = _with_outliers(accepted)
    late = pd.concat([shards[shards["status"] == "rejected"].assign(stage="weights"), silent])
    rejected = pd.concat([vetted[vetted["status"] == "rejected"], late])
    order = rejected["stage"].map(STAGES.index)
    rejected = rejected.assign(order=order).sort_values(["order", "repo"])
    if accepted.empty:
        raise InputError(
            "pool",
            "accepted",
            dict(Counter(late["reason"]).most_common()),
            "at least one adapter with fit weights",
            "widen pool.limits (norm_min, norm_max) in the config, or choose another pool",
        )
    if len(accepted) + len(rejected) != listed or len(vetted) != listed:
        raise InputError(
            "pool",
            "repositories",
            f"{len(accepted)} accepted and {len(rejected)} rejected",
            f"{listed} in all, as listed",
            "delete the folder pool and run again",
        )
    return accepted.sort_values("adapter"), rejected


def _with_outliers(accepted: pd.DataFrame) -> pd.Series:
    """The flags, with `norm_outlier` where log(norm) is far from the median by its MAD."""
    logs = np.log(accepted["norm"].astype(float))
    distance = (logs - logs.median()).abs()
    # 1.4826 MAD is the standard deviation of normal values. Without a spread nothing is far.
    far = (distance > FAR * 1.4826 * distance.median()) & (distance.median() > 0)
    flags = accepted["flags"].astype("string")
    named = flags.fillna("").str.cat(far.map({True: "norm_outlier", False: ""}), sep=",")
    return named.str.strip(",").replace("", pd.NA)


def shapes(modules: pd.DataFrame) -> dict[str, tuple[int, int]]:
    """Module -> (outputs, inputs) from a table `modules`."""
    return {row["module"]: (row["out"], row["in"]) for row in modules.to_dict("records")}
