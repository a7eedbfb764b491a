"""Rank the adapters of a pool for a target task. A merge takes the first k of a ranking.

A selector gives each adapter a score, higher is better. Ties are broken by a seeded shuffle: with
the alphabet, a quarter of the paper's selected adapters were chosen by their names. Selectors have
no options: a ranking is a file, and the selector's name is the file's. `docs/methods.md` says what
each reads and where it comes from.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recycling.ground import seeds


def rank(
    selector: str,
    adapters: Sequence[str],
    evidence: Mapping[str, float],
    seed: int,
    *,
    owners: Mapping[str, str] | None = None,
    max_per_owner: int | None = None,
    families: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Rows of the table `ranking`: position from 1, adapter, score, passed_over; best first.

    With `max_per_owner`, an adapter behind that many of its owner has no position but the reason
    why it was passed over; so has, with `families`, all but the best of each family. An adapter
    without a known owner counts as an owner of its own.
    """
    names = sorted(adapters)
    scores = random(names, seed) if selector == "random" else evidence
    tie_break = seeds.numpy_generator(seed, "ties", selector).permutation(len(names))
    order = sorted(range(len(names)), key=lambda i: (-scores[names[i]], tie_break[i]))
    taken: Counter[str] = Counter()
    first: dict[str, str] = {}
    rows: list[dict[str, Any]] = []
    for name in (names[i] for i in order):
        owner = (owners or {}).get(name, "")
        family = families[name] if families else name
        reason = ""
        if family in first:
            reason = f"near-identical to {first[family]}"
        elif max_per_owner is not None and owner and taken[owner] >= max_per_owner:
            reason = f"{max_per_owner} better of {owner}"
        else:
            taken[owner] += 1
            first[family] = name
        position = None if reason else taken.total()
        rows.append(
            {"position": position, "adapter": name, "score": scores[name], "passed_over": reason}
        )
    return rows


def relative_first(
    relatives: Sequence[str],
    unrelated: Sequence[str],
    ranked: Callable[[Sequence[str]], list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """The best relative, if there are any, then the unrelated adapters.

    These have the order that they have without it: the first k of two such rankings of one target
    differ in one adapter. So the limit of an owner counts unrelated adapters alone.
    """
    first = ranked(relatives)[:1]
    return first + [
        {**row, "position": row["position"] and row["position"] + len(first)}
        for row in ranked(unrelated)
    ]


def random(names: Sequence[str], seed: int) -> dict[str, float]:
    """Uniform scores, the same for every arm of a task and replicate."""
    draws = seeds.numpy_generator(seed, "selection").random(len(names))
    return dict(zip(names, draws.tolist(), strict=True))


def halve(
    names: Sequence[str],
    rows: int,
    first: int,
    measure: Callable[[str, int, int], Sequence[float]],
    seed: int,
) -> list[dict[str, Any]]:
    """Successive halving (Karnin, Koren and Somekh, 2013) with rows of labelled data as budget.

    Every adapter is measured on `first` rows; the better half, of an odd number the larger one,
    goes on to twice as many, until one is left or all `rows` are read. `measure(name, start, stop)`
    gives a value for each of these rows, higher is better; no row is measured twice. At the cut,
    ties are broken by a seeded shuffle. Returns name, rows read and score of each adapter in the
    order of `names`; the score is the number of adapters that fell out earlier or with a smaller
    mean in the same round.
    """
    shuffled = seeds.numpy_generator(seed, "halving").permutation(len(names))
    alive = [names[i] for i in shuffled]
    values: dict[str, list[float]] = {name: [] for name in names}
    seen, stop = 0, min(first, rows)
    while True:
        for name in alive:
            values[name] += measure(name, seen, stop)
        seen = stop
        if len(alive) <= 1 or seen == rows:
            break
        alive.sort(key=lambda name: -sum(values[name]))
        alive = alive[: (len(alive) + 1) // 2]
        stop = min(2 * seen, rows)
    came = {name: (len(found), sum(found) / len(found)) for name, found in values.items()}
    return [
        {
            "adapter": name,
            "rows": came[name][0],
            "score": sum(other < came[name] for other in came.values()),
        }
        for name in names
    ]
