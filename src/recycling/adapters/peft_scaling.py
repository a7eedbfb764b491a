"""Rank and scale of each module that the config of a PEFT LoRA gives.

A config comes from strangers; no pattern can make matching take long.
"""

import math
import re
import warnings
from collections.abc import Callable, Mapping

from recycling.adapters.linear_pattern import LinearPattern, UnsupportedPatternError
from recycling.adapters.peft_files import AdapterFileError, Json

MOST_PATTERNS, LONGEST_PATTERN, MOST_STATES = 1000, 200, 10_000

# A name or a path, which `re` matches at once.
_SIMPLE = re.compile(r"\^?(\w|-|\.|\\\.)*\$?", re.ASCII)


class Scaling:
    """Rank and scale of each module as PEFT reads them from a config.

    A config may give ranks and alphas to modules by patterns: regular expressions for the end of a
    module's name, from a dot on; the first that matches counts. Raises AdapterFileError:
    unreadable_config where the patterns are no table of expressions, and unsafe_pattern where they
    cannot be matched in linear time (see `linear_pattern`) or are too many.
    """

    def __init__(self, config: Mapping[str, Json]) -> None:
        self._rank, self._alpha = config.get("r"), config.get("lora_alpha")
        self._ranks = _compile(config.get("rank_pattern"), "rank_pattern")
        self._alphas = _compile(config.get("alpha_pattern"), "alpha_pattern")
        self._root = bool(config.get("use_rslora"))

    def rank(self, module: str) -> int | None:
        """The rank that the config gives to `module`; None when it is no positive integer."""
        rank = _first(self._ranks, module, self._rank)
        return rank if type(rank) is int and 0 < rank <= 10**6 else None

    def alpha(self, module: str) -> float | None:
        """The alpha that the config gives to `module`; None when it is no positive number."""
        alpha = _first(self._alphas, module, self._alpha)
        if isinstance(alpha, bool) or not isinstance(alpha, int | float):
            return None
        return float(alpha) if 0 < alpha <= 10**6 else None

    def factor(self, module: str) -> float | None:
        """alpha/r, or alpha/sqrt(r) for rsLoRA; None when the config does not say."""
        rank, alpha = self.rank(module), self.alpha(module)
        if rank is None or alpha is None:
            return None
        return alpha / math.sqrt(rank) if self._root else alpha / rank


_Patterns = list[tuple[Callable[[str], object], Json]]


def _compile(table: Json, key: str) -> _Patterns:
    if table is None:
        return []
    if not isinstance(table, dict) or len(table) > MOST_PATTERNS:
        raise AdapterFileError("unreadable_config", f"found no table of patterns as {key}")
    compiled: _Patterns = []
    states = 0
    for pattern, value in table.items():
        found = f"found {pattern[:80]!r} in {key}"
        if len(pattern) > LONGEST_PATTERN:
            raise AdapterFileError("unsafe_pattern", f"{found}, {len(pattern)} characters long")
        try:
            with warnings.catch_warnings(action="error"):
                re.compile(pattern)
                if _SIMPLE.fullmatch(pattern):
                    compiled.append((re.compile(rf"(?:.*\.)?(?:{pattern})$").match, value))
                    continue
                linear = LinearPattern(pattern)
        except UnsupportedPatternError as error:
            raise AdapterFileError("unsafe_pattern", f"{found} with {error}") from error
        except (re.error, OverflowError, Warning) as error:
            raise AdapterFileError("unreadable_config", found) from error
        states += linear.states
        if states > MOST_STATES:
            raise AdapterFileError("unsafe_pattern", f"{found}, more than {MOST_STATES} states")
        compiled.append((linear.matches, value))
    return compiled


def _first(patterns: _Patterns, module: str, default: Json) -> Json:
    return next((value for matches, value in patterns if matches(module)), default)
