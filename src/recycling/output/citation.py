"""How the results of a study are cited: a file in the Citation File Format 1.2.0."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from recycling.ground.provenance import ROOT
from recycling.ground.tables import replacing

SOFTWARE = ROOT / "CITATION.cff"
# What tells which base it is; a path of somebody's machine does not.
TELLING = ("repo", "commit", "package", "wheel_sha256", "member", "member_sha256")
HEAD = "# Whom to name, only you know: put your names in authors. The rest is of this run.\n"


def write(record: Mapping[str, Any], path: str | Path) -> None:
    """Write the citation of the run that `record` is of; it has what `provenance.json` has."""
    text = yaml.safe_dump(citation(record), sort_keys=False, allow_unicode=False, width=100)
    with replacing(path) as temporary:
        temporary.write_text(HEAD + text)


def citation(record: Mapping[str, Any]) -> dict[str, Any]:
    """Its keys. The commit is left out where it is not known."""
    software = yaml.safe_load(SOFTWARE.read_text())
    settings = record["config"]
    study = settings["study"]
    made = ", ".join(f"{name} {version}" for name, version in record["packages"].items())
    changed = " with changes that are in no commit" if record["uncommitted_changes"] else ""
    commit = {"commit": record["commit"]} if record["commit"] else {}
    return {
        "cff-version": "1.2.0",
        "message": "If you use these results, please cite them, the software and the base.",
        "type": "dataset",
        "title": f"Results of the study {study}",
        "authors": [{"name": f"Whoever ran the study {study}"}],
        "abstract": f"A {settings['kind']} study, seed {settings['seed']}, made with "
        f"{software['title']} {software['version']}{changed} on Python {record['python']}, {made}.",
        "identifiers": [
            {
                "type": "other",
                "value": f"sha256:{digest(settings)}",
                "description": "Digest of the settings: config in provenance.json, as JSON with "
                "sorted keys and no spaces.",
            }
        ],
        **commit,
        "references": [
            {
                "type": "software",
                "title": software["title"],
                "authors": software["authors"],
                "version": software["version"],
                "license": software["license"],
                **commit,
            },
            *_bases(settings),
            *software["references"],
        ],
    }


def digest(settings: Mapping[str, Any]) -> str:
    """SHA-256 of the settings of a study, the same for the same settings in any order."""
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _bases(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The base that the study fetches, if it does."""
    base = settings.get("base")
    if base is None:
        return
    source = base["source"]
    name = base.get("name") or source.get("repo") or source.get("package") or "a base of its own"
    known = ", ".join(f"{key} {source[key]}" for key in TELLING if key in source)
    yield {
        "type": "generic",
        "title": name,
        "authors": [{"name": name.partition("/")[0]}],
        "notes": f"The base, from a {source['kind']}" + (f": {known}" if known else ""),
    }
