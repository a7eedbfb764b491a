"""The one guard between a study and what the repository of a stranger may set off.

Every fault that is known has a reason of its own. This is for those that nobody thought of.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.hub.address import HubError


@contextmanager
def guarded(repo: str) -> Iterator[None]:
    """Turn whatever the block raises into the HubError unreadable_repository.

    The log names the exception and its place. HubErrors pass, and so does an InputError: it speaks
    of the whole run.
    """
    try:
        yield
    except (HubError, InputError):
        raise
    except Exception as error:
        # MemoryError and RecursionError too: the limits on what is read leave room for any text
        # that is meant well.
        name = type(error).__name__
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        print(f"{shown(repo)}: unreadable_repository: {name} at {where}: {shown(str(error))}")
        raise HubError(
            "unreadable_repository", f"found what ends in {name}, expected files that can be read"
        ) from error
