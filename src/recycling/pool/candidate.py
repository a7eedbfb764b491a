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
from recycling.hub.foreign_text import shown
from recycling.pool.inspection import Inspection

EMBEDDINGS = {"lm_head", "embed_out", "embed_tokens", "embed_in", "wte", "wpe"}
SAME_WEIGHTS, QUANTISED = "same_weights", "quantised"


@dataclass(frozen=True)
class Rules:
    """What the base and the config demand of an adapter.

    `modules` is module -> (outputs, inputs) of the base, its output layer included if it is known;
    `aliases` is exact base name -> same_weights or quantised; `denylist` holds repositories and
    owners; `keywords` are the targets' names and data sets.
    """

    modules: Mapping[str, tuple[int, int]]
    aliases: Mapping[str, str]
    max_bytes: int
    max_rank: int
    denylist: frozenset[str] = frozenset()
    licences: Filter = EVERY_LICENCE
    keywords: frozenset[str] = frozenset()
    exclude_target_related: bool = False

    def __post_init__(self) -> None:
        for name, kind in self.aliases.items():
            if kind not in (SAME_WEIGHTS, QUANTISED):
                raise InputError(
                    "config",
                    f"aliases.{name}",
                    kind,
                    f"{SAME_WEIGHTS!r} or {QUANTISED!r}",
                    "correct the value",
                )

    @cached_property
    def body(self) -> dict[str, tuple[int, int]]:
        """The modules that an adapter may change: all but embeddings and output layer."""
        return {name: shape for name, shape in self.modules.items() if not is_embedding(name)}

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
    def base(self) -> str | None:
        """The alias by which the adapter names its base; the card speaks for a local path."""
        named = self.config.get("base_model_name_or_path")
        if isinstance(named, str) and (named in self.rules.aliases or is_repository(named)):
            return named if named in self.rules.aliases else None
        card = self.listing.base_model
        return card if card in self.rules.aliases else None

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


def is_repository(name: str) -> bool:
    """Whether a base is named as the Hub names it, not as a path."""
    return re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name, re.ASCII) is not None
