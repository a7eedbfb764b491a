"""Tasks from data sets: parquet files of a hub or a folder, rows made examples, nothing lost."""

import json
import os
import resource
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unicodedata import normalize

import datasets
import pyarrow
import pyarrow.parquet
import pytest
import studies
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recycling import tasks
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.plan.study import file as config
from recycling.tasks import hub_data, parquet, parquet_limits
from recycling.tasks.record import read_examples
from recycling.tasks.rows import Reading, UnusableRowError, example, lettered
from recycling.tasks.splits import split

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NLI = {
    "instruction": "Does the second sentence follow?",
    "fields": {"Premise": "premise", "Claim": "hypothesis"},
    "answer": "label",
    "kind": "label",
}
LABELS = datasets.ClassLabel(names=["yes", "maybe", "no"])


def sentences(count, start=0):
    """Rows of a small inference task."""
    return {
        "premise": [f"Row {i} is here." for i in range(start, start + count)],
        "hypothesis": [f"Row {i} is gone." for i in range(start, start + count)],
        "label": [i % 3 for i in range(start, start + count)],
    }


def stored(folder: Path, name: str, rows: dict, label: object = LABELS) -> Path:
    """A parquet file below `folder`; a column `label` gets that feature."""
    table = datasets.Dataset.from_dict(rows)
    if label is not None and "label" in rows:
        table = table.cast_column("label", label)
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / name)
    return folder / name


@pytest.fixture
def folder(tmp_path):
    """A data set with a train, a test and a duplicated part."""
    root = tmp_path / "nli"
    stored(root, "data/train-00000-of-00002.parquet", sentences(150))
    stored(root, "data/train-00001-of-00002.parquet", sentences(150, 150))
    stored(root, "data/test-00000-of-00001.parquet", sentences(60, 290))
    return root


# Rows


def reading(**changes):
    base = {
        "fields": {"Question": "question"},
        "answer": "answer",
        "kind": "text",
        "labels": None,
        "options": None,
        "answer_after": None,
        "longest": 1000,
    }
    return Reading(**base | changes)


ARC = {
    "question": "Which is red?",
    "choices": {
        "text": ["sky", "blood", "grass", "start and stop a current"],
        "label": list("ABCD"),
    },
    "answer": "D",
}


def test_the_last_option_is_written_whole():
    found = example(
        "a",
        ARC,
        reading(
            fields={"Question": "question", "Options": "choices"}, kind="option", options="choices"
        ),
    )
    assert found.input == (
        "Question: Which is red?\nOptions:\nA. sky\nB. blood\nC. grass\nD. start and stop a current"
    )
    assert found.answers == ("D",)
    assert found.choices == ("A", "B", "C", "D")


@given(st.lists(st.text(st.characters(categories=("L", "N")), min_size=1), min_size=1, max_size=26))
def test_every_option_is_in_the_input_to_its_last_letter(options):
    row = {"question": "Which?", "options": options, "answer": 0}
    found = example("a", row, reading(fields={"Q": "question", "O": "options"}, answer="answer"))
    assert found.input.splitlines()[-len(options) :] == [
        normalize("NFC", f"{letter}. {text}") for letter, text in lettered(options)
    ]
    composed = [normalize("NFC", text) for text in options if "." not in text]
    assert all(found.input.count(text) >= 1 for text in composed)


@pytest.mark.parametrize(
    ("value", "pairs"),
    [
        (["A)red", "B) blue"], [("A", "red"), ("B", "blue")]),
        (["(A) red", "(B) blue"], [("A", "red"), ("B", "blue")]),
        (["A ) red", "B ) B : A"], [("A", "red"), ("B", "B : A")]),
        (["A : B", "B . 5"], [("A", "A : B"), ("B", "B . 5")]),
        (["A.I. wins", "no"], [("A", "I. wins"), ("B", "no")]),
        ({"label": ["1", "2"], "text": ["x", " y "]}, [("1", "x"), ("2", "y")]),
    ],
)
def test_options_lose_the_letter_they_bring(value, pairs):
    assert lettered(value) == pairs


