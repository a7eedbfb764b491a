"""Jobs that a killed Snakemake left to SLURM, with a squeue that tells what the test wants."""

import pytest

from recycling.ground import left_jobs
from recycling.ground.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A run's folder with traces of SLURM; squeue shows one file after another, then nothing."""
    (tmp_path / "run/.snakemake/slurm_logs").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    program(tmp_path, "squeue", "echo $* >> asked; cat 1; mv 2 1 2>/dev/null || : > 1")
    program(tmp_path, "scancel", "echo $* >> cancelled")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "1").touch()
    return tmp_path / "run"


def program(tmp_path, name, lines):
    file = tmp_path / "bin" / name
    file.write_text(f"#!/bin/sh\ncd {tmp_path}\n{lines}\n")
    file.chmod(0o755)


def test_running_jobs_are_waited_for_and_waiting_ones_cancelled(folder, caplog):
    shown = [
        f"7|RUNNING|recycling_a|{folder}\n8|PENDING|recycling_a|{folder}\n",
        f"7|RUNNING|recycling_a|{folder}\n9|RUNNING|recycling_a|/else\n5|RUNNING|x|{folder}\n",
    ]
    for number, text in enumerate(shown, 1):
        (folder.parent / str(number)).write_text(text)
    left_jobs.settle(folder, pause=0)
    assert (folder.parent / "cancelled").read_text() == "8\n"
    assert len((folder.parent / "asked").read_text().splitlines()) == 3
    assert "1 SLURM jobs that a killed Snakemake left are still running" in caplog.text


def test_without_traces_of_slurm_nothing_is_asked(folder):
    (folder / ".snakemake/slurm_logs").rmdir()
    left_jobs.settle(folder)
    assert not (folder.parent / "asked").exists()


def test_a_silent_slurm_is_named(folder, monkeypatch):
    program(folder.parent, "squeue", "echo no controller >&2; exit 1")
    with pytest.raises(InputError, match="squeue: found 'no controller', expected the jobs that"):
        left_jobs.settle(folder)
    (folder.parent / "bin/squeue").unlink()
    monkeypatch.setenv("PATH", str(folder.parent / "bin"))  # this machine may have a SLURM
    with pytest.raises(InputError, match=r"squeue: found .*; wait until SLURM answers"):
        left_jobs.settle(folder)
