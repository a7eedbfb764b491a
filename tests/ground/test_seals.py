"""A file that crosses a rule is noticed and named when it is not what was written."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch

from recycling.adapters import canonical, peft_folder
from recycling.adapters.canonical import Adapter, Factors
from recycling.ground import seals, tables
from recycling.ground.errors import InputError
from recycling.tasks.record import Example, read_examples, write_examples

ADAPTER = Adapter("one", {"m": Factors(torch.ones(1, 2), torch.ones(3, 1))})


@pytest.fixture(autouse=True)
def attributes(tmp_path):
    try:
        os.setxattr(tmp_path, seals.ATTRIBUTE, b"")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes in the folder for temporary files")


def parquet(path):
    with tables.replacing(path) as temporary:
        pd.DataFrame({"a": [1, 2]}).to_parquet(temporary)


KINDS = {
    "table": (
        lambda path: tables.write_table([{"module": "m", "out": 1, "in": 2}], path, "modules"),
        lambda path: tables.read_table(path, "modules"),
    ),
    "json": (lambda path: tables.write_json({"a": 123456}, path), tables.read_json),
    "rows": (lambda path: write_examples([Example("1", "a", ("b",))], path), read_examples),
    "parquet": (parquet, tables.read_parquet),
    "adapter": (lambda path: canonical.write(ADAPTER, path), canonical.read),
    "peft": (
        lambda path: peft_folder.write_peft(ADAPTER, path.parent, "base"),
        lambda path: peft_folder.read_peft(path.parent, "one", {"m"}),
    ),
}


def spoilt(path: Path, how: str) -> None:
    """Truncate a file or flip one bit of it, in place and with its old times."""
    times = path.stat()
    content = bytearray(path.read_bytes())
    if how == "truncated":
        del content[-1]
    else:
        content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize("how", ["truncated", "flipped"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_named(tmp_path, kind, how):
    write, read = KINDS[kind]
    path = tmp_path / "adapter_model.safetensors"
    write(path)
    read(path)
    spoilt(path, how)
    with pytest.raises(InputError, match=rf"{path}: content: .*delete it and run again"):
        read(path)


def test_a_swapped_file_is_named_and_a_moved_study_is_not(tmp_path):
    one, two = (tmp_path / f"results/toy/merged/{arm}/merge.json" for arm in ("one", "two"))
    tables.write_json({"arm": "one"}, one)
    tables.write_json({"arm": "two"}, two)
    moved = tmp_path / "moved/results/other"
    shutil.copytree(tmp_path / "results/toy", moved)
    assert tables.read_json(moved / "merged/one/merge.json") == {"arm": "one"}
    aside = one.rename(tmp_path / "aside")
    two.rename(one)
    aside.rename(two)
    for path in (one, two):
        with pytest.raises(InputError, match=f"{path}: content"):
            tables.read_json(path)


def test_a_folder_in_the_making_counts_as_what_it_becomes(tmp_path):
    work = tmp_path / "results/toy/pool/adapters/.0.0123456789abcdef"
    tables.write_json(1, work / "a.json")
    assert tables.read_json(work / "a.json") == 1
    assert tables.read_json(work.rename(work.with_name("0")) / "a.json") == 1
    with pytest.raises(InputError, match="content"):
        tables.read_json((work.with_name("0")).rename(work.with_name("1")) / "a.json")


def test_a_file_without_a_seal_is_read(tmp_path):
    (tmp_path / "a.json").write_text("1")
    assert tables.read_json(tmp_path / "a.json") == 1


def test_without_attributes_files_are_written_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError("not supported")

    monkeypatch.setattr(os, "setxattr", refuse)
    tables.write_json(1, tmp_path / "a.json")
    assert tables.read_json(tmp_path / "a.json") == 1