ANSWERS = {
    "text": ({"question": "2 + 2", "answer": " 4 "}, {}, ("4",)),
    "several texts": ({"question": "q", "answer": ["a", "A", "b"]}, {}, ("a", "b")),
    "last of a list": (
        {"question": "q", "answer": ["two", "2"]},
        {"answer": "answer.-1"},
        ("2",),
    ),
    "after a mark": (
        {"question": "q", "answer": "2 #### no #### 7"},
        {"answer_after": "####"},
        ("7",),
    ),
    "label by number": (
        {"question": "q", "answer": 1},
        {"kind": "label", "labels": ["n", "y"]},
        ("y",),
    ),
    "label of truth": (
        {"question": "q", "answer": True},
        {"kind": "label", "labels": ["n", "y"]},
        ("y",),
    ),
    "label by name": (
        {"question": "q", "answer": "e"},
        {"kind": "label", "labels": {"e": "entails"}},
        ("entails",),
    ),
    "option by number": (
        {"question": "q", "o": ["x", "y"], "answer": 1},
        {"kind": "option", "options": "o"},
        ("B",),
    ),
    "option by letter": (
        {"question": "q", "o": ["x", "y"], "answer": "B"},
        {"kind": "option", "options": "o"},
        ("B",),
    ),
    "option by text": (
        {"question": "q", "o": ["x", "y"], "answer": "Y."},
        {"kind": "option", "options": "o"},
        ("B",),
    ),
    "text among options": (
        {"question": "q", "o": ["x", "Y"], "answer": ["y"]},
        {"options": "o"},
        ("Y",),
    ),
    "nested": ({"question": "q", "answer": {"value": "z"}}, {"answer": "answer.value"}, ("z",)),
}


@pytest.mark.parametrize(("row", "changes", "answers"), ANSWERS.values(), ids=ANSWERS)
def test_answers(row, changes, answers):
    assert example("a", row, reading(**changes)).answers == answers


UNUSABLE = {
    "no question": ({"question": " ", "answer": "a"}, {}, "no Question"),
    "no column": ({"answer": "a"}, {}, "no question"),
    "no answer": ({"question": "q", "answer": None}, {}, "no answer"),
    "empty list": ({"question": "q", "answer": []}, {"answer": "answer.-1"}, "no answer.-1"),
    "part of a list": ({"question": "q", "answer": ["a"]}, {"answer": "answer.b"}, "no answer.b"),
    "empty answer": ({"question": "q", "answer": "."}, {}, "no answer"),
    "nothing after the mark": (
        {"question": "q", "answer": "x ####"},
        {"answer_after": "####"},
        "no answer",
    ),
    "too long": ({"question": "q" * 20, "answer": "a"}, {"longest": 10}, "longer than 10"),
    "dots": ({"question": "...", "answer": "a"}, {}, "no input"),
    "hidden label": (
        {"question": "q", "answer": -1},
        {"kind": "label", "labels": ["n"]},
        "label -1 has no name",
    ),
    "unknown label": (
        {"question": "q", "answer": "x"},
        {"kind": "label", "labels": {"e": "e"}},
        "label 'x' has no name",
    ),
    "no such option": (
        {"question": "q", "o": ["x"], "answer": "Z"},
        {"kind": "option", "options": "o"},
        "answer 'Z' is none of its options",
    ),
    "no options": (
        {"question": "q", "o": "x", "answer": "x"},
        {"kind": "option", "options": "o"},
        "no list of options",
    ),
    "no letter left": (
        {"question": "q", "o": [f"text {i}" for i in range(27)], "answer": 3},
        {"options": "o", "kind": "option"},
        "27 options, more than there are letters for",
    ),
    "twice right": (
        {"question": "q", "o": ["x", "X"], "answer": "x"},
        {"options": "o"},
        "2 of its options are right",
    ),
    "an option twice": (
        {"question": "q", "o": ["z", "\u00e3", "a\u0303"], "answer": "z"},
        {"options": "o"},
        r"options that are one answer: .* \(U\+00E3 against U\+0061 U\+0303\)",
    ),
}


