"""Jobs on one machine have a GPU each; stand-ins for the driver and for GPUs."""

import os
import subprocess
import sys
import uuid

import pytest
import studies

from recycling.ground import gpu

TAKE = """
import os, sys
from recycling.ground import gpu
gpu.take(pause=0.05)
print(os.environ["CUDA_VISIBLE_DEVICES"], flush=True)
sys.stdin.read()
"""


def driver(folder, monkeypatch, text, status=0):
    """A program `nvidia-smi` that lists GPUs."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'EOF'\n{text}\nEOF\nexit {status}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


LISTED = "0, GPU-aa\n1, GPU-bb\n2, GPU-cc"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (None, ["GPU-aa", "GPU-bb", "GPU-cc"]),
        ("2,0", ["GPU-cc", "GPU-aa"]),
        ("GPU-bb, MIG-1", ["GPU-bb", "MIG-1"]),
        ("", []),
    ],
)
def test_gpus_are_those_of_the_driver_that_are_given(tmp_path, monkeypatch, given, found):
    driver(tmp_path / "bin", monkeypatch, LISTED)
    if given is None:
        monkeypatch.delenv(gpu.VARIABLE, raising=False)
    else:
        monkeypatch.setenv(gpu.VARIABLE, given)
    assert gpu.visible() == found


def test_a_driver_without_gpus_and_no_driver_have_none(tmp_path, monkeypatch):
    monkeypatch.delenv(gpu.VARIABLE, raising=False)
    driver(tmp_path / "bin", monkeypatch, "NVIDIA-SMI has failed, no device", status=9)
    assert gpu.visible() == []
    monkeypatch.setattr(gpu.shutil, "which", lambda _: None)
    assert gpu.visible() == []


@pytest.mark.parametrize("given", ["", "7"])
def test_where_there_is_one_gpu_at_most_nothing_is_taken(tmp_path, monkeypatch, given):
    driver(tmp_path / "bin", monkeypatch, LISTED)
    monkeypatch.setenv(gpu.VARIABLE, given)
    monkeypatch.setattr(gpu, "_hold", None)
    gpu.take()
    assert os.environ[gpu.VARIABLE] == given


class Job:
    """A process that takes one of some GPUs and keeps it until it ends."""

    def __init__(self, gpus):
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE],
            env=studies.ENVIRONMENT
            | {"PYTHONPATH": str(studies.ROOT / "src"), gpu.VARIABLE: ",".join(gpus)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self):
        return self.process.stdout.readline().strip()

    def end(self, kill=False):
        if kill:
            self.process.kill()
        self.process.communicate()


@pytest.mark.parametrize("kill", [False, True], ids=["ended", "killed"])
def test_each_job_has_a_gpu_of_its_own_and_the_next_waits_for_one(kill):
    gpus = [f"{name}-{uuid.uuid4()}" for name in "ab"]
    jobs = [Job(gpus), Job(gpus)]
    try:
        assert {job.says() for job in jobs} == {f"GPU {name}" for name in gpus}
        had = [job.says() for job in jobs]
        assert sorted(had) == gpus
        jobs.append(Job(gpus))
        assert jobs[2].says() == "waiting for one of 2 GPUs: other jobs have them"
        jobs[0].end(kill)
        assert [jobs[2].says(), jobs[2].says()] == [f"GPU {had[0]}", had[0]]
    finally:
        for job in jobs:
            job.end()


BARRIER = """\
    import pathlib, time
    pathlib.Path(f"started.{snakemake.wildcards.batch}").touch()
    for _ in range(600):
        if len(list(pathlib.Path().glob("started.*"))) == 2:
            break
        time.sleep(0.1)
    else:
        raise SystemExit("the other job did not start")
"""
START = "    runlog.start(snakemake.log[0], snakemake.threads)\n"


@pytest.mark.workflow
def test_as_many_jobs_run_at_once_as_there_are_gpus_each_on_its_own(tmp_path, monkeypatch):
    """On the processor, which stands in for two GPUs: the model stays where it is."""
    folder = studies.lean(tmp_path / "project", arms=("base",))
    gpus = [f"GPU-{uuid.uuid4()}" for _ in range(2)]
    driver(tmp_path / "bin", monkeypatch, "\n".join(f"{i}, {one}" for i, one in enumerate(gpus)))
    monkeypatch.delenv(gpu.VARIABLE, raising=False)
    for file, real, stand_in in (
        ("src/recycling/model/runtime.py", "torch.cuda.is_available()", "True"),
        ("src/recycling/model/base.py", "model.to(device)", 'model.to("cpu")'),
        ("workflow/scripts/community/train_community.py", START, START + BARRIER),
    ):
        text = (folder / file).read_text()
        assert text.count(real) == 1
        (folder / file).write_text(text.replace(real, stand_in))
    done = studies.toy(
        folder, "--cores", "2", "--until", "gather_community", PATH=os.environ["PATH"]
    )
    assert done.returncode == 0, done.stdout[-3000:]
    logs = [folder / f"results/toy/logs/train_community/{batch}.log" for batch in "01"]
    taken = [log.read_text().splitlines() for log in logs]
    assert sorted(line for lines in taken for line in lines if line.startswith("GPU ")) == [
        f"GPU {one}" for one in sorted(gpus)
    ]
