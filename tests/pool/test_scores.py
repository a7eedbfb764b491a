"""All tasks are scored by one job: each adapter is read once, and nothing is scored twice."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import score_pool
import studies
from model_cases import INSTRUCTION, ROWS, adapter

from recycling.adapters import canonical
from recycling.ground import tables
from recycling.model import scoring
from recycling.pool import scores
from recycling.pool.scores import TaskFiles
from recycling.tasks.record import Counts, PreparedTask, write_examples, write_task

NAMES = ["alpha", "beta", "delta"]
TASKS = {"first": ROWS[:2], "second": ROWS[2:4], "third": ROWS[4:]}


class Job:
    """The job that scores a shard of three adapters on three tasks, and what it does."""

    def __init__(self, folder, model):
        self.folder, self.model = folder, model
        tables.write_json({"device": "cpu", "dtype": "float32"}, folder / "runtime.json")
        tables.write_json({}, folder / "checksums.json")
        for task, rows in TASKS.items():
            self.write_rows(task, rows)

    def write_rows(self, task, rows):
        counts = Counts(items=len(rows), train=len(rows), valid=0, test=0, dropped=0)
        write_examples(rows, self.folder / task / "train.jsonl")
        about = PreparedTask(task, INSTRUCTION, None, counts, {})
        write_task(about, self.folder / task / "task.json")

    def write_adapters(self, base, **seeds):
        blank = dict.fromkeys(tables.columns("shard"))
        for name, seed in seeds.items():
            one = adapter(base, name, seed)
            canonical.write(one, self.folder / "shard" / f"{name}.safetensors")
        rows = [
            {**blank, "adapter": name, "status": "accepted", "sha256": str(seed)}
            for name, seed in seeds.items()
        ]
        tables.write_table(rows, self.folder / "shard/index.tsv", "shard")

    def files(self, task):
        made = [str(self.folder / "out" / f"{task}{end}") for end in (".tsv", ".json", "-s.tsv")]
        rows = [str(self.folder / task / "train.jsonl")]
        return TaskFiles(rows, str(self.folder / task / "task.json"), *made)

    def run(self, tasks=TASKS, **changed):
        given = {"metrics": ["exact_match", "nll"], "most": None, "cap": 3, "code": "code"}
        score_pool.main(
            str(self.model),
            str(self.folder / "checksums.json"),
            str(self.folder / "runtime.json"),
            str(self.folder / "shard"),
            {task: self.files(task) for task in tasks},
            self.folder / "store",
            **given | changed,
        )

    def results(self):
        """What is written but the seconds, which differ from run to run."""
        files = sorted((self.folder / "out").iterdir())
        return {file.name: file.read_bytes() for file in files if not file.name.endswith("-s.tsv")}


@pytest.fixture
def job(toy_base, toy_folder, tmp_path):
    made = Job(tmp_path, toy_folder)
    made.write_adapters(toy_base, alpha=1, beta=2, delta=3)
    return made


@pytest.fixture
def scored(monkeypatch):
    """Adapter and task of each pass over the rows of a task."""
    seen, real = [], scoring.predict

    def predict(*arguments, what, **settings):
        seen.append(tuple(what.split(" on ")))
        return real(*arguments, what=what, **settings)

    monkeypatch.setattr(scoring, "predict", predict)
    return seen


@pytest.fixture
def read(monkeypatch):
    """Bytes of each tensor that is read of an adapter's file, by file."""
    seen, real = {}, canonical.safe_open

    class Counted:
        def __init__(self, path, framework):
            self.file, self.bytes = real(path, framework=framework), seen.setdefault(str(path), [])

        def __enter__(self):
            self.opened = self.file.__enter__()
            return self

        def __exit__(self, *error):
            return self.file.__exit__(*error)

        def __getattr__(self, name):
            return getattr(self.opened, name)

        def get_tensor(self, name):
            tensor = self.opened.get_tensor(name)
            self.bytes.append(tensor.nbytes)
            return tensor

    monkeypatch.setattr(canonical, "safe_open", Counted)
    return seen


def test_each_adapter_is_read_once_for_all_tasks(job, toy_base, scored, read):
    job.run()
    assert scored == [(name, task) for name in NAMES for task in TASKS]
    once = sum(f.a.nbytes + f.b.nbytes for f in adapter(toy_base, "alpha", 1).values())
    assert {file: sum(found) for file, found in read.items()} == {
        str(job.folder / "shard" / f"{name}.safetensors"): once for name in NAMES
    }


