"""What a model card says in its YAML front matter, read as text from strangers."""

from dataclasses import dataclass
from typing import Any

import yaml

from recycling.ground.foreign_text import shown

CARD_BYTES, MOST_TAGS = 64_000, 200


@dataclass(frozen=True)
class Card:
    """`state` is readable, missing or unreadable; fields that the card lacks are empty."""

    state: str
    licence: str = ""
    base_model: str = ""
    tags: tuple[str, ...] = ()


def parse(data: bytes) -> Card:
    """The card in the first bytes of a README.md; any bytes give a card."""
    lines = data[:CARD_BYTES].decode(errors="replace").splitlines()
    if not lines or lines[0].strip() != "---":
        return Card("missing")
    closing = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if closing is None:
        return Card("unreadable")
    try:
        # Of YAML only text, lists and maps: no types, no merge keys, no tags that build objects.
        fields = yaml.BaseLoader("\n".join(lines[1:closing])).get_single_data()
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError):
        return Card("unreadable")
    if not isinstance(fields, dict):
        return Card("unreadable")
    tags = [*_texts(fields.get("tags")), *(f"dataset:{d}" for d in _texts(fields.get("datasets")))]
    return Card(
        "readable", _text(fields.get("license")), _text(fields.get("base_model")), tuple(tags)
    )


def _text(value: Any) -> str:
    if isinstance(value, list) and value:
        value = value[0]
    return shown(value) if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for item in found[:MOST_TAGS] if (text := _text(item))]
