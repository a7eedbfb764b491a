"""Say of adapters whether vetting accepts them, and what it notes.

One line for each: accepted with rank, base, licence and flags, or rejected with the reason. They
are compared with the base model that --base names, or without it with themselves alone. Only config
and header are read, and with --weights the weights too. docs/vetting.md has all reasons and flags.
The exit status is 1 where one is rejected.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.commands import given
from recycling.ground.errors import InputError
from recycling.ground.foreign_text import printable

if TYPE_CHECKING:
    from recycling.pool.candidate import Rules
    from recycling.pool.inspection import Inspection


def declare(parser: argparse.ArgumentParser) -> None:
    """Give the parser what this command takes."""
    parser.add_argument("adapters", nargs="+", metavar="ADAPTER", help=given.HELP)
    parser.add_argument("--base", help="folder of the base model, or its name on the Hub")
    parser.add_argument(
        "--alias",
        dest="aliases",
        action="append",
        default=[],
        metavar="NAME",
        help="another name that adapters may give the base; may be repeated",
    )
    parser.add_argument(
        "--weights", action="store_true", help="read the weights too (fetches them from the Hub)"
    )


def run(adapters: Sequence[str], base: str | None, aliases: Sequence[str], weights: bool) -> int:
    """Print one line for each adapter. Raises InputError for what cannot be asked at all."""
    from recycling.adapters import licences
    from recycling.commands import rules
    from recycling.pool import inspection
    from recycling.pool.vetting import vet

    if aliases and base is None:
        raise InputError("inspect", "--alias", aliases[0], "also --base", "name the base")
    widths = rules.widths(base) if base is not None else {}
    status = 0
    for one in given.adapters(adapters):
        found = inspection.inspect(one.hub, one.listing)
        if base is None:
            expected = rules.by_themselves([found])
        else:
            # A folder does not say by which name adapters know it: any name will do.
            known = [rules.stated_base(found) or base] if Path(base).is_dir() else [base]
            expected = rules.by_base(widths, [*known, *aliases])
        verdict = vet(found, expected)
        refused = (verdict.reason, verdict.detail)
        if weights and not verdict.reason:
            refused = _refused_by_weights(one, found, expected)
        if refused[0]:
            line, status = f"rejected, {refused[0]}: {refused[1]}", 1
        else:
            licence = licences.name(one.listing.licence).lower()
            named = rules.stated_base(found)
            line = f"accepted, rank {verdict.rank}, base {named}, licence {licence}"
            line += f", flags: {', '.join(verdict.flags)}" if verdict.flags else ""
        print(printable(f"{one.name}: {line}"), flush=True)
    return status


def _refused_by_weights(
    one: given.Given, found: "Inspection", expected: "Rules"
) -> tuple[str, str]:
    """Reason and detail of a rejection by the weights, empty where there is none."""
    from recycling.commands import conversion

    with tempfile.TemporaryDirectory() as scratch:
        row = conversion.converted(one, found, expected, Path(scratch))
    return row.get("reason", ""), row.get("detail", "")
