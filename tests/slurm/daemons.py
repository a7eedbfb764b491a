"""A SLURM of two nodes on this host, with accounting and fake GPUs, for as long as a test runs.

Debian's packages, root, no systemd: each daemon runs in the foreground as a child of this process,
on loopback, with all its files in one folder. What was started here is stopped here, by its pid.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import debian
from debian import Unavailable

PACKAGES = {
    "munged": "munge",
    "slurmctld": "slurmctld",
    "slurmd": "slurmd",
    "sbatch": "slurm-client",
    "slurmdbd": "slurmdbd",
    "accounting_storage_mysql.so": "slurm-wlm-mysql-plugin",
    "mariadbd": "mariadb-server",
}
NODES = ("n1", "n2")
# The only place where a step finds the configuration: the plugin removes SLURM_CONF from its jobs.
PUBLISHED = Path("/etc/slurm")
FILES = ("slurm.conf", "gres.conf", "cgroup.conf")

SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
AuthType=auth/munge
# The second number is also how long a requeued job is held back; its default is two minutes.
AuthInfo=socket={root}/munge.socket,cred_expire=5
CredType=cred/munge
StateSaveLocation={root}/state
SlurmdSpoolDir={root}/spool-%n
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd-%n.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd-%n.log
# Following parents, as the default does, would leave the children of a cancelled job alive.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
JobRequeue=1
# What no partition can run is refused when it is submitted, not left waiting for ever.
EnforcePartLimits=ALL
MinJobAge=3600
SlurmdTimeout=8
KillWait=2
UnkillableStepTimeout=180
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
# Clients of slurmdbd look for munge here, not in AuthInfo.
AccountingStoragePass={root}/munge.socket
AccountingStorageTRES=gres/gpu
# A job over its memory is killed, without cgroups, which not every machine lets a test have.
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
GresTypes=gpu
# The numbers of the nodes below count, not those of this machine.
SlurmdParameters=config_overrides
NodeName=DEFAULT CPUs={cpus} RealMemory=500000 Gres=gpu:fake:{gpus}
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port={n1}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={n2}
PartitionName=cpu Nodes=ALL Default=YES MaxTime=60 State=UP PreemptMode=OFF
PartitionName=gpu Nodes=ALL MaxTime=600 State=UP
PartitionName=urgent Nodes=ALL MaxTime=600 State=UP PriorityTier=2
"""
SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={root}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={accounting}
SlurmUser=root
LogFile={root}/slurmdbd.log
PidFile={root}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageUser=root
StorageLoc=slurm
"""
GRES_CONF = "AutoDetect=off\nNodeName=n[1-2] Name=gpu Type=fake File={root}/gpu[0-{last}]\n"
# Version 1 does nothing unasked; version 2, and the search for either, want cgroups mounted.
CGROUP_CONF = "CgroupPlugin=cgroup/v1\n"


def provide() -> None:
    """Install Debian's packages where they are absent; Unavailable where SLURM cannot be had."""
    if os.geteuid() != 0:
        raise Unavailable("its daemons need root")
    foreign = PUBLISHED / "slurm.conf"
    if "SLURM_CONF" in os.environ or (foreign.exists() and not foreign.is_symlink()):
        raise Unavailable(f"{os.environ.get('SLURM_CONF', foreign)} belongs to a cluster")
    absent = [package for file, package in PACKAGES.items() if not _installed(file)]
    if absent:
        debian.install(absent)


def _installed(file: str) -> bool:
    return bool(shutil.which(file) or [*Path("/usr/lib").glob(f"*/slurm-wlm/{file}")])


class Job(NamedTuple):
    """A job of SLURM's queue; its rule, or its group and rule, is what Snakemake says."""

    number: str
    state: str
    rule: str
    memory: str
    node: str


