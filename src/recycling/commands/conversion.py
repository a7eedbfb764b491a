"""An adapter that is named on the command line, in canonical form."""

import math
from pathlib import Path
from typing import Any

from recycling.commands.given import Given
from recycling.commands.rules import NO_LIMIT
from recycling.pool import conversion
from recycling.pool.candidate import Rules
from recycling.pool.inspection import Inspection

LIMITS = conversion.Limits(NO_LIMIT, 0.0, math.inf)


def converted(one: Given, found: Inspection, expected: Rules, folder: Path) -> dict[str, Any]:
    """Write `<name>.safetensors` into `folder`; the row of `conversion.convert`."""
    fetched = conversion.fetch(one.hub, found.listing, folder / f"{one.name}.fetched", LIMITS)
    return conversion.convert(found, fetched, one.name, expected.body, LIMITS, folder)
