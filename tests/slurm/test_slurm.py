"""The toy study on a real SLURM of two nodes, with the shipped profile, and what goes wrong."""

import os
import signal
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
import studies
import yaml
from daemons import NODES, Cluster, missing

pytestmark = pytest.mark.slurm
ARMS = ("base", "fresh", "closest", "average", "adaptive")
# What is submitted of the study below. The closeness by two measures is a group of two jobs.
SUBMITTED = Counter(
    choose_runtime=1,
    train_community_adapter=2,
    train_fresh=1,
    score_pool=1,
    compare_compare_pool=1,
    merge_adapters=5,
    predict=1,
)


@pytest.fixture(scope="module")
def cluster():
    if reason := missing():
        pytest.skip(f"no SLURM here: {reason}")
    # Not pytest's folder: munge wants one that all may enter and a socket's path is short.
    with tempfile.TemporaryDirectory(prefix="slurm") as folder:
        Path(folder).chmod(0o755)
        with Cluster(Path(folder) / "c") as running:
            yield running


def study(folder: Path) -> Path:
    """The toy study with fewer arms."""
    studies.runnable(folder)
    file = folder / "toy.yaml"
    toy = yaml.safe_load(file.read_text())
    toy["arms"] = {name: toy["arms"][name] for name in ARMS}
    toy["arms"]["nearest"] = toy["arms"]["closest"] | {"select": "l2"}
    toy["replicates"] = 1
    del toy["fresh_variants"]
    file.write_text(yaml.safe_dump(toy, sort_keys=False))
    return folder


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """Results of the same study without SLURM."""
    folder = study(tmp_path_factory.mktemp("local") / "project")
    done = studies.toy(folder)
    assert done.returncode == 0, done.stdout[-3000:]
    return studies.results(folder)


class Run:
    """Snakemake with the shipped profile, polling more often than it does for a real cluster."""

    def __init__(self, folder: Path) -> None:
        self.output = folder / "snakemake.out"
        profile = ["--workflow-profile", "profiles/slurm", "--latency-wait", "5"]
        profile += ["--slurm-init-seconds-before-status-checks", "5"]
        with self.output.open("a") as stream:
            self.process = subprocess.Popen(
                studies.command("--configfile", "toy.yaml", *profile),
                cwd=folder,
                env=studies.ENVIRONMENT,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self, seconds: float) -> str:
        """Wait for a good end; the output."""
        try:
            assert self.process.wait(seconds) == 0, self.output.read_text()[-5000:]
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(self.output.read_text()[-5000:]) from None
        return self.output.read_text()


def rule(comment: str) -> str:
    return comment.removeprefix("rule_").partition("_wildcards_")[0]


def ended(cluster: Cluster) -> list[tuple[str, str, str]]:
    """Rule, state and number of each job so far."""
    return [(rule(comment), state, number) for number, state, _, comment in cluster.jobs()]


def wait_for_job(cluster: Cluster, run: Run, name: str, seconds: float = 120) -> tuple[str, str]:
    """Number and node of the running job of a rule."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and run.process.poll() is None:
        for number, _, node, comment in cluster.jobs("RUNNING"):
            if rule(comment) == name:
                return number, node
        time.sleep(0.5)
    raise AssertionError(f"no job of {name}: {cluster.jobs()}\n{run.output.read_text()[-3000:]}")


def first_try(folder: Path, script: str, action: str) -> None:
    """Put an action into a script of this copy, for the first attempt of each of its jobs."""
    file = folder / f"workflow/scripts/{script}.py"
    start = "    runlog.start(snakemake.log[0], snakemake.threads)\n"
    text = file.read_text()
    assert start in text
    file.write_text(text.replace(start, f"{start}    import sys, time\n    {action}\n"))


def test_every_fault_of_a_cluster_in_one_study(cluster, local, tmp_path):
    folder = study(tmp_path / "project")
    profile = folder / "profiles/slurm/profile.yaml"
    profile.write_text(profile.read_text().replace("runtime: 10 * attempt", "runtime: 1 * attempt"))
    asked = yaml.safe_load(profile.read_text())["set-resources"]
    gpu = int(asked["train_fresh"]["mem_mb"].split()[0])
    assert asked["compare_pool"]["runtime"] == "1 * attempt"
    cpu = int(asked["compare_pool"]["mem_mb"].split()[0])
    first_try(
        folder,
        "merge_adapters",
        f"if snakemake.resources.mem_mb == {gpu} and snakemake.wildcards.arm == 'average':"
        " sys.exit('out of memory')",
    )
    first_try(folder, "compare_pool", f"snakemake.resources.mem_mb > {cpu} or time.sleep(600)")
    first_try(folder, "score_pool", f"snakemake.resources.mem_mb > {gpu} or time.sleep(600)")
    mark = folder / "lost"
    first_try(
        folder,
        "train_fresh",
        f"Path({str(mark)!r}).exists() or Path({str(mark)!r}).touch() or time.sleep(600)",
    )
    run = Run(folder)
    lost, node = wait_for_job(cluster, run, "train_fresh")
    cluster.wait("train_fresh", mark.exists, 60)
    # On the lost node there shall be no other job.
    cluster.wait("the community", lambda: len(cluster.jobs("RUNNING")) == 1, 60)
    cluster.stop_node(node)
    cluster.wait(f"{node} is down", lambda: cluster.state(node).startswith("down"), 60)
    cluster.start_node(node)
    cancelled, _ = wait_for_job(cluster, run, "score_pool")
    subprocess.run(["scancel", cancelled], check=True)
    again = ("compare_compare_pool", "COMPLETED")
    cluster.wait("closeness", lambda: again in [row[:2] for row in ended(cluster)], 200)
    wait_for_job(cluster, run, "merge_adapters")
    run.kill()  # of two merges at least one is running
    output = Run(folder).end(200)
    assert "that a killed Snakemake left are still running: waiting" in output

    jobs = ended(cluster)
    counts = Counter(job[:2] for job in jobs)
    assert {name: n for (name, state), n in counts.items() if state == "COMPLETED"} == SUBMITTED
    # Merges that were still waiting when Snakemake was killed are cancelled and submitted again.
    lost_merges = counts.pop(("merge_adapters", "CANCELLED"), 0)
    assert lost_merges < SUBMITTED["merge_adapters"]
    assert {job: n for job, n in counts.items() if job[1] != "COMPLETED"} == {
        ("merge_adapters", "FAILED"): 1,
        ("compare_compare_pool", "TIMEOUT"): 1,
        ("score_pool", "CANCELLED"): 1,
    }
    assert ("train_fresh", "COMPLETED", lost) in jobs
    cluster.wait("nodes", lambda: all(cluster.state(node) == "idle" for node in NODES))
    assert studies.results(folder) == local
