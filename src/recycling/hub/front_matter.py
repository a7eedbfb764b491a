"""What a model card says in its YAML front matter, read as text from strangers."""

from dataclasses import dataclass
from typing import Any

import yaml

CARD_BYTES, MOST_TAGS = 64_000, 200


def plain(value: object, limit: int = 120) -> str:
    """One printable line of at most `limit` characters, safe in a table and a terminal."""
    text = value if isinstance(value, str) else repr(value)
    text = text[: 4 * limit].encode(errors="replace").decode()
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


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
    except (yaml.YAMLError, ValueError, RecursionError):
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
    return plain(value) if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [text for item in found[:MOST_TAGS] if (text := _text(item))]
