"""An estimate as text: its value, and its interval in brackets."""

from collections.abc import Callable


def share(value: float, low: float, high: float) -> str:
    """A share or another mean: `0.54 [0.49, 0.58]`."""
    return _estimate(value, low, high, "{:.2f}".format)


def difference(value: float, low: float, high: float) -> str:
    """A difference, with its sign: `+0.031 [-0.010, +0.072]`."""
    return _estimate(value, low, high, "{:+.3f}".format)


def bounds(low: float, high: float, number: Callable[[float], str]) -> str:
    """The interval alone; `number` says how a number is spelled."""
    return f"[{number(low)}, {number(high)}]"


def _estimate(value: float, low: float, high: float, number: Callable[[float], str]) -> str:
    return f"{number(value)} {bounds(low, high, number)}"
