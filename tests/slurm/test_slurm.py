"""The toy study on a real SLURM of two nodes, with the shipped profile, and what goes wrong there.

Faults are made on copies of a finished study, of which some outputs are removed and asked for. Most
of a run is waiting, so three go on at once: the study through sbatch starts first, beside it the
one without SLURM, and then the jobs that are tried again, while other tests have the GPUs.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from textwrap import shorten

import pytest
import studies
import yaml
from daemons import NODES, Cluster, Job, processes_of
from debian import Unavailable

pytestmark = pytest.mark.slurm
# Every job of the study below that is not local; one measures closeness in both ways, in a group.
SUBMITTED = Counter(
    examine_base=1,
    train_community=2,
    probe_shard=1,
    group_pool=1,
    train_fresh=1,
    score_pool=1,
    compare_compare_pool=1,
    merge_adapters=4,
    predict=1,
)
FRESH = "results/toy/fresh/fresh/months/0/adapter_model.safetensors"
SCORES = "results/toy/pool_scores/months/0/0.tsv"
CLOSENESS = "results/toy/pool_closeness/cosine/months/0/0.tsv"
MERGED = "results/toy/merged/{}/months/0/adapter_model.safetensors"
# Seconds from a submission to Snakemake's first look at its job; each look in vain adds ten.
LOOK = "3"
# A script first does what the test has put there for its rule, without a change of its code.
START = "    runlog.start(snakemake.log[0], snakemake.threads)\n"
FAULT = """\
    import pathlib, time
    if (fault := pathlib.Path("faults", snakemake.rule.rstrip("_0123456789"))).exists():
        exec(fault.read_text())
