"""What the cards of a pool say in words, cut short: to be embedded, and for nothing else.

A card is a stranger's. Its text becomes one line of characters that can be seen, at most `LONGEST`
of them; it is never followed, rendered or believed.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from recycling.ground.foreign_text import shown
from recycling.hub.address import Hub, HubError, Listing
from recycling.hub.front_matter import CARD_BYTES
from recycling.hub.guard import guarded

CARD = "README.md"
LONGEST = 1000


class CardText(NamedTuple):
    """The words of an adapter's card, empty without any; `problem` says why it was not read."""

    adapter: str
    text: str
    problem: str = ""


def read(hub: Hub, listings: Iterable[Listing], names: dict[str, str]) -> Iterator[CardText]:
    """The words of each listed card whose repository is in `names`, repository -> adapter.

    Whatever the cards hold, this goes on.
    """
    for listing in listings:
        if listing.repo not in names:
            continue
        adapter = names[listing.repo]
        if CARD not in listing.files:
            yield CardText(adapter, "", "missing")
            continue
        try:
            with guarded(listing.repo):
                data, _ = hub.read_range(listing.repo, listing.commit, CARD, 0, CARD_BYTES)
            yield CardText(adapter, words(data))
        except HubError as error:
            yield CardText(adapter, "", error.reason)


def words(data: bytes) -> str:
    """The text below the front matter of a card in its first bytes."""
    lines = data[:CARD_BYTES].decode(errors="replace").splitlines()
    if lines and lines[0].strip() == "---":
        closing = (n for n, line in enumerate(lines[1:], 1) if line.strip() == "---")
        lines = lines[next(closing, 0) + 1 :]
    return shown("\n".join(lines), LONGEST)
