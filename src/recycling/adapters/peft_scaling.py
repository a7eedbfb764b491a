"""Rank and scale of each module that the config of a PEFT LoRA gives.

A config comes from strangers; patterns that could take long to match are refused.
"""

import math
import re
import warnings
from collections.abc import Mapping

from recycling.adapters.peft_files import AdapterFileError, Json

MOST_PATTERNS, MOST_QUANTIFIED_PATTERNS, LONGEST_PATTERN, MOST_QUANTIFIERS = 1000, 64, 200, 2

_QUANTIFIER = re.compile(r"[*+?]")


class Scaling:
    """Rank and scale of each module as PEFT reads them from a config.

    A config may give ranks and alphas to modules by patterns: regular expressions for the end of a
    module's name, from a dot on; the first that matches counts. Raises AdapterFileError:
    unreadable_config where the patterns are no table, and unsafe_pattern where matching could take
    long (groups, or more than two quantifiers).
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


_Patterns = list[tuple[re.Pattern[str], Json]]


def _compile(table: Json, key: str) -> _Patterns:
    if table is None:
        return []
    if not isinstance(table, dict) or len(table) > MOST_PATTERNS:
        raise AdapterFileError("unreadable_config", f"found no table of patterns as {key}")
    quantified = sum(_QUANTIFIER.search(pattern) is not None for pattern in table)
    if quantified > MOST_QUANTIFIED_PATTERNS:
        raise AdapterFileError(
            "unsafe_pattern", f"found {quantified} patterns with quantifiers in {key}"
        )
    compiled = []
    for pattern, value in table.items():
        if (
            len(pattern) > LONGEST_PATTERN
            or re.search(r"[(){}]", pattern)
            or len(_QUANTIFIER.findall(pattern)) > MOST_QUANTIFIERS
        ):
            raise AdapterFileError("unsafe_pattern", f"found {pattern[:80]!r} in {key}")
        try:
            with warnings.catch_warnings(action="error"):
                compiled.append((re.compile(rf"(?:.*\.)?(?:{pattern})$"), value))
        except (re.error, OverflowError, Warning) as error:
            raise AdapterFileError(
                "unreadable_config", f"found {pattern[:80]!r} in {key}"
            ) from error
    return compiled


def _first(patterns: _Patterns, module: str, default: Json) -> Json:
    return next((value for pattern, value in patterns if pattern.match(module)), default)
