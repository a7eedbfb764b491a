"""How a study was made: the part of every report that rests on `provenance.json`."""

import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from recycling.ground import tables
from recycling.report import cells
from recycling.report.page import Section, part


def section(record: str) -> Section:
    """Commit, versions, machine, seconds by rule and settings, of the file `record`."""
    known: Mapping[str, Any] = tables.read_json(record)
    facts = [
        ("commit", known["commit"] or f"unknown: {known['commit_unknown']}"),
        ("changed since that commit", {True: "yes", False: "no"}.get(known["uncommitted_changes"])),
        ("python", known["python"]),
        *known["packages"].items(),
        ("processor", known["processor"]),
        ("system", known["system"]),
    ]
    rows = [[cells.words(what), cells.words(found)] for what, found in facts]
    body = part(
        "made.html",
        facts=cells.table(["what", "found"], rows),
        seconds=_seconds(known["rules"]),
        bases=[_spelled(base) for base in known["bases"]],
        settings=_spelled(known["config"]),
    )
    return Section("made", "How it was made", body)


def _seconds(rules: Mapping[str, Mapping[str, float]]) -> Markup:
    rows = [
        [
            cells.name(rule),
            cells.number(spent["jobs"], "{:.0f}"),
            cells.number(spent["seconds"], "{:.1f}"),
            cells.number(spent["max_rss_mb"], "{:.0f}"),
        ]
        for rule, spent in rules.items()
    ]
    total = sum(spent["seconds"] for spent in rules.values())
    note = (
        f"{total:.0f} seconds in all, over the jobs that are timed; several may have run at once."
    )
    return cells.table(["rule", "jobs", "seconds", "most memory, MB"], rows, note)


def _spelled(record: object) -> str:
    return json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