"""
FAULTY = ("merging/merge_adapters", "merging/train_fresh", "pool/compare_pool", "pool/score_pool")
WAIT = "while not pathlib.Path('go').exists(): time.sleep(0.2)"
FAIL_OR_BE_CANCELLED = """\
import os, subprocess
if snakemake.resources.mem_mb == 40000:
    if "average" in snakemake.params.recipes:
        raise SystemExit("a fault")
    subprocess.run(["scancel", os.environ["SLURM_JOB_ID"]], check=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def cluster():
    # Not pytest's folder: munge wants one that all may enter and a socket's path is short.
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm"))
        Path(folder).chmod(0o755)
        try:
            running = stack.enter_context(Cluster(Path(folder) / "c"))
        except Unavailable as reason:
            pytest.skip(shorten(f"no SLURM here: {reason}", 250))
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Folder of a small toy study that has not run."""
    arms = ("base", "fresh", "closest", "average", "adaptive")
    folder = studies.lean(tmp_path_factory.mktemp("local") / "project", arms)
    file = folder / "toy.yaml"
    toy = yaml.safe_load(file.read_text())
    toy["arms"]["average"]["select"] = "l2"  # a second measure of closeness
    toy["runtime"]["arms_per_process"] = 1  # several jobs, and rules, of merges
    file.write_text(yaml.safe_dump(toy, sort_keys=False))
    for script in FAULTY:
        file = folder / f"workflow/scripts/{script}.py"
        assert file.read_text().count(START) == 1
        file.write_text(file.read_text().replace(START, START + FAULT))
    (folder / "faults").mkdir()
    return folder


@pytest.fixture(scope="module")
def submitted(cluster, project, tmp_path_factory):
    """The study through sbatch, from its start."""
    folder = tmp_path_factory.mktemp("submitted") / "project"
    shutil.copytree(project, folder)
    with Run(cluster, folder) as run:
        yield run


@pytest.fixture(scope="module")
def local(submitted, project):
    """Folder of the same study, finished without SLURM while the one through sbatch goes on."""
    done = studies.toy(project)
    assert done.returncode == 0, done.stdout[-3000:]
    return project


@pytest.fixture(scope="module")
def tried_again(cluster, local, tmp_path_factory):
    """Four jobs that fail on their first try, from their start."""
    targets = (MERGED.format("average"), MERGED.format("fresh"), CLOSENESS, SCORES)
    folder = without(
        local,
        tmp_path_factory.mktemp("tried_again") / "project",
        *targets,
        merge_adapters=FAIL_OR_BE_CANCELLED,
        compare_pool="if snakemake.resources.mem_mb == 2000: time.sleep(600)",
        score_pool="held = b'1' * 1500 * 2**20; time.sleep(5)",
    )
    file = folder / "profiles/slurm/profile.yaml"
    profile = yaml.safe_load(file.read_text())
    wants = profile["set-resources"]
    wants["compare_pool"]["runtime"] = "1 * attempt"
    wants["score_pool"] = {**wants["score_pool"], "mem_mb": "1500 * attempt"}
    file.write_text(yaml.safe_dump(profile))
    with Run(cluster, folder, *targets) as run:
        yield run


def without(local: Path, folder: Path, *outputs: str, **faults: str) -> Path:
    """A copy of the finished study without some of its outputs; a fault by rule."""
    shutil.copytree(local, folder)
    for output in outputs:
        (folder / output).unlink()
    for rule, action in faults.items():
        (folder / "faults" / rule).write_text(action)
    return folder


class Run:
    """Snakemake with the shipped profile, which looks more often than on a real cluster.

    A context manager: neither Snakemake nor its jobs outlive it.
    """

    def __init__(self, cluster: Cluster, folder: Path, *targets: str) -> None:
        self.cluster = cluster
        self.folder = folder
        self.output = folder / "snakemake.out"
        self.start(*targets)

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.cluster.cancel(self.folder)

    def start(self, *targets: str) -> None:
        """Start Snakemake, also for the second time."""
        profile = ["--workflow-profile", "profiles/slurm", "--latency-wait", "5"]
        profile += ["--slurm-init-seconds-before-status-checks", LOOK]
        with self.output.open("a") as stream:
            self.process = subprocess.Popen(
                studies.command(*targets, "--configfile", "toy.yaml", *profile),
                cwd=self.folder,
                env=studies.ENVIRONMENT,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def jobs(self) -> list[Job]:
        """The jobs of this run, also those that ended; rules of one script have one name."""
        return [
            job._replace(rule=job.rule.rstrip("_0123456789"))
            for job in self.cluster.jobs(self.folder)
        ]

    def wait(self, what: str, ready: Callable[[], object], seconds: float = 300) -> None:
        """Wait while the run goes on."""
        try:
            self.cluster.wait(what, lambda: ready() or self.process.poll() is not None, seconds)
            assert self.process.poll() is None
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}\n{self.jobs()}\n{self.output.read_text()}") from None

    def running(self, *rules: str) -> list[Job]:
        """Jobs that run now, when they are of exactly these rules."""
        jobs = [job for job in self.jobs() if job.state == "RUNNING"]
        return jobs if sorted(job.rule for job in jobs) == sorted(rules) else []

    def end(self, seconds: float = 600) -> Counter[tuple[str, str]]:
        """Wait for a good end; how many jobs of a rule ended in a state."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            status = f"nothing after {seconds} s"
        assert status == 0, f"{status}\n{self.jobs()}\n{self.output.read_text()}"
        assert "results/toy" in self.output.read_text()
        return Counter((job.rule, job.state) for job in self.jobs())


def test_jobs_of_a_killed_snakemake_are_waited_for_and_used(cluster, tried_again, local, tmp_path):
    merged = [MERGED.format(arm) for arm in ("fresh", "closest", "average")]
    folder = without(local, tmp_path / "project", *merged, merge_adapters=WAIT)
    with Run(cluster, folder, *merged) as run:
        both = ("merge_adapters", "merge_adapters")
        run.wait("two merges", lambda: len(run.jobs()) == 3 and run.running(*both))
        orphans = run.running(*both)
        run.kill()
        run.start(*merged)
        told = "2 SLURM jobs that a killed Snakemake left are still running: waiting for them"
        run.wait("the second run", lambda: told in run.output.read_text())
        (folder / "go").touch()
        # The third waited for a GPU: it was cancelled and submitted again.
        assert run.end() == {("merge_adapters", "COMPLETED"): 3, ("merge_adapters", "CANCELLED"): 1}
        completed = {job.number for job in run.jobs() if job.state == "COMPLETED"}
        assert {job.number for job in orphans} < completed
    assert studies.results(folder) == studies.results(local)


def test_a_preempted_job_runs_again(cluster, tried_again, local, tmp_path):
    folder = without(local, tmp_path / "project", FRESH, train_fresh=WAIT)
    with Run(cluster, folder, FRESH) as run:
        run.wait("a job", lambda: run.running("train_fresh"))
        [job] = run.jobs()
        cluster.preempt(job)
        run.wait("the job waits", lambda: not run.running("train_fresh"))
        run.wait("the job again", lambda: run.running("train_fresh"))
        (folder / "go").touch()
        assert run.end() == {("train_fresh", "COMPLETED"): 1}
        assert cluster.history(job.number) == ["PREEMPTED", "COMPLETED"]
    assert studies.results(folder) == studies.results(local)


def test_a_study_through_sbatch_runs_each_job_once_and_equals_a_local_one(submitted, local):
    ended = submitted.end()
    assert ended == {(rule, "COMPLETED"): count for rule, count in SUBMITTED.items()}
    assert studies.results(submitted.folder) == studies.results(local)


def test_jobs_that_fail_or_are_stopped_are_tried_again_with_more(tried_again, local):
    ended = tried_again.end()
    assert ended == {
        ("merge_adapters", "FAILED"): 1,
        ("merge_adapters", "CANCELLED"): 1,
        ("merge_adapters", "COMPLETED"): 2,
        ("score_pool", "FAILED"): 1,
        ("score_pool", "COMPLETED"): 1,
        ("compare_compare_pool", "TIMEOUT"): 1,
        ("compare_compare_pool", "COMPLETED"): 1,
    }
    memory = {job[1:3]: job.memory for job in tried_again.jobs()}
    assert memory["FAILED", "merge_adapters"] == "40000M"
    assert memory["COMPLETED", "merge_adapters"] == "80000M"
    assert memory["FAILED", "score_pool"] == "1500M"
    assert memory["COMPLETED", "score_pool"] == "3000M"
    [said] = (tried_again.folder / ".snakemake/slurm_logs/rule_score_pool").rglob("*.log")
    assert "exceeded memory limit" in said.read_text()
    assert studies.results(tried_again.folder) == studies.results(local)


def test_jobs_of_a_lost_node_run_again_and_others_go_on(cluster, local, tmp_path):
    folder = without(local, tmp_path / "project", FRESH, SCORES, train_fresh=WAIT, score_pool=WAIT)
    with Run(cluster, folder, FRESH, SCORES) as run:
        run.wait("two jobs", lambda: run.running("train_fresh", "score_pool"))
        before = {job.rule: job for job in run.jobs()}
        node = before["train_fresh"].node
        assert node != before["score_pool"].node
        cluster.stop_node(node)
        run.wait(f"{node} is down", lambda: cluster.state(node).startswith("down"))
        cluster.start_node(node)
        # The GPU of the other node is taken: it must be this one again.
        run.wait("two jobs again", lambda: run.running("train_fresh", "score_pool"))
        (folder / "go").touch()
        assert run.end() == {("train_fresh", "COMPLETED"): 1, ("score_pool", "COMPLETED"): 1}
        assert {job.rule: job.number for job in run.jobs()} == {
            rule: job.number for rule, job in before.items()
        }
        assert cluster.history(before["train_fresh"].number) == ["NODE_FAIL", "COMPLETED"]
        assert cluster.history(before["score_pool"].number) == ["COMPLETED"]
    assert studies.results(folder) == studies.results(local)


def test_nothing_of_a_run_is_left(cluster):
    cluster.wait("nodes", lambda: all(cluster.state(node) == "idle" for node in NODES))
    assert not [pid for node in NODES for pid in processes_of(node)]
