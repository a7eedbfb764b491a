"""The folds of a replicate: every row is tested once, by what the rows of the other folds taught.

A fold stands below its replicate, and all that is made for a replicate is made for each of its
folds. So it goes where a replicate goes, under the name `replicate.fold`, such as `0.3`.
"""

from collections.abc import Collection

FOLDS = 5


def named(replicate: int | str, fold: int) -> str:
    """The name of a fold; both are numbers from 0."""
    return f"{replicate}.{fold}"


def parsed(name: int | str) -> tuple[str, int]:
    """The replicate of a name, and the fold: 0 where the name is that of a whole replicate."""
    replicate, _, fold = str(name).partition(".")
    return replicate, int(fold or 0)


def count(names: Collection[str]) -> int:
    """How many folds each replicate has, by the names of all; 1 where they have none."""
    return len({parsed(name)[1] for name in names})


def of_first(name: str) -> str:
    """What the first replicate has in the place of `name`: its fold of that number, or itself."""
    _, dot, fold = name.partition(".")
    return f"0{dot}{fold}"


def first(name: str) -> bool:
    """Whether it is the name of the first replicate, or of its first fold."""
    return parsed(name) == ("0", 0)
