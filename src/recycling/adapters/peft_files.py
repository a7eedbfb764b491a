"""Read the config of a PEFT LoRA and the header of its weights file, before any weight is read.

They say which modules the adapter changes, at which rank and with which scale. The files come from
strangers: every function here takes no more time and memory than the size of its input allows, and
gives a record or raises an `AdapterFileError` with a reason code.
"""

import json
import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, TypeAlias, TypeGuard

from recycling.ground.foreign_text import printable

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
"""A value in a JSON file."""

BYTES = {"BOOL": 1, "I8": 1, "U8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2} | {
    dtype: int(dtype[-2:]) // 8
    for dtype in ("F16", "BF16", "F32", "I32", "U32", "F64", "I64", "U64")
}
DEEPEST, LONGEST_KEY, MOST_DIMENSIONS = 20, 500, 8

# Wrappers of PyTorch leave these parts anywhere in a key; others put these before a module's name.
TRANSPARENT = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
LEADING = {"base_model", "model", "module"}
PREFIX = "base_model.model."

# Names that modules have in PyTorch and that can be written anywhere as they are.
_MODULE = re.compile(r"[\w.-]+", re.ASCII)
_KEY = re.compile(r"(.+)\.lora_([AB])(?:\.([^.]+))?\.weight")


class AdapterFileError(ValueError):
    """A file of an adapter cannot be used: `reason` is a code, `detail` a sentence for people."""

    def __init__(self, reason: str, detail: str) -> None:
        self.reason, self.detail = reason, printable(detail)
        super().__init__(f"{reason}: {self.detail}")


class Entry(NamedTuple):
    """Type and shape of one tensor in a safetensors header."""

    dtype: str
    shape: tuple[int, ...]


def parse_config(data: bytes) -> dict[str, Json]:
    """The keys of an `adapter_config.json`. Raises AdapterFileError: unreadable_config."""
    config = _json_object(data, "unreadable_config")
    _bound_depth(config, DEEPEST)
    return config


def header_end(prefix: bytes, size: int, limit: int) -> int:
    """The byte at which the tensors of a safetensors file begin, from its first 8 bytes.

    `size` is that of the whole file. Raises AdapterFileError: unreadable_header where the header is
    longer than `limit` bytes, truncated where the file ends before its tensors begin.
    """
    if size < 8 or len(prefix) < 8:
        raise AdapterFileError("truncated", f"found a file of {size} bytes, expected 8 or more")
    end = 8 + int.from_bytes(prefix[:8], "little")
    if end > limit:
        raise AdapterFileError("unreadable_header", f"found {end} bytes, expected at most {limit}")
    if end > size:
        raise AdapterFileError(
            "truncated", f"found a file of {size} bytes, expected a header of {end}"
        )
    return end


def parse_header(data: bytes, size: int) -> dict[str, Entry]:
    """Tensor name -> type and shape, from the first bytes of a safetensors file of `size` bytes.

    Raises AdapterFileError: unreadable_header, or truncated where a tensor would end beyond the
    file.
    """
    end = header_end(data, size, len(data))
    header = _json_object(data[8:end], "unreadable_header")
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(v, str) for v in metadata.values()):
        raise AdapterFileError("unreadable_header", "found metadata that is not a map of strings")
    entries, spans = {}, []
    for key, value in header.items():
        entries[key], span = _entry(key, value)
        spans.append(span)
    position = 0
    for start, stop in sorted(spans):
        if start != position:
            raise AdapterFileError(
                "unreadable_header", f"found a gap or overlap at byte {position}"
            )
        position = stop
    if end + position > size:
        raise AdapterFileError("truncated", f"found {size} bytes, expected {end + position}")
    if end + position < size:
        raise AdapterFileError(
            "unreadable_header", f"found {size} bytes, expected {end + position}"
        )
    return entries


def _json_object(data: bytes, reason: str) -> dict[str, Json]:
    def constant(name: str) -> NoReturn:
        raise ValueError(f"{name} is not JSON")

    def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("a key occurs twice")
        return found

    try:
        found = json.loads(data.decode(), parse_constant=constant, object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise AdapterFileError(
            reason, f"found no JSON: {str(error)[:100]}, expected an object"
        ) from error
    if not isinstance(found, dict):
        raise AdapterFileError(reason, f"found a JSON {type(found).__name__}, expected an object")
    return found


def _bound_depth(value: Json, left: int) -> None:
    if not left:
        raise AdapterFileError("unreadable_config", f"found nesting deeper than {DEEPEST}")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _bound_depth(item, left - 1)


def _naturals(found: Json) -> TypeGuard[list[int]]:
    return isinstance(found, list) and all(type(n) is int and 0 <= n < 2**48 for n in found)


def _entry(key: str, value: Json) -> tuple[Entry, tuple[int, int]]:
    if not isinstance(value, dict) or set(value) != {"dtype", "shape", "data_offsets"}:
        raise AdapterFileError(
            "unreadable_header", f"found no dtype, shape and offsets of {key[:80]!r}"
        )
    dtype, shape, offsets = value["dtype"], value["shape"], value["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BYTES:
        raise AdapterFileError(
            "unreadable_header", f"found type {str(dtype)[:20]!r} of {key[:80]!r}"
        )
    if not _naturals(shape) or len(shape) > MOST_DIMENSIONS:
        raise AdapterFileError("unreadable_header", f"found no sensible shape of {key[:80]!r}")
    if not _naturals(offsets) or len(offsets) != 2:
        raise AdapterFileError("unreadable_header", f"found no sensible offsets of {key[:80]!r}")
    start, stop = offsets
    if stop - start != math.prod(shape) * BYTES[dtype]:
        raise AdapterFileError("unreadable_header", f"found {stop - start} bytes for {key[:80]!r}")
    return Entry(dtype, tuple(shape)), (start, stop)


@dataclass(frozen=True)
class Pairing:
    """Which tensors of a LoRA file belong to which module of the base.

    `pairs` is module -> side (`A` or `B`) -> key. `unmatched` keys name no module of the base;
    `extra` ones are no LoRA key, or a second one for the same side of a module.
    """

    pairs: dict[str, dict[str, str]]
    unmatched: list[str]
    extra: list[str]

    @property
    def unpaired(self) -> list[str]:
        """Modules that have only one of A and B."""
        return [module for module, sides in self.pairs.items() if len(sides) < 2]


def pair(keys: Iterable[str], modules: Collection[str]) -> Pairing:
    """Match the keys of a LoRA file with `modules`, the linear modules of the base.

    A key is `<wrappers><module>.lora_A[.<adapter name>].weight`.
    """
    pairs: dict[str, dict[str, str]] = {}
    unmatched, extra = [], []
    for key in sorted(keys):
        match = _KEY.fullmatch(key) if len(key) <= LONGEST_KEY else None
        if match is None:
            extra.append(key)
            continue
        module = _module(match[1], modules)
        if module is None:
            unmatched.append(key)
        elif match[2] in pairs.setdefault(module, {}):
            extra.append(key)
        else:
            pairs[module][match[2]] = key
    return Pairing(dict(sorted(pairs.items())), unmatched, extra)


def own_modules(tensors: Mapping[str, Entry]) -> dict[str, tuple[int, int]]:
    """Module -> (outputs, inputs), as the names and shapes of a LoRA file have them.

    For where no base is at hand. Only names as PEFT saves them count, `base_model.model.<module>`
    with a module of letters, digits, `_`, `-` and dots: what another name means is not known
    without the base.
    """
    widths: dict[str, dict[str, int]] = {}
    for key, entry in tensors.items():
        match = _KEY.fullmatch(key) if len(key) <= LONGEST_KEY else None
        if match is None or len(entry.shape) != 2:
            continue
        stem = ".".join(part for part in match[1].split(".") if part not in TRANSPARENT)
        if stem.startswith(PREFIX) and _MODULE.fullmatch(stem):
            side = widths.setdefault(stem.removeprefix(PREFIX), {})
            side[match[2]] = entry.shape[1 if match[2] == "A" else 0]
    return {name: (side["B"], side["A"]) for name, side in widths.items() if len(side) == 2}


def _module(stem: str, modules: Collection[str]) -> str | None:
    """The module that the part of a key before `.lora_A` means; None where there is none."""
    parts = [part for part in stem.split(".") if part not in TRANSPARENT]
    while True:
        for name in (".".join(parts), ".".join(["model", *parts])):
            if name in modules:
                return name
        if not parts or parts[0] not in LEADING:
            return None
        parts = parts[1:]