@pytest.mark.parametrize(("row", "changes", "reason"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_rows_have_a_reason(row, changes, reason):
    with pytest.raises(UnusableRowError, match=reason):
        example("a", row, reading(**changes))


CHECKED = {
    "column": ({}, ["question"], None, "expected also 'answer'"),
    "options": ({"kind": "option"}, ["question", "answer"], None, "expected the column of the opt"),
    "labels": ({"kind": "label"}, ["question", "answer"], None, "expected a name for each label"),
    "labels alike": (
        {"kind": "label", "labels": ["\u00e3", "b", "a\u0303"]},
        ["question", "answer"],
        None,
        r"labels: found .*U\+00E3 against U\+0061 U\+0303\)\", expected each label once",
    ),
    "names alike": (
        {"kind": "label", "labels": {"0": "a", "1": "a", "2": "A"}},
        ["question", "answer"],
        None,
        r"'a' and 'A' \(U\+0061 against U\+0041\)",
    ),
}


@pytest.mark.parametrize(("changes", "columns", "names", "message"), CHECKED.values(), ids=CHECKED)
def test_a_reading_that_cannot_work_is_refused(changes, columns, names, message):
    with pytest.raises(InputError, match=message):
        reading(**changes).checked(columns, names, "task x")


# Files


@pytest.mark.parametrize(
    ("config", "split", "files"),
    [
        (
            "default",
            "train",
            ["data/train-00000-of-00002.parquet", "data/train-00001-of-00002.parquet"],
        ),
        ("de", "test", ["de/test/0000.parquet"]),
        ("de", "train", ["de/partial-train/0000.parquet"]),
        ("fr", "test", ["fr/test-00000-of-00001.parquet"]),
        ("default", "extra", ["extra.parquet"]),
    ],
)
def test_files_of_a_split_are_found_in_every_layout(config, split, files):
    listed = [
        "README.md",
        "data/train-00001-of-00002.parquet",
        "data/train-00000-of-00002.parquet",
        "data/train.csv",
        "data/training-00000-of-00001.parquet",
        "de/test/0000.parquet",
        "de/partial-train/0000.parquet",
        "fr/test-00000-of-00001.parquet",
        "extra.parquet",
        "load.py",
    ]
    assert parquet.split_files(listed, config, split, "x") == files


def test_a_single_configuration_may_be_called_as_its_data_set():
    listed = ["data/train-00000-of-00001.parquet"]
    assert parquet.split_files(listed, "quail", "train", "x", name="quail") == listed
    with pytest.raises(InputError, match="parquet files of easy/train: found"):
        parquet.split_files(listed, "easy", "train", "x", name="quail")


def test_a_split_without_parquet_is_refused():
    with pytest.raises(InputError, match=r"parquet files of default/train: found \[\], expected"):
        parquet.split_files(["train.csv", "load.py"], "default", "train", "data set x")


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "train.parquet").write_bytes(b"PAR1 not really")
    with pytest.raises(InputError, match=r"train.parquet: content: found"):
        parquet.from_folder(str(tmp_path), "default", "train")
    with pytest.raises(InputError, match="expected a folder"):
        parquet.from_folder(str(tmp_path / "none"), "default", "train")


def bomb(file, length, rows, row_group_size=1_000_000, nested=False):
    """A small file of one long text that every row repeats; with `nested`, one row of many."""
    once = pyarrow.array(["x" * length])
    column = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * rows, pyarrow.int32()), once)
    if nested:
        column = pyarrow.ListArray.from_arrays(pyarrow.array([0, rows], pyarrow.int32()), column)
    file.parent.mkdir(parents=True)
    pyarrow.parquet.write_table(
        pyarrow.table({"text": column}),
        file,
        store_schema=False,
        compression="zstd",
        row_group_size=row_group_size,
    )