class Cluster:
    """The daemons; a context manager. `root` is a short path: munge's socket lies in it.

    Unavailable where no SLURM can be had; AssertionError when it is there and does not start.
    """

    def __init__(self, root: Path, cpus: int = 4, gpus: int = 1) -> None:
        self.root = root
        self.daemons: dict[str, subprocess.Popen[bytes]] = {}
        self.published: int | None = None
        self.values = {"host": socket.gethostname(), "root": root, "cpus": cpus, "gpus": gpus}
        self.values |= dict(zip(("controller", "accounting", *NODES), _free_ports(4), strict=True))

    def __enter__(self) -> "Cluster":
        provide()
        try:
            self._configure()
            self._start_all()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _configure(self) -> None:
        PUBLISHED.mkdir(exist_ok=True)
        # Held until this process ends or closes it: two SLURMs cannot be published at once.
        self.published = os.open(PUBLISHED, os.O_RDONLY)
        try:
            fcntl.flock(self.published, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"another run of these tests has {PUBLISHED}") from None
        self.root.mkdir()
        (self.root / "state").mkdir()
        for number in range(self.values["gpus"]):
            # A second /dev/null: slurmd only looks whether the device is there.
            try:
                os.mknod(self.root / f"gpu{number}", 0o020666, os.makedev(1, 3))
            except OSError as error:
                raise Unavailable(f"no device files for fake GPUs: {error}") from None
        self._write("slurm.conf", SLURM_CONF)
        self._write("gres.conf", GRES_CONF.replace("{last}", str(self.values["gpus"] - 1)))
        self._write("cgroup.conf", CGROUP_CONF)
        self._write("slurmdbd.conf", SLURMDBD_CONF).chmod(0o600)
        key = self.root / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o600)
        for name in FILES:
            link = PUBLISHED / name
            link.unlink(missing_ok=True)
            link.symlink_to(self.root / name)

    def _write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.write_text(text.format(**self.values))
        return path

    def _start_all(self) -> None:
        root, database = self.root, self.root / "database"
        sock = root / "mysql.socket"
        self.start(
            "munged",
            "munged --foreground --force --num-threads 2",
            *(f"--key-file={root}/munge.key", f"--seed-file={root}/munge.seed"),
            *(f"--socket={root}/munge.socket", f"--pid-file={root}/munged.pid"),
        )
        install = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={database}"]
        install += ["--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.start(
            "mariadbd",
            "mariadbd --no-defaults --user=root --skip-networking --innodb-log-file-size=32M",
            *(f"--datadir={database}", f"--socket={sock}", f"--pid-file={root}/mariadbd.pid"),
            "--innodb-lock-wait-timeout=900",
        )
        client = ["mariadb", "--no-defaults", "--user=root", f"--socket={sock}", "-e"]
        self.wait("mariadbd", lambda: _works(*client, "CREATE DATABASE IF NOT EXISTS slurm"))
        # No TCP: the client library is sent to the socket.
        self.start("slurmdbd", "slurmdbd -D", MYSQL_UNIX_PORT=str(sock))
        self.wait("slurmdbd", lambda: _works("sacctmgr", "-n", "show", "cluster"))
        for words in (
            "cluster test",
            "account my_account cluster=test",
            "user root account=my_account",
        ):
            _works("sacctmgr", "-i", "add", *words.split())
        self.start("slurmctld", "slurmctld -D")
        for node in NODES:
            self.start_node(node)
        self.wait("slurmd", lambda: all(self.state(node) == "idle" for node in NODES))

    def start(self, name: str, command: str, *arguments: str, **environment: str) -> None:
        """Start a daemon in a session of its own; it writes to `<name>.out`."""
        with (self.root / f"{name}.out").open("ab") as output:
            self.daemons[name] = subprocess.Popen(
                [*command.split(), *arguments],
                env={**os.environ, "SLURM_CONF": str(self.root / "slurm.conf"), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def start_node(self, node: str) -> None:
        self.start(node, f"slurmd -D -N {node}")

    def stop_node(self, node: str) -> None:
        """As if the node had lost power: nothing is reported, its jobs' processes end too."""
        self.daemons[node].kill()
        self.daemons.pop(node).wait()
        processes = processes_of(node)
        # The steps' managers first, or they would report how their processes ended.
        managers = {parent for parent in map(_parent, processes) if parent not in (1, *processes)}
        for pid in [*managers, *processes]:
            os.kill(pid, signal.SIGKILL)

    def state(self, node: str) -> str:
        return _output("sinfo", "-h", "-n", node, "-p", "cpu", "-o", "%T").strip().rstrip("*")

    def jobs(self, folder: Path) -> list[Job]:
        """The jobs that were submitted in a folder, also those that ended."""
        lines = _output("squeue", "-h", "-t", "all", "-o", "%i|%T|%k|%m|%N|%Z").splitlines()
        rows = [line.split("|") for line in lines]
        return [
            Job(number, state, _rule(comment), memory, node)
            for number, state, comment, memory, node, submitted in rows
            if submitted == str(folder)
        ]

    def history(self, number: str) -> list[str]:
        """States in which the tries of a job under its number ended, from the accounting."""
        asked = ("sacct", "-D", "-X", "-n", "-P", "-o", "State", "-j", number)
        states = lambda: [line.split()[0] for line in _output(*asked).splitlines()]
        self.wait("slurmdbd", lambda: not {"PENDING", "RUNNING"} & set(states()))
        return states()

    def preempt(self, job: Job) -> None:
        """Give a job's GPU to a more urgent one, for a second."""
        wants = ["--partition=urgent", "--gpus=1", f"--nodelist={job.node}", "--output=/dev/null"]
        subprocess.run(["sbatch", *wants, "--wrap", "sleep 1"], check=True, capture_output=True)

    def cancel(self, folder: Path) -> None:
        """End the jobs that were submitted in a folder."""
        _works("scancel", *(job.number for job in self.jobs(folder)))

    def wait(self, what: str, ready: Callable[[], bool], seconds: float = 120) -> None:
        """Wait until `ready`; AssertionError with the ends of the logs when it takes too long.

        Not longer than the daemons run. The log of what is waited for, or has ended, comes first.
        """
        end = time.monotonic() + seconds
        while not ready():
            ended = [name for name, daemon in self.daemons.items() if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                first = ended[0] if ended else what
                logs = [*self.root.glob("*.log"), *self.root.glob("*.out")]
                logs.sort(key=lambda log: not log.name.startswith(first))
                tails = "\n".join(f"{log.name}: {log.read_text()[-400:]}" for log in logs)
                problem = "has ended" if ended else f"is not ready after {seconds:.0f} s"
                raise AssertionError(f"{first} {problem}\n{tails}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Cancel what runs, end each daemon that was started here, and take the links away."""
        if "slurmctld" in self.daemons:
            _works("scancel", "--user=root")
            time.sleep(1)
        for process in reversed(self.daemons.values()):
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.daemons.clear()
        for name in FILES:
            link = PUBLISHED / name
            if link.is_symlink() and link.readlink() == self.root / name:
                link.unlink()
        if self.published is not None:
            os.close(self.published)
            self.published = None


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def processes_of(node: str) -> list[int]:
    """Processes of the jobs on a node, known by a variable that slurmd gives them."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"SLURMD_NODENAME={node}".encode() in environment.read_bytes().split(b"\0"):
                found.append(int(environment.parent.name))
        except OSError:
            pass  # it has ended
    return found


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _rule(comment: str) -> str:
    return comment.removeprefix("rule_").partition("_wildcards_")[0]


def _works(*command: str) -> bool:
    return subprocess.run(command, capture_output=True).returncode == 0


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout
