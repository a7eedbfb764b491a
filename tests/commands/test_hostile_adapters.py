"""The commands on adapters of strangers who mean harm, as folders of this machine."""

import re

import pytest
import yaml
from hostile import FILES, TEXTS
from pool_cases import CONFIG, WEIGHTS, fit, tensors

from recycling.commands import program
from recycling.community.defects import with_tensors
from recycling.ground.foreign_text import printable

pytestmark = pytest.mark.hostile


def put(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(folder)


def test_each_has_one_printable_line(tmp_path, capsys):
    files = {name: files for name, (_, files) in FILES.items() if name != "files_without_end"}
    folders = [put(tmp_path / name, found) for name, found in files.items()]
    program.main(["inspect", *folders])
    printed = capsys.readouterr().out.splitlines()
    assert all(line.isprintable() for line in printed)
    for name in files:
        [line] = [line for line in printed if line.startswith(f"{name}: ")]
        assert line.partition(": ")[2].startswith(("accepted, ", "rejected, "))


@pytest.mark.parametrize("text", ["\x1b[2J\x1b]0;x\x07", "a\nb", "\u202ex", "<b>|x"])
def test_names_of_folders_and_modules_steer_no_terminal(tmp_path, capsys, text):
    key = f"base_model.model.model.layers.0.{text}"
    odd = {f"{key}.lora_{side}.weight": ("F32", [2, 2], bytes(16)) for side in "AB"}
    program.main(["inspect", put(tmp_path / text, with_tensors(fit(), tensors() | odd))])
    [line] = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert re.search("rejected, (keys_unmatched|extra_tensors): ", line)


@pytest.mark.parametrize("name", ["code", "table", "html", "terminal", "direction"])
def test_a_merge_is_called_after_no_base_that_is_markup_or_code(tmp_path, capsys, name):
    """Both name the same base, so nothing else speaks against it."""
    named = f'x"); import os; ("{TEXTS[name]}'
    config = fit(base_model_name_or_path=named)
    folders = [
        put(tmp_path / f"a{seed}", with_tensors(config, tensors(seed=seed))) for seed in (1, 2)
    ]
    out = tmp_path / "merged"
    status = program.main(["merge", *folders, "--method", "average", "--out", str(out)])
    printed = capsys.readouterr()
    assert status == 0, printed
    page = (out / "README.md").read_text()
    front, body = page.removeprefix("---\n").split("\n---\n", 1)
    assert yaml.safe_load(front)["base_model"] == printable(named)
    for file in ("README.md", "NOTICE", "coefficients.tsv", "merge.json"):
        text = (out / file).read_text()
        assert all(line.replace("\t", "").isprintable() for line in text.splitlines()), file
    assert "\n| forged" not in body
    assert {path.name for path in out.iterdir()} >= {CONFIG, WEIGHTS}