BOMBS = {
    "a terabyte": ({"length": 1_000_000, "rows": 1_000_000}, "more than 9000 rows and 9000036000"),
    "rows of megabytes": (
        {"length": 20_000_000, "rows": 1000},
        "1000 rows of more than 2147",
    ),
    "one row": ({"length": 1_000_000, "rows": 100_000, "nested": True}, "1000 rows of more than"),
    "many groups": (
        {"length": 10**5, "rows": 10**5, "row_group_size": 100},
        "more than 86000 rows",
    ),
}


@pytest.mark.hostile
@pytest.mark.slow
@pytest.mark.parametrize(("contents", "message"), BOMBS.values(), ids=BOMBS)
def test_a_small_file_that_unpacks_to_gigabytes(tmp_path, contents, message):
    file = tmp_path / "set" / "train.parquet"
    bomb(file, **contents)
    assert file.stat().st_size < 200_000
    with pytest.raises(InputError, match=f"train.parquet: size: found '{message}"):
        parquet.from_folder(str(tmp_path / "set"), "default", "train")


@pytest.mark.hostile
def test_rows_and_bytes_of_a_file_are_bounded(tmp_path, monkeypatch):
    file = tmp_path / "set" / "train.parquet"
    bomb(file, 1000, 5000)
    for limit, most in (("MOST_ROWS", 4000), ("MOST_BYTES", 4_500_000)):
        with monkeypatch.context() as patch:
            patch.setattr(parquet_limits, limit, most)
            with pytest.raises(InputError, match=r"size: found 'more than 5000 rows and 50\d+ by"):
                parquet.from_folder(str(tmp_path / "set"), "default", "train")
    before = resource.getrlimit(resource.RLIMIT_AS)
    parquet_limits.check(file)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


@pytest.mark.hostile
def test_links_out_of_a_data_set_and_pipes_are_refused(tmp_path, folder):
    outside = stored(tmp_path / "other", "train.parquet", sentences(10))
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "train.parquet").symlink_to(outside)
    with pytest.raises(InputError, match=r"train.parquet: found '.*other/train.parquet', expected"):
        parquet.from_folder(str(tmp_path / "linked"), "default", "train")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped" / "train.parquet")
    with pytest.raises(InputError, match=r"content: found .*is no regular file', expected"):
        parquet.from_folder(str(tmp_path / "piped"), "default", "train")


@pytest.mark.hostile
def test_a_picture_that_lies_elsewhere_is_not_opened(tmp_path):
    rows = {"text": ["a"], "picture": [{"bytes": None, "path": "/etc/passwd"}], "answer": ["b"]}
    table = datasets.Dataset.from_dict(rows).cast_column("picture", datasets.Image())
    (tmp_path / "set").mkdir()
    file = tmp_path / "set" / "train.parquet"
    pyarrow.parquet.write_table(table.data.table, file)
    pictured = pyarrow.parquet.read_table(file)
    described = json.dumps({"info": {"features": table.features.to_dict()}})
    pyarrow.parquet.write_table(pictured.replace_schema_metadata({"huggingface": described}), file)
    found = parquet.from_folder(str(tmp_path / "set"), "default", "train")
    assert found.columns == ["text", "answer"]
    assert [row for _, row in found.some(9, "x")] == [{"text": "a", "answer": "b"}]
    with pytest.raises(InputError, match=r"columns: found \['text', 'answer'\], expected also"):
        hub_data.load(
            "t", instruction="x", fields={"Text": "picture"}, answer="answer",
            path=str(tmp_path / "set"),
        )  # fmt: skip


@pytest.mark.parametrize("commit", [None, "main", "abc123", COMMIT.upper()])
def test_only_a_full_commit_is_read(commit):
    with pytest.raises(InputError, match="expected a 40-digit commit hash; pin it"):
        parquet.from_hub("a/b", commit, "default", "train")


# Tasks


