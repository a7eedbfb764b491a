"""What a shard holds: the rows of its index, and its files."""

import pytest

from recycling.ground import tables
from recycling.pool import stored
from recycling.pool.shards import adapter_files

# Files are ordered by their names with the ending: `.` comes behind `-`.
NAMES = ["ann--x-lora", "ann--x", "bob--y"]
ROW = {"status": "accepted", "sha256": "0", "rank": 8, "alpha": 16.0, "norm": 2.5}


def shard(folder, **changed):
    blank = dict.fromkeys(tables.columns("shard"))
    rows = [blank | ROW | {"adapter": name, "repo": name.replace("--", "/")} for name in NAMES]
    rows[1] |= changed
    rows.append(blank | {"adapter": "cid--z", "status": "rejected", "reason": "noop"})
    tables.write_table(rows, folder / "index.tsv", "shard")
    for name in NAMES:
        (folder / f"{name}.safetensors").touch()
    return stored.adapters(folder)


def test_accepted_adapters_are_in_the_order_of_their_files(tmp_path):
    found = shard(tmp_path)
    assert {name: one.file for name, one in found.items()} == adapter_files([tmp_path])
    assert list(found) == list(adapter_files([tmp_path])) == NAMES


@pytest.mark.parametrize(
    "changed", [{"sha256": "1"}, {"rank": 4}, {"alpha": 8.0}, {"norm": 2.51}, {"commit": "a"}]
)
def test_an_adapter_is_another_where_its_row_is(tmp_path, changed):
    before, after = shard(tmp_path), shard(tmp_path, **changed)
    assert [name for name in NAMES if before[name].identity != after[name].identity] == ["ann--x"]


def test_an_adapter_is_another_where_its_file_is(tmp_path):
    before = shard(tmp_path)
    (tmp_path / "ann--x.safetensors").write_text("converted by other code")
    after = stored.adapters(tmp_path)
    assert [name for name in NAMES if before[name].identity != after[name].identity] == ["ann--x"]
