"""How long a job of a rule takes: as jobs of it have taken before, or not known."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recycling.ground import provenance, tables
from recycling.ground.errors import InputError
from recycling.plan.study import file

REFERENCES = provenance.ROOT / "results" / "reference"


@dataclass(frozen=True)
class Measured:
    """The mean wall seconds of some jobs of a rule, and where they ran."""

    seconds: float
    jobs: int
    source: str


def earlier(results: Path) -> dict[str, Measured]:
    """Rule -> what its jobs of earlier runs took, from the benchmark files of a study."""
    return _means(provenance.seconds_by_rule(results / "benchmarks"), "earlier jobs of this study")


def reference(keys: Mapping[str, Any]) -> tuple[dict[str, Measured], str]:
    """The same from the stored reference that is most like a study, and what is other in that one.

    `keys` are those of the study. Only a reference of the same kind on the same base counts; the
    fewer keys differ, the better. Both are empty where there is none. References ran on processors.
    """
    found = []
    for path in sorted(REFERENCES.glob("*/provenance.json")):
        record = tables.read_json(path)
        ran = record["config"]
        if not (record.get("rules") and _name(ran) == _name(keys)):
            continue
        ran = _completed(ran)
        other = [key for key in {**keys, **ran} if keys.get(key) != ran.get(key)]
        found.append((len(other), path, record, sorted(other)))
    if not found:
        return {}, ""
    _, path, record, other = min(found, key=lambda one: one[:2])
    source = f"results/reference/{path.parent.name}"
    differs = f"; other keys there: {', '.join(other)}" if other else " with the same keys"
    return _means(record["rules"], source), f"{source} ran on {record['processor']}{differs}"


def _completed(keys: Mapping[str, Any]) -> Mapping[str, Any]:
    """The keys with the defaults of today, so that a new one makes no difference."""
    try:
        return file.keys_of(file.complete(keys))
    except InputError:
        return keys  # it has keys that are gone


def _name(keys: Mapping[str, Any]) -> tuple[object, object]:
    return keys.get("kind", "merging"), (keys.get("base") or {}).get("name")


def _means(rules: Mapping[str, Mapping[str, float]], source: str) -> dict[str, Measured]:
    return {
        rule: Measured(spent["seconds"] / spent["jobs"], int(spent["jobs"]), source)
        for rule, spent in rules.items()
        if spent["jobs"]
    }