def test_a_data_set_of_one_part(folder):
    task = hub_data.load("nli", path=str(folder), **NLI)
    assert len(task.examples) == 300
    assert task.labels == ("maybe", "no", "yes")
    assert task.test == ()
    parts = split(task, seed=1, replicate=0, train=80, valid=20, test=100, candidates=3)
    assert [len(parts.train), len(parts.valid), len(parts.test)] == [80, 20, 100]
    assert {len(row.choices) for row in parts.test} == {3}


def test_its_own_test_part_is_for_testing_only(folder):
    task = hub_data.load("nli", path=str(folder), test="test", **NLI)
    assert len(task.test) == 60
    # Ten inputs stand in both parts: they cannot be trained on.
    assert len(task.examples) == 290
    assert {row.reason for row in task.dropped} == {f"repeats test-{i}" for i in range(10)}
    parts = split(task, seed=1, replicate=0, train=80, valid=20, test=50, candidates=3)
    assert {row.id.split("-")[0] for row in parts.train + parts.valid} == {"train"}
    assert {row.id.split("-")[0] for row in parts.test} == {"test"}
    assert len(parts.test) == 50
    longer = split(task, seed=1, replicate=0, train=80, valid=20, test=60, candidates=3)
    assert longer.test[:50] == parts.test


def test_too_few_rows_to_label_beside_a_test_part(folder):
    task = hub_data.load("nli", path=str(folder), train="test", **NLI)
    assert len(task.examples) == 60
    task = hub_data.load("nli", path=str(folder), train="test", test="train", limit=40, **NLI)
    with pytest.raises(InputError, match=r"items: found .*, expected at least 100"):
        split(task, seed=1, replicate=0, train=80, valid=20, test=50, candidates=3)


def test_a_share_is_set_aside_once_for_all_replicates(folder):
    task = hub_data.load("nli", path=str(folder), test_share=0.2, **NLI)
    assert [len(task.examples), len(task.test)] == [240, 60]
    again = hub_data.load("nli", path=str(folder), test_share=0.2, **NLI)
    assert again == task
    for replicate in range(3):
        parts = split(task, seed=1, replicate=replicate, train=80, valid=20, test=60, candidates=3)
        assert {row.id for row in parts.test} == {row.id for row in task.test}


def test_a_limit_takes_rows_from_everywhere(folder):
    task = hub_data.load("nli", path=str(folder), limit=50, **NLI)
    numbers = sorted(int(row.id.split("-")[1]) for row in task.examples)
    assert len(numbers) == 50
    assert numbers[0] < 60
    assert numbers[-1] > 240


def test_splits_can_be_joined_and_one_input_has_one_answer(tmp_path):
    rows = sentences(4)
    stored(tmp_path, "train.parquet", rows)
    stored(tmp_path, "validation.parquet", {**rows, "label": [0, 1, 2, 1]})
    task = hub_data.load("nli", path=str(tmp_path), train="train+validation", **NLI)
    assert len(task.examples) == 4
    assert [tuple(row) for row in task.dropped] == [
        ("validation-0", "repeats train-0"),
        ("validation-1", "repeats train-1"),
        ("validation-2", "repeats train-2"),
        ("validation-3", "input of train-3, another answer"),
    ]


def test_labels_of_the_config_come_before_those_of_the_file(folder):
    named = hub_data.load(
        "nli", path=str(folder), labels=["entails", "neutral", "contradicts"], **NLI
    )
    assert named.labels == ("contradicts", "entails", "neutral")


def test_no_usable_row_says_why(tmp_path):
    stored(tmp_path, "train.parquet", {**sentences(3), "label": [-1, -1, -1]}, label=None)
    with pytest.raises(InputError, match=r"found '0, 3 dropped, first: label -1 has no name'"):
        hub_data.load("nli", path=str(tmp_path), labels=["a"], **NLI)


def test_a_source_is_a_hub_or_a_folder(folder):
    with pytest.raises(InputError, match=r"repo and path: found .*, expected one of the two"):
        hub_data.load("nli", path=str(folder), repo="a/b", **NLI)


