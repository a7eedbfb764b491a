"""The scenes of a study as its tables, claims and figures know them: who is asked, and what."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """Who is asked in a scene, a base, and what: the setting of its questions."""

    base: str
    setting: str


Scenes = Mapping[str, Asked]
"""Scene -> who is asked, and what."""


def fresh(scenes: Scenes) -> dict[str, str]:
    """Scene -> base of the scenes in which all entities are fresh."""
    return {name: asked.base for name, asked in scenes.items() if asked.setting == "F"}


def most_asked(scenes: Scenes) -> dict[str, str]:
    """Scene -> setting of the base that is asked in most settings, to compare these."""
    bases = [asked.base for asked in scenes.values()]
    base = max(bases, key=bases.count)
    return {name: asked.setting for name, asked in scenes.items() if asked.base == base}
