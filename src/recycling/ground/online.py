"""What a process sets before it reaches out: a checked token, a cache of its own, no telemetry."""

import os
import re
from pathlib import Path

from recycling.ground.errors import InputError

# The Hub's client and `datasets` keep what a hub answers in these folders.
CACHES = {
    "HF_HUB_CACHE": "hub",
    "HF_XET_CACHE": "xet",
    "HF_ASSETS_CACHE": "assets",
    "HF_DATASETS_CACHE": "datasets",
}


def prepare(cache: Path) -> None:
    """Keep what hubs answer in `cache`, unless the user names a folder; check the token.

    Otherwise one hub's answers would be found in a later run with another hub. To be called before
    the Hub's client is imported. Raises InputError when no token looks like `HF_TOKEN`.
    """
    tell_nothing()
    for variable, folder in CACHES.items():
        os.environ.setdefault(variable, str(cache.absolute() / folder))
    if "HF_TOKEN" in os.environ:
        os.environ["HF_TOKEN"] = token()


def tell_nothing() -> None:
    """Keep the Hub's client from asking the hub what to look for in the environment, and telling.

    To be called before that client is imported.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"


def token() -> str:
    """The token in `HF_TOKEN` without white space around it, or nothing.

    Raises InputError when it holds what no header may hold. The message does not show it.
    """
    found = os.environ.get("HF_TOKEN", "").strip()
    if not re.fullmatch(r"[!-~]*", found):
        raise InputError(
            "hub",
            "HF_TOKEN",
            "a token with a space, a line break or another odd character in it",
            "letters, digits and signs",
            "copy it again, or unset it",
        )
    return found
