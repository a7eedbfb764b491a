"""The words of strangers' cards: bounded, visible, and never a reason to stop."""

import hostile
import pytest
import read_cards
from pool_cases import BASE, COMMIT, fit, store

from recycling.ground import tables
from recycling.hub.address import Listing
from recycling.hub.folder import FolderHub
from recycling.pool import cards, inspection

FRONT = b"---\nlicense: mit\n---\n"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (FRONT + b"\n# Capitals\n\nOf\tcountries.\n", "# Capitals Of countries."),
        (b"no front matter", "no front matter"),
        (b"---\nlicense: mit\nnever closed", "license: mit never closed"),
        (FRONT, ""),
        (b"", ""),
        (FRONT + b"a" * 5000, "a" * 997 + "..."),
        (FRONT + "x\x1b[2J\u202ey".encode(), "x\\x1b[2J\\u202ey"),
        (FRONT + b"\xff", "\ufffd"),
    ],
)
def test_words_are_those_below_the_front_matter(data, expected):
    assert cards.words(data) == expected


@pytest.mark.hostile
@pytest.mark.parametrize("text", hostile.TEXTS.values(), ids=hostile.TEXTS)
def test_words_of_strangers_are_one_short_visible_line(text):
    found = cards.words(FRONT + text.encode(errors="surrogatepass"))
    assert found.isprintable()
    assert len(found) <= cards.LONGEST


def test_each_adapter_of_the_pool_has_a_row(tmp_path):
    """Also one without a card, and one whose card is gone since it was listed."""
    hub = tmp_path / "hub"
    store(hub, {**fit(), "README.md": FRONT + b"Names capitals."}, "ana/capitals")
    store(hub, {name: data for name, data in fit().items() if name != cards.CARD}, "ana/silent")
    store(hub, {**fit(), "README.md": FRONT}, "ana/other")
    files = {name: len(data) for name, data in fit().items()}
    source = FolderHub(hub)
    listings = [*source.repositories([BASE], [])]
    listings.append(Listing("ana/gone", COMMIT, files={**files, "README.md": 9}))
    inspection.write((inspection.inspect(source, one) for one in listings), tmp_path / "i.jsonl")
    blank = dict.fromkeys(tables.columns("accepted"))
    names = ("capitals", "silent", "gone")
    pool = [{**blank, "repo": f"ana/{name}", "adapter": f"ana--{name}"} for name in names]
    tables.write_table(pool, tmp_path / "accepted.tsv", "accepted")
    read_cards.main(
        hub={"kind": "folder", "path": str(hub)},
        accepted=str(tmp_path / "accepted.tsv"),
        inspected=str(tmp_path / "i.jsonl"),
        cards=str(tmp_path / "cards.tsv"),
    )
    table = tables.read_table(tmp_path / "cards.tsv", "cards").fillna("")
    assert table.to_dict("split")["data"] == [
        ["ana--capitals", "Names capitals.", ""],
        ["ana--gone", "", "gone"],
        ["ana--silent", "", "missing"],
    ]
