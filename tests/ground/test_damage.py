"""A file that crosses a rule is named when it is damaged so that it cannot be read."""

import os

import pandas as pd
import pytest
import torch

from recycling.adapters import canonical, peft_folder, routed
from recycling.adapters.canonical import Adapter, Factors
from recycling.adapters.routed import Experts, Routed
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.hub.address import Listing
from recycling.pool import inspection
from recycling.pool.inspection import Inspection
from recycling.tasks.record import (
    Counts,
    Example,
    PreparedTask,
    read_examples,
    read_task,
    write_examples,
    write_task,
)

ADAPTER = Adapter("one", {"m": Factors(torch.ones(1, 2), torch.ones(3, 1))})
EXPERTS = Experts(ADAPTER.modules["m"], torch.zeros(1).long(), torch.ones(1, 2))
ROUTED = Routed(("one",), {"m": EXPERTS}, top_k=1, temperature=1.0)
KINDS = {
    "table": (
        "modules.tsv",
        lambda path: tables.write_table([{"module": "m", "out": 1, "in": 2}], path, "modules"),
        lambda path: tables.read_table(path, "modules"),
    ),
    "json": ("a.json", lambda path: tables.write_json({"a": 123456}, path), tables.read_json),
    "rows": (
        "train.jsonl",
        lambda path: write_examples([Example("1", "a", ("b",))], path),
        read_examples,
    ),
    "task": (
        "task.json",
        lambda path: write_task(PreparedTask("t", "Do.", None, Counts(1, 1, 0, 0, 0), {}), path),
        read_task,
    ),
    "inspections": (
        "inspected.jsonl",
        lambda path: inspection.write([Inspection(Listing("a/b"), {}, {})], path),
        lambda path: list(inspection.read(path)),
    ),
    "parquet": (
        "0.parquet",
        lambda path: tables.write_parquet(pd.DataFrame({"a": [1, 2]}), path),
        tables.read_parquet,
    ),
    "adapter": ("0.safetensors", lambda path: canonical.write(ADAPTER, path), canonical.read),
    "peft": (
        "adapter_model.safetensors",
        lambda path: peft_folder.write_peft(ADAPTER, path.parent, "base"),
        lambda path: peft_folder.read_peft(path.parent, "one", {"m"}),
    ),
    "peft config": (
        "adapter_config.json",
        lambda path: peft_folder.write_peft(ADAPTER, path.parent, "base"),
        lambda path: peft_folder.read_peft(path.parent, "one", {"m"}),
    ),
    "routed": (
        "routed.safetensors",
        lambda path: routed.write(ROUTED, path.parent, "base"),
        lambda path: routed.read(path.parent),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_was_cut_is_named(tmp_path, kind):
    name, write, read = KINDS[kind]
    path = tmp_path / name
    write(path)
    read(path)
    os.truncate(path, path.stat().st_size - 3)
    with pytest.raises(InputError, match=rf"^{path}: .*; .*(delete it|delete the file) and run"):
        read(path)


def test_a_table_is_cut_when_it_ends_within_a_line(tmp_path):
    path = tmp_path / "modules.tsv"
    tables.write_table([{"module": "m", "out": 1, "in": 234}], path, "modules")
    for left in range(path.stat().st_size - 1, 0, -1):
        os.truncate(path, left)
        if path.read_bytes().endswith(b"\n"):  # the heading alone: a table without rows
            break
        with pytest.raises(InputError, match="content: found 'a last line without a line break'"):
            tables.read_table(path, "modules")
    os.truncate(path, 0)
    with pytest.raises(InputError, match="a last line without"):
        tables.read_table(path, "modules")


def test_damage_within_parquet_is_named(tmp_path):
    """Its reader raises OSError there, not ValueError."""
    path = tmp_path / "0.parquet"
    tables.write_parquet(pd.DataFrame({"a": ["b" * 100] * 100}), path)
    content = bytearray(path.read_bytes())
    content[4:40] = bytes(36)
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"^{path}: content: .*delete it and run again"):
        tables.read_parquet(path)
