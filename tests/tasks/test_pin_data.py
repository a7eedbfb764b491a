"""The data sets of a catalogue get pinned, and the rest of its text stays."""

import re
from types import SimpleNamespace

import pin_data
import pytest
import studies
import yaml
from httpx2 import Request, Response
from huggingface_hub.errors import RevisionNotFoundError

SHIPPED = studies.ROOT / "workflow/studies/tasks62.yaml"


def ref(name, commit):
    return SimpleNamespace(name=name, ref=name, target_commit=commit)


class Hub:
    """Two data sets: one has parquet files on main, the other in its conversion only.

    Both have an older commit `b...`, and no commit `d...`.
    """

    def list_repo_refs(self, repo, *, repo_type):
        converts = [] if repo == "none" else [ref("refs/convert/parquet", "c" * 40)]
        return SimpleNamespace(branches=[ref("main", "a" * 40)], converts=converts)

    def list_repo_files(self, repo, *, repo_type, revision):
        if revision == "d" * 40:
            answer = Response(404, request=Request("GET", "http://hub"))
            raise RevisionNotFoundError("no such revision", response=answer)
        parquet = repo == "modern" or revision == "c" * 40
        return ["README.md", "data/train-00000-of-00001.parquet" if parquet else "load.py"]


def test_a_pin_is_of_a_revision_with_parquet_files(monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    assert pin_data.commit("modern") == "a" * 40
    assert pin_data.commit("scripted") == "c" * 40
    with pytest.raises(SystemExit, match="none: no parquet files in"):
        pin_data.commit("none")


def test_pinning_changes_the_open_pins_and_nothing_else(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(pin_data, "commit", lambda repo: asked.append(repo) or "f" * 40)
    monkeypatch.setattr(pin_data, "difference", lambda repo, pin, elsewhere: "other")
    text = SHIPPED.read_text()
    file = tmp_path / "tasks.yaml"
    file.write_text(text)
    pin_data.main(file)
    pinned = file.read_text()
    assert asked == re.findall(r"^  (\S+): null$", text, re.MULTILINE)
    assert pinned == text.replace(": null\n", f": {'f' * 40}\n")
    pin_data.main(file)
    assert file.read_text() == pinned


def test_pins_are_written_to_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    file = tmp_path / "tasks.yaml"
    file.write_text("# head\npins:\n  modern: null\n  old: 1\n\ntasks: {} # null\n")
    pin_data.main(file)
    assert (
        file.read_text() == f"# head\npins:\n  modern: {'a' * 40}\n  old: 1\n\ntasks: {{}} # null\n"
    )


@pytest.mark.parametrize(
    ("repo", "elsewhere", "expected"),
    [
        ("modern", "a" * 40, "modern: the commit is that of public code"),
        ("modern", "b" * 40, f"modern: DIFFERS .* {'b' * 40} has parquet files too"),
        ("scripted", "b" * 40, f"scripted: DIFFERS .* {'b' * 40} has no parquet files"),
        ("modern", "d" * 40, f"modern: DIFFERS .* {'d' * 40} is not on the Hub"),
    ],
)
def test_a_pin_is_compared_with_that_of_public_code(
    tmp_path, monkeypatch, capsys, repo, elsewhere, expected
):
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    file = tmp_path / "tasks.yaml"
    file.write_text(f"pins: {{{repo}: null}}\ncommits_in_public_code: {{{repo}: {elsewhere}}}\n")
    pin_data.main(file)
    assert re.fullmatch(expected, capsys.readouterr().out.splitlines()[-1])


def test_a_commit_of_digits_stays_a_text(tmp_path, monkeypatch):
    monkeypatch.setattr(pin_data, "commit", lambda repo: "12345e" + "6" * 34)
    file = tmp_path / "tasks.yaml"
    file.write_text("pins:\n  a/b: null\ntasks: {}\n")
    pin_data.main(file)
    assert yaml.safe_load(file.read_text())["pins"] == {"a/b": "12345e" + "6" * 34}


def test_nothing_is_written_when_a_data_set_cannot_be_pinned(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    file = tmp_path / "tasks.yaml"
    file.write_text("pins: {modern: null, none: null}\n")
    with pytest.raises(SystemExit, match="none: no parquet files in"):
        pin_data.main(file)
    assert file.read_text() == "pins: {modern: null, none: null}\n"
