"""An inspected adapter seen with the rules of the study, and what an objection to it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from recycling.adapters import module_name, peft_files
from recycling.adapters.licences import EVERY_LICENCE, Filter
from recycling.adapters.peft_files import Pairing
from recycling.adapters.peft_scaling import Scaling
from recycling.ground.errors import InputError
from recycling.ground.foreign_text import shown
from recycling.pool import base_name
from recycling.pool.base_name import BaseName
from recycling.pool.inspection import Inspection
from recycling.pool.newer_peft import Setting

EMBEDDINGS = {"lm_head", "embed_out", "embed_tokens", "embed_in", "wte", "wpe"}
SAME_WEIGHTS, QUANTISED = "same_weights", "quantised"


@dataclass(frozen=True)
class Rules:
    """What the base and the config demand of an adapter.

    `modules` is module -> (outputs, inputs) of the base, its output layer included if it is known;
    `aliases` is base name -> same_weights or quantised, where upper and lower case are the same;
    `base_repository` and `base_commit` say where the base itself was fetched, empty if it is not
    known; `denylist` holds repositories and owners; `harmless_keys` are keys of configs that change
    nothing; `newer_defaults` are what `newer_peft.defaults` found in the pool; `keywords` are the
    targets' names and data sets.
    """

    modules: Mapping[str, tuple[int, int]]
    aliases: Mapping[str, str]
    max_bytes: int
    max_rank: int
    base_repository: str = ""
    base_commit: str = ""
    denylist: frozenset[str] = frozenset()
    harmless_keys: frozenset[str] = frozenset()
    newer_defaults: frozenset[Setting] = frozenset()
    licences: Filter = EVERY_LICENCE
    keywords: frozenset[str] = frozenset()
    exclude_target_related: bool = False

    def __post_init__(self) -> None:
        kinds: dict[str, str] = {}
        for name, kind in self.aliases.items():
            expected = f"{SAME_WEIGHTS!r} or {QUANTISED!r}"
            if kind not in (SAME_WEIGHTS, QUANTISED):
                raise InputError(
                    "config", f"base.aliases.{name}", kind, expected, "correct the value"
                )
            if kinds.setdefault(name.casefold(), kind) != kind:
                expected = f"{kinds[name.casefold()]!r}, as the same name in other letters has"
                raise InputError(
                    "config", f"base.aliases.{name}", kind, expected, "remove one of the two"
                )

    @cached_property
    def body(self) -> dict[str, tuple[int, int]]:
        """The modules that an adapter may change: all but embeddings and output layer."""
        return {name: shape for name, shape in self.modules.items() if not is_embedding(name)}

    @cached_property
    def _alias(self) -> dict[str, str]:
        return {name.casefold(): name for name in self.aliases}

    def alias(self, name: object) -> str | None:
        """The alias that is this name but for upper and lower case; None where none is."""
        return self._alias.get(name.casefold()) if isinstance(name, str) else None

    @cached_property
    def vocabulary(self) -> int | None:
        """Size of the base's vocabulary; None when `modules` does not tell."""
        return next((out for name, (out, _) in self.modules.items() if is_embedding(name)), None)


@dataclass(frozen=True)
class Rejection:
    """Why a repository is not in the pool: a reason code, and what was found and expected."""

    reason: str
    detail: str


class Candidate:
    """An inspection seen with the rules; what several checks need is computed once."""

    def __init__(self, inspection: Inspection, rules: Rules) -> None:
        self.inspection, self.rules = inspection, rules
        self.listing, self.config = inspection.listing, inspection.config
        self.tensors = inspection.tensors

    @cached_property
    def pairing(self) -> Pairing:
        """Keys of the file sorted by module and side."""
        return peft_files.pair(self.tensors, self.rules.body)

    @cached_property
    def scaling(self) -> Scaling:
        """Rank and scale of each module; AdapterFileError for patterns that cannot be used."""
        return Scaling(self.config)

    @cached_property
    def named_base(self) -> BaseName:
        """The base as the config names it."""
        return base_name.parse(self.config.get("base_model_name_or_path"))

    @cached_property
    def base_of_config(self) -> str | None:
        """The alias by which the config names the base."""
        text = self.config.get("base_model_name_or_path")
        return self.rules.alias(text) or self.rules.alias(self.named_base.repository)

    @cached_property
    def base(self) -> str | None:
        """The alias by which the adapter names its base.

        The card speaks where the config names only a path, or what may be one.
        """
        if self.base_of_config or (self.named_base.repository and not self.named_base.folder):
            return self.base_of_config
        card = self.listing.base_model
        return self.rules.alias(card) or self.rules.alias(base_name.parse(card).repository)

    @cached_property
    def related(self) -> str:
        """The first keyword of a target that the repository's name or a data set of it holds."""
        sets = [tag for tag in self.listing.tags if tag.startswith("dataset:")]
        texts = [f"-{words(text)}-" for text in (self.listing.repo, *sets)]
        for keyword in sorted(self.rules.keywords):
            if any(f"-{words(keyword)}-" in text for text in texts):
                return keyword
        return ""

    def shape(self, module: str, side: str) -> tuple[int, ...]:
        """Shape of A or B of a module."""
        return self.tensors[self.pairing.pairs[module][side]].shape


def reject(reason: str, found: object, expected: str) -> Rejection:
    """The rejection with its detail in the usual words."""
    return Rejection(reason, f"found {shown(found)}, expected {expected}")


def code(value: object) -> str:
    """Text of strangers as a part of a reason code."""
    return re.sub(r"[^\w.-]", "_", shown(value, 40), flags=re.ASCII)


def words(text: str) -> str:
    """The words of a name, lower-cased and joined by `-`."""
    return "-".join(re.findall(r"[a-z0-9]+", text.lower()))


def is_embedding(name: str) -> bool:
    """Whether a module is an embedding or the output layer."""
    return module_name.parse(name).kind in EMBEDDINGS
