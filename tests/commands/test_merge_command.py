"""`recycling merge` on adapters that PEFT saved, against dense sums of PEFT's own updates."""

import json
import re

import peft
import pytest
import torch
import yaml
from command_cases import BASE, SETTINGS, recycling, save, toy, updates
from merge_cases import elected
from model_cases import logits

from recycling.adapters import routed
from recycling.commands import merge, program
from recycling.ground import registry
from recycling.merging import METHODS, free_of_data

LICENCES = {"usual": "mit", "rslora": "cc-by-nc-4.0", "patterns": "mit"}


@pytest.fixture(scope="module")
def published(toy_folder, tmp_path_factory):
    """A folder with one folder for each of three unlike adapters."""
    root = tmp_path_factory.mktemp("published")
    for seed, (name, settings) in enumerate(SETTINGS.items()):
        save(toy_folder, root / name, seed, licence=LICENCES[name], **settings)
    return root


@pytest.fixture(scope="module")
def dense(toy_folder, published):
    """Adapter -> module -> dense update."""
    return {name: updates(toy_folder, published / name) for name in SETTINGS}


def given(published):
    return [published / name for name in SETTINGS]


def merged(published, out, *options):
    """The command in this process, to its end."""
    assert program.main(["merge", *map(str, given(published)), "--out", str(out), *options]) == 0
    return out


def summed(dense, weights):
    """Module -> the sum of the updates with these weights."""
    found = {}
    for adapter, weight in zip(dense.values(), weights, strict=True):
        for module, delta in adapter.items():
            found[module] = found.get(module, 0) + weight * delta
    return found


def test_a_weighted_sum_of_unlike_adapters_is_exact_and_loads_with_peft(
    published, dense, toy_folder, tmp_path
):
    out, weights = tmp_path / "deep" / "sum", ("0.5", "-2", "1.5")
    done = recycling(
        *("merge", *given(published), "--method", "task_arithmetic"),
        *("--weights", *weights, "--out", out),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{out}: 3 adapters by task_arithmetic, rank 17, exact\n"
    assert [path.name for path in out.parent.iterdir()] == ["sum"]
    expected = summed(dense, map(float, weights))
    found = updates(toy_folder, out)
    assert found.keys() == expected.keys()
    for module, delta in expected.items():
        torch.testing.assert_close(found[module], delta, rtol=0, atol=1e-5)
    model, tokens = toy(toy_folder), [5, 80, 33, 7, 120]
    loaded = logits(peft.PeftModel.from_pretrained(model, out).eval(), tokens)
    model = toy(toy_folder)
    for module, delta in expected.items():
        model.get_submodule(module).weight.data += delta.float()
    assert (loaded - logits(model, tokens)).abs().max() < 1e-4


def test_card_notice_record_and_coefficients_are_those_of_a_study(published, tmp_path):
    out = merged(published, tmp_path / "mine", "--method", "ties", "--density", "0.3")
    card = (out / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert front["base_model"] == BASE
    assert front["license"] == "cc-by-nc-4.0"
    assert "# mine\n\n3 adapters, merging method `ties` with density 0.3, made by" in card
    assert re.search(r"\| rslora \| [0-9a-f]{40} \| cc-by-nc-4\.0 \| 1 \|", card)
    notice = (out / "NOTICE").read_text()
    said = (
        r"\* rslora at revision [0-9a-f]{40}, by an unknown owner: CC-BY-NC-4\.0 \(non-commercial"
    )
    assert re.search(said, notice)
    assert "Licence, the strictest of them: CC-BY-NC-4.0." in notice
    record = json.loads((out / "merge.json").read_text())
    assert (record["arm"], record["method"], record["tokens"]) == ("mine", "ties", 0)
    assert record["details"] == {"density": 0.3}
    assert 0 < record["export_error"] < 1
    assert [source["name"] for source in record["sources"]] == list(SETTINGS)
    table = (out / "coefficients.tsv").read_text().splitlines()
    assert table[1:] == ["usual\t*\t\t1", "rslora\t*\t\t1", "patterns\t*\t\t1"]


@pytest.mark.parametrize("method", sorted(set(free_of_data()) - {"ties_factors"}))
def test_every_method_that_needs_no_data_merges_unlike_adapters(published, tmp_path, method):
    out = merged(published, tmp_path / method, "--method", method)
    if METHODS[method].gives == "routed":
        assert routed.read(out).names == tuple(SETTINGS)
        assert "cannot be one adapter" in (out / "README.md").read_text()
    else:
        config = json.loads((out / "adapter_config.json").read_text())
        assert config["base_model_name_or_path"] == BASE
        assert config["r"] == 17


def test_ties_is_that_of_dense_updates_cut_to_the_rank(published, dense, toy_folder, tmp_path):
    """The error that is stated is the distance to the method's own result, computed in loops."""
    options = ("--method", "ties", "--density", "0.5", "--rank", "2")
    out = merged(published, tmp_path / "cut", *options)
    found = updates(toy_folder, out)
    lost = total = 0.0
    for module in found:
        present = [adapter[module].numpy() for adapter in dense.values() if module in adapter]
        whole = torch.from_numpy(elected(present, 0.5))
        u, s, vt = torch.linalg.svd(whole)
        best = u[:, :2] * s[:2] @ vt[:2]
        lost += (found[module] - whole).square().sum().item()
        total += whole.square().sum().item()
        # Near-best: the export at the summed rank is a randomised one.
        assert (found[module] - whole).norm() < 1.01 * (best - whole).norm()
    record = json.loads((out / "merge.json").read_text())
    assert record["rank"] == 2
    assert record["export_error"] == pytest.approx((lost / total) ** 0.5, rel=1e-3)
    said = f"Relative error of this file against the merge itself: {record['export_error']:.2g}."
    assert said in (out / "README.md").read_text()


def test_the_same_command_writes_the_same_bytes(published, tmp_path):
    options = ("--method", "dare", "--seed", "5")
    first, second = (merged(published, tmp_path / at / "x", *options) for at in "ab")
    other = merged(published, tmp_path / "c" / "x", "--method", "dare", "--seed", "6")
    weights = [(out / "adapter_model.safetensors").read_bytes() for out in (first, second, other)]
    assert weights[0] == weights[1] != weights[2]


def refusal(*arguments):
    """What the command says when it refuses: one line, and no traceback."""
    done = recycling("merge", *arguments)
    assert done.returncode in (1, 2)
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert line.startswith("ERROR ")
    return line


def test_an_output_that_exists_is_refused_and_left_as_it_is(published, tmp_path):
    out = tmp_path / "there"
    out.mkdir()
    (out / "mine.txt").touch()
    line = refusal(*given(published), "--method", "average", "--out", out)
    assert line == (
        f"ERROR merge: --out: found {str(out)!r}, expected a folder that is not there; "
        "name a new one"
    )
    assert [file.name for file in out.iterdir()] == ["mine.txt"]


WRONG = {
    "no method": ([], "the following arguments are required: --method"),
    "a wrong method": (["--method", "tise"], "invalid choice: 'tise'"),
    "a method that needs rows": (["--method", "learned"], "invalid choice: 'learned'"),
    "a wrong option": (["--method", "ties", "--densty", "1"], "unrecognized arguments: --densty 1"),
    "another method's option": (
        ["--method", "ties", "--keep", "2"],
        "merge: --keep: found 2, expected an option of ties: --density, --scale; leave it out",
    ),
    "a wrong value": (
        ["--method", "ties", "--density", "2"],
        "merge ties: density: found 2.0, expected a share between 0 and 1",
    ),
    "no number": (["--method", "ties", "--density", "x"], "invalid float value: 'x'"),
    "too few weights": (
        ["--method", "average", "--weights", "1", "2"],
        "merge: --weights: found [1.0, 2.0], expected 3 numbers, one for each adapter",
    ),
    "rank 0": (["--method", "average", "--rank", "0"], "merge: rank: found 0, expected at least 1"),
    "a rank of arrow": (
        ["--method", "arrow", "--rank", "4"],
        "merge: --rank: found 4, expected no rank: arrow keeps its adapters apart; leave it out",
    ),
    "mixed ranks in factors": (["--method", "ties_factors"], "expected one rank; merge with ties"),
}


@pytest.mark.parametrize(("options", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_one_line_and_writes_nothing(published, tmp_path, options, expected):
    assert expected in refusal(*given(published), "--out", tmp_path / "out", *options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["nowhere"], "adapters: name: found 'nowhere', expected a folder, owner/name, or"),
        (["usual", "usual"], "adapters: name: found 'usual', expected each adapter once"),
        (["usual", "./usual"], "expected each adapter once; remove a copy"),
    ],
)
def test_a_wrong_adapter_is_named(published, tmp_path, monkeypatch, capsys, texts, expected):
    monkeypatch.chdir(published)
    arguments = ["merge", *texts, "--method", "average", "--out", str(tmp_path / "out")]
    assert program.main(arguments) == 1
    assert expected in capsys.readouterr().err


def test_folders_of_one_name_are_told_apart_by_their_paths(toy_folder, tmp_path):
    for seed, run in enumerate(("a", "b")):
        save(toy_folder, tmp_path / run / "last", seed, **SETTINGS["usual"])
    out = tmp_path / "out"
    folders = (tmp_path / "a" / "last", tmp_path / "b" / "last")
    assert (
        program.main(["merge", *map(str, folders), "--method", "average", "--out", str(out)]) == 0
    )
    record = json.loads((out / "merge.json").read_text())
    assert [source["name"] for source in record["sources"]] == ["a--last", "b--last"]


def test_a_snapshot_of_the_cache_is_known_by_its_path_and_its_links_are_followed(
    published, tmp_path
):
    commit = "0123456789" * 4
    snapshot = tmp_path / "models--ana--lora" / "snapshots" / commit
    snapshot.mkdir(parents=True)
    for file in (published / "usual").iterdir():
        (snapshot / file.name).symlink_to(file)
    arguments = ["merge", str(snapshot), "--method", "average", "--out", str(tmp_path / "out")]
    assert program.main(arguments) == 0
    notice = (tmp_path / "out" / "NOTICE").read_text()
    assert f"* ana/lora at revision {commit}, by ana: MIT (permissive)" in notice


def test_an_adapter_that_vetting_rejects_is_named_with_the_reason(published, toy_folder, tmp_path):
    save(toy_folder, tmp_path / "dora", 9, r=2, target_modules=["q_proj"], use_dora=True)
    line = refusal(
        *(published / "usual", tmp_path / "dora"),
        *("--method", "average", "--out", tmp_path / "out"),
    )
    assert line.startswith("ERROR dora: vetting: found 'variant:dora', expected an adapter that")
    assert "plain LoRA" in line


def test_adapters_of_several_bases_need_the_name_to_write(published, toy_folder, tmp_path):
    save(toy_folder, tmp_path / "copy", 9, base_name="other/copy", r=2, target_modules=["q_proj"])
    arguments = [published / "usual", tmp_path / "copy", "--method", "average"]
    line = refusal(*arguments, "--out", tmp_path / "out")
    assert line == (
        "ERROR merge: base: found ['lab/toy', 'other/copy'], expected adapters of one base; "
        "if all of these have the same weights, give the name to write as --base"
    )
    done = recycling("merge", *arguments, "--out", tmp_path / "out", "--base", "lab/toy")
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "out" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "lab/toy"


def test_other_widths_are_refused(published, toy_folder, tmp_path):
    save(toy_folder, tmp_path / "x", 9, r=2, target_modules=["q_proj"])
    from safetensors.torch import load_file, save_file

    file = tmp_path / "x" / "adapter_model.safetensors"
    tensors = {
        key: value.repeat(1, 2) if "lora_A" in key else value
        for key, value in load_file(file).items()
    }
    save_file(tensors, file, metadata={"format": "pt"})
    arguments = (published / "usual", tmp_path / "x", "--method", "average")
    line = refusal(*arguments, "--out", tmp_path / "out")
    assert "x: vetting: found 'shape'" in line


def test_every_option_of_every_method_is_an_option_of_the_command():
    for method in free_of_data():
        for name, (annotation, _) in registry.options(METHODS[method].entry).items():
            known, owners = merge._options()[name]
            assert known == annotation
            assert method in owners
    text = recycling("merge", "--help").stdout
    for name, (_, owners) in merge._options().items():
        assert re.search(rf"--{name.replace('_', '-')} .*\n? *of {owners[0]}", text), name
