"""Lock files that a killed Snakemake left, beside one that is alive and where nobody can tell."""

import errno
import fcntl
import os
import subprocess
import sys
import textwrap

import studies

from recycling.ground import stale_locks


def test_stale_locks_are_cleared_and_live_ones_are_not(tmp_path):
    code = f"""
        import sys, pathlib
        sys.path.insert(0, {str(studies.ROOT / "src")!r})
        from recycling.ground import stale_locks
        print(stale_locks.clear_stale_locks(pathlib.Path({str(tmp_path)!r})), flush=True)
        sys.stdin.read()
    """
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    holders = []
    for alone in (True, False):
        (locks / "0.output.lock").touch()
        holder = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        holders.append(holder)
        assert holder.stdout.readline() == f"{alone}\n"
        assert locks.exists() is not alone
        locks.mkdir(exist_ok=True)
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_without_flock_nothing_is_cleared_and_one_line_says_so(tmp_path, monkeypatch, caplog):
    def refuse(*_):
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    locks = tmp_path / ".snakemake" / "locks"
    locks.mkdir(parents=True)
    assert stale_locks.clear_stale_locks(tmp_path) is False
    assert locks.exists()
    [message] = caplog.messages
    assert message == (
        f"{tmp_path}/.snakemake: no file locks (flock) on this file system: Function not "
        "implemented; this run is not guarded, and what a killed run left is not cleared: wait "
        "until its SLURM jobs have ended, then give --unlock"
    )