def test_tasks_scored_together_have_the_results_of_each_alone(job, tmp_path):
    job.run()
    together = job.results()
    for task in TASKS:
        job.run([task])
        assert job.results() == together
    rows = tables.read_table(job.files("second").scores, "pool_scores")
    assert rows["adapter"].tolist() == [name for name in NAMES for _ in range(2)]
    assert set(rows["rows"]) == {2}


def test_a_second_run_scores_nothing_and_loads_no_torch(job, toy_folder):
    job.run()
    before = job.results()
    for file in (job.folder / "out").iterdir():
        file.unlink()
    tasks = {task: list(job.files(task)) for task in TASKS}
    code = f"""
import sys
sys.path.insert(0, {str(studies.ROOT / "workflow/scripts/pool")!r})
import json, pathlib, score_pool
from recycling.pool.scores import TaskFiles
tasks = {{task: TaskFiles(*files) for task, files in json.loads({json.dumps(tasks)!r}).items()}}
score_pool.main({str(toy_folder)!r}, {str(job.folder / "checksums.json")!r},
    {str(job.folder / "runtime.json")!r},
    {str(job.folder / "shard")!r}, tasks, pathlib.Path({str(job.folder / "store")!r}),
    metrics=["exact_match", "nll"], most=None, cap=3, code="code")
assert "torch" not in sys.modules
"""
    environment = studies.ENVIRONMENT | {"PYTHONPATH": str(studies.ROOT / "src")}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    assert job.results() == before


def test_a_change_of_a_task_costs_that_task_alone(job, scored):
    job.run()
    scored.clear()
    job.write_rows("second", ROWS[:3])
    job.run()
    assert scored == [(name, "second") for name in NAMES]


def test_a_new_task_costs_that_task_alone(job, scored):
    job.run(["first", "third"])
    scored.clear()
    job.run()
    assert scored == [(name, "second") for name in NAMES]


def test_a_change_of_an_adapter_costs_that_adapter_alone(job, toy_base, scored):
    job.run()
    before = job.results()
    scored.clear()
    job.write_adapters(toy_base, alpha=1, beta=20, delta=3)
    job.run()
    assert scored == [("beta", task) for task in TASKS]
    changed = job.results()
    job.write_adapters(toy_base, alpha=1, beta=2, delta=3)
    job.run()
    assert job.results() == before != changed


def test_an_adapter_converted_otherwise_from_the_same_repository_is_scored_anew(
    job, toy_base, scored
):
    job.run()
    before = job.results()
    scored.clear()
    canonical.write(adapter(toy_base, "beta", 20), job.folder / "shard/beta.safetensors")
    job.run()
    assert scored == [("beta", task) for task in TASKS]
    assert job.results() != before


@pytest.mark.parametrize(
    "changed", [{"cap": 4}, {"code": "new"}, {"metrics": ["nll"]}, {"most": 1}]
)
def test_a_change_of_what_is_asked_costs_all(job, scored, changed):
    job.run()
    scored.clear()
    job.run(**changed)
    assert len(scored) == 9


def test_a_kill_costs_the_adapter_that_was_scored(job, scored, monkeypatch):
    real = scores.score

    def killed(*arguments):
        if arguments[-1] == "beta on second":
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(scores, "score", killed)
    with pytest.raises(KeyboardInterrupt):
        job.run()
    monkeypatch.setattr(scores, "score", real)
    scored.clear()
    job.run()
    assert scored == [(name, task) for name in ("beta", "delta") for task in TASKS]


@pytest.mark.parametrize("damage", ["scores", "record", "no record"])
def test_what_is_damaged_is_scored_again(job, scored, damage):
    job.run()
    before = job.results()
    scored.clear()
    place = job.folder / "store/beta"
    if damage == "no record":
        (place / "part.json").unlink()
    else:
        file = place / ("part.json" if damage == "record" else scores.FILE)
        file.write_text(file.read_text()[:-9])
    job.run()
    assert scored == [("beta", task) for task in TASKS]
    assert job.results() == before


def test_seconds_are_those_of_each_task_without_the_start(job, monkeypatch):
    class Clock:
        now = 100.0

        def perf_counter(self):
            return self.now

        process_time = perf_counter

    clock, real = Clock(), scoring.predict

    def predict(*arguments, what, **settings):
        clock.now += {"first": 1, "second": 2, "third": 4}[what.split(" on ")[1]]
        return real(*arguments, what=what, **settings)

    monkeypatch.setattr("recycling.ground.seconds.time", clock)
    monkeypatch.setattr(scoring, "predict", predict)
    job.run()
    for task, seconds in {"first": 3, "second": 6, "third": 12}.items():
        text = f"s\tcpu_time\n{seconds:.4f}\t{seconds:.4f}\n"
        assert Path(job.files(task).seconds).read_text() == text