def test_options_of_the_config_are_checked():
    study = yaml.safe_load((studies.ROOT / "config.yaml").read_text())
    study["tasks"]["nli"] = {"source": "hub", "repo": "a/b", "commit": None, **NLI}
    assert config.complete(study)
    study["tasks"]["nli"]["labels"] = "entails"
    with pytest.raises(InputError, match=r"labels: found 'entails', expected list\[str\]"):
        config.complete(study)


# The Hub


class Hub(BaseHTTPRequestHandler):
    """What huggingface_hub asks of a data set: the tree of a commit, then its files."""

    files: dict[str, bytes]

    def do_GET(self):
        self.answer(body=True)

    def do_HEAD(self):
        self.answer(body=False)

    def answer(self, *, body):
        tree = f"/api/datasets/lab/nli/tree/{COMMIT}"
        resolve = f"/datasets/lab/nli/resolve/{COMMIT}/"
        if self.path.startswith(tree):
            listed = [
                {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                for name, content in self.files.items()
            ]
            self.send(json.dumps(listed).encode(), body, "application/json")
        elif self.path.startswith(resolve) and self.path.removeprefix(resolve) in self.files:
            self.send(self.files[self.path.removeprefix(resolve)], body, "application/octet-stream")
        else:
            self.send_response(404)
            self.send_header("X-Error-Code", "RepoNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()

    def send(self, content, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{len(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub(folder):
    """Address of a hub that serves the data set as `lab/nli`."""
    Hub.files = {
        str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*.parquet")
    } | {"nli.py": b"raise SystemExit('run')", "README.md": b"x"}
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


PREPARE = """
import sys
sys.path[:0] = {paths!r}
import prepare_task
from recycling.ground.errors import InputError
try:
    prepare_task.main("nli", "0", "hub", {options!r}, {sizes!r}, 1, *{outputs!r}, sys.stdout)
except InputError as error:
    sys.exit(f"ERROR {{error}}")
"""


def prepared(tmp_path, endpoint, repo="lab/nli"):
    """`prepare_task` in a process of its own, because the endpoint is read at import."""
    out = tmp_path / "out"
    names = ("train.jsonl", "valid.jsonl", "test.jsonl", "task.json", "dropped.tsv")
    code = PREPARE.format(
        paths=[str(studies.ROOT / "src"), str(studies.ROOT / "workflow/scripts/tasks")],
        options={"repo": repo, "commit": COMMIT, "test": "test", **NLI},
        sizes={"train": 80, "valid": 20, "test": 50, "candidates": 3},
        outputs=[str(out / name) for name in names],
    )
    environment = {
        **os.environ,
        "HF_ENDPOINT": endpoint,
        "HF_HUB_OFFLINE": "0",
        "HF_HOME": str(tmp_path / "home"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": "hf_secret",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return out, done


def test_a_task_comes_from_the_hub_at_its_commit(tmp_path, hub, folder):
    out, done = prepared(tmp_path, hub)
    assert done.returncode == 0, done.stderr[-2000:]
    local = hub_data.load("nli", path=str(folder), test="test", **NLI)
    parts = split(local, seed=1, replicate="0", train=80, valid=20, test=50, candidates=3)
    assert read_examples(out / "train.jsonl") == parts.train
    assert read_examples(out / "test.jsonl") == parts.test
    record = tables.read_json(out / "task.json")
    assert record["source"]["commit"] == COMMIT
    assert record["source"]["sha256 of train"] == local.source["sha256 of train"]
    assert len(tables.read_table(out / "dropped.tsv", "dropped")) == 10


def test_a_missing_data_set_says_what_to_check_and_no_token(tmp_path, hub):
    _, done = prepared(tmp_path, hub, repo="lab/other")
    assert done.returncode == 1
    assert (
        "ERROR data set lab/other: answer of the Hub: found 'RepositoryNotFoundError" in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout


def test_the_module_is_light_until_a_file_is_read():
    code = "import sys, recycling.tasks.hub_data; sys.exit('datasets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=studies.ROOT / "src", check=False)
    assert done.returncode == 0
    assert "hub" in tasks.SOURCES
