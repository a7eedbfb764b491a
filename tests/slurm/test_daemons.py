"""Where SLURM cannot be had, the tests that need it say why; these need none."""

import fcntl
import os
from pathlib import Path

import daemons
import debian
import pytest
from daemons import Cluster
from debian import Unavailable


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Root on a machine that has no program but those that a test writes."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(daemons, "PUBLISHED", tmp_path / "etc")
    monkeypatch.setattr(daemons, "PACKAGES", {"a-daemon": "a-package"})
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("SLURM_CONF", raising=False)
    return tmp_path


def program(machine: Path, name: str, lines: str) -> None:
    file = machine / "bin" / name
    file.write_text(f"#!/bin/sh\n{lines}\n")
    file.chmod(0o755)


def test_without_root_or_apt_it_says_so(machine, monkeypatch):
    with pytest.raises(Unavailable, match="no apt-get to install a-package"):
        daemons.provide()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unavailable, match="its daemons need root"):
        daemons.provide()


def test_a_cluster_of_the_machine_is_left_alone(machine, monkeypatch):
    monkeypatch.setenv("SLURM_CONF", "/shared/slurm.conf")
    with pytest.raises(Unavailable, match=r"/shared/slurm.conf belongs to a cluster"):
        daemons.provide()
    monkeypatch.delenv("SLURM_CONF")
    (machine / "etc").mkdir()
    (machine / "etc/slurm.conf").touch()
    with pytest.raises(Unavailable, match=r"etc/slurm.conf belongs to a cluster"):
        daemons.provide()


def test_what_apt_says_is_the_reason_and_no_service_is_started(machine):
    asked = f"test -x {machine}/policy && echo E: no route >&2"
    program(machine, "apt-get", f"{asked}; exit 100")
    with pytest.raises(Unavailable, match=r"cannot install it: E: no route\s+E: no route"):
        daemons.provide()
    assert not (machine / "policy").exists()


def test_what_is_there_is_not_installed(machine):
    program(machine, "a-daemon", "")
    daemons.provide()


def test_a_program_that_is_absent_or_a_daemon_that_ends_is_a_failure(machine, monkeypatch):
    monkeypatch.setattr(daemons, "PACKAGES", {})
    with pytest.raises(FileNotFoundError, match="munged"):
        Cluster(machine / "first", gpus=0).__enter__()
    assert not list((machine / "etc").iterdir())
    program(machine, "munged", "echo no entropy; exit 1")
    program(machine, "mariadb-install-db", "")
    program(machine, "mariadbd", "exec /bin/sleep 60")
    program(machine, "mariadb", "exit 1")
    with pytest.raises(AssertionError, match=r"^munged has ended\nmunged.out: no entropy"):
        Cluster(machine / "second", gpus=0).__enter__()
    assert not list((machine / "etc").iterdir())


def test_a_run_beside_and_a_machine_without_devices_are_reasons(machine, monkeypatch):
    monkeypatch.setattr(daemons, "PACKAGES", {})
    monkeypatch.setattr(os, "mknod", refused)
    with pytest.raises(Unavailable, match=r"no device files for fake GPUs: .*not permitted"):
        Cluster(machine / "first").__enter__()
    other = os.open(machine / "etc", os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(Unavailable, match=r"another run of these tests has .*etc"):
        Cluster(machine / "second", gpus=0).__enter__()
    os.close(other)


def refused(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")
