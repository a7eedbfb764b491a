"""`recycling inspect` on adapters that PEFT saved, on the Hub's and on unfit ones."""

import json
import shutil

import pytest
from command_cases import BASE, SETTINGS, recycling, save
from hub_cases import repository
from pool_cases import COMMIT
from safetensors.torch import load_file, save_file
from transformers import GPT2Config

from recycling.commands import program


@pytest.fixture(scope="module")
def published(toy_folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("published")
    save(toy_folder, root / "usual", 1, **SETTINGS["usual"])
    save(toy_folder, root / "rslora", 2, **SETTINGS["rslora"])
    save(toy_folder, root / "dora", 3, r=2, target_modules=["q_proj"], use_dora=True)
    return root


def said(capsys, *arguments):
    """Status and lines of the command in this process."""
    status = program.main(["inspect", *map(str, arguments)])
    return status, capsys.readouterr().out.splitlines()


def test_each_adapter_has_a_line_and_one_rejected_is_status_1(published):
    done = recycling("inspect", *(published / name for name in ("usual", "rslora", "dora")))
    assert (done.returncode, done.stderr) == (1, "")
    usual, rslora, dora = done.stdout.splitlines()
    assert usual == f"usual: accepted, rank 4, base {BASE}, licence mit"
    assert rslora == f"rslora: accepted, rank 8, base {BASE}, licence mit, flags: rslora"
    assert dora.startswith("dora: rejected, variant:dora: found {'use_dora': True}, expected plain")


def test_against_a_base_widths_and_names_are_compared(published, toy_folder, tmp_path, capsys):
    usual = published / "usual"
    assert said(capsys, usual, "--base", toy_folder)[0] == 0
    shutil.copytree(usual, tmp_path / "wide")
    file = tmp_path / "wide" / "adapter_model.safetensors"
    save_file({k: v.repeat(1, 2) if "A" in k else v for k, v in load_file(file).items()}, file)
    assert said(capsys, tmp_path / "wide") == (
        0,
        [f"wide: accepted, rank 4, base {BASE}, licence mit"],
    )
    status, [line] = said(capsys, tmp_path / "wide", "--base", toy_folder)
    assert status == 1
    assert line.startswith(
        "wide: rejected, shape: found (4, 96), (32, 4) of model.layers.0.mlp.down"
    )


def test_a_base_by_name_is_that_of_its_adapters_and_its_aliases(
    published, monkeypatch, capsys, toy_folder
):
    from recycling.commands import rules

    widths = rules.widths(str(toy_folder))
    monkeypatch.setattr(rules, "widths", lambda _: widths)
    usual = published / "usual"
    status, [line] = said(capsys, usual, "--base", "other/base")
    assert (status, line.partition(":")[2]) == (
        1,
        " rejected, base_mismatch: found lab/toy, expected one of ['other/base']",
    )
    assert said(capsys, usual, "--base", "other/base", "--alias", BASE)[0] == 0


def test_weights_are_read_where_that_is_asked_for(published, tmp_path, capsys):
    shutil.copytree(published / "usual", tmp_path / "zero")
    file = tmp_path / "zero" / "adapter_model.safetensors"
    save_file({key: 0 * value for key, value in load_file(file).items()}, file)
    assert said(capsys, tmp_path / "zero")[0] == 0
    status, [line] = said(capsys, tmp_path / "zero", "--weights")
    assert (status, line.split(": ")[1]) == (1, "rejected, noop")
    assert said(capsys, published / "usual", "--weights")[0] == 0


def test_repositories_of_the_hub_are_read_at_a_commit(start_hub, capsys):
    start_hub({"ana/lora": repository()})
    status, [line] = said(capsys, "ana/lora")
    assert status == 0
    assert line.startswith("ana--lora: accepted, rank 2, base lab/base-1b, licence mit")
    status, [line] = said(capsys, "ana/nothing")
    assert (status, line.split(": ")[1]) == (1, "rejected, gone")
    status, [line] = said(capsys, f"ana/lora@{COMMIT[::-1]}")
    assert status == 1


def test_a_base_without_linear_modules_is_refused(published, tmp_path, capsys):
    GPT2Config().save_pretrained(tmp_path)
    assert program.main(["inspect", str(published / "usual"), "--base", str(tmp_path)]) == 1
    line = "base: --base: found 'gpt2', expected a model with linear modules, which LoRA changes"
    assert line in capsys.readouterr().err


WRONG = {
    "nothing": ([], "the following arguments are required: ADAPTER"),
    "no adapter": (
        ["nowhere"],
        "adapters: name: found 'nowhere', expected a folder, owner/name, or",
    ),
    "an alias of nothing": (["x", "--alias", "a/b"], "--alias: found 'a/b', expected also --base"),
    "a wrong option": (["x", "--bases", "a/b"], "unrecognized arguments: --bases"),
    "no base": (
        ["x", "--base", "/nowhere"],
        "base: --base: found '/nowhere', expected a folder with",
    ),
}


@pytest.mark.parametrize(("arguments", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_one_line(arguments, expected):
    done = recycling("inspect", *arguments)
    assert done.returncode in (1, 2)
    [line] = done.stderr.splitlines()
    assert line.startswith("ERROR ")
    assert expected in line
    assert json.dumps(done.stdout) == '""'
