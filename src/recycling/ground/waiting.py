"""While a study runs, the console says in one line which jobs it waits for and how far they are.

Snakemake says when a job begins and when it ends. In between, which may be hours, it says nothing.
"""

import logging
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from snakemake.logging import get_event, logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from recycling.ground.foreign_text import shown

# Seconds without a job that begins or ends until the first line, the second, ... and any later one.
PAUSES = (60.0, 120.0, 240.0, 480.0, 600.0)
MOST_JOBS, MOST_TEXT, TAIL_BYTES = 3, 100, 4096


@dataclass(frozen=True)
class Running:
    """A job that has begun: what it is, where it writes how far it is, and since when."""

    name: str
    log: str
    since: float


class Waiting(logging.Handler):
    """Keeps from Snakemake's log which jobs are running, and puts that into words."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.running: dict[int, Running] = {}
        self.done, self.total = 0, 0
        self.changed = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Note that a job begins or ends. All else is not looked at."""
        event, said = get_event(record), vars(record)
        with self.lock or threading.RLock():
            if event == LogEvent.JOB_INFO:
                values = "/".join(map(str, (said["wildcards"] or {}).values()))
                name, log = f"{said['rule_name']} {values}".strip(), next(iter(said["log"]), "")
                self.running[said["jobid"]] = Running(name, str(log), time.monotonic())
            elif event == LogEvent.JOB_FINISHED:
                self.running.pop(said["job_id"], None)
            elif event == LogEvent.JOB_ERROR:
                self.running.pop(said["jobid"], None)
            elif event == LogEvent.GROUP_ERROR:
                for job in said["job_error_info"]:
                    self.running.pop(job["jobid"], None)
            elif event == LogEvent.PROGRESS:
                self.done, self.total = said["done"], said["total"]
                return
            else:
                return
        self.changed.set()

    def line(self, now: float) -> str:
        """What is waited for, the jobs first that take longest; empty where no job runs."""
        with self.lock or threading.RLock():
            jobs = sorted(self.running.values(), key=lambda job: job.since)
        if not jobs:
            return ""
        told = [_told(job, now) for job in jobs[:MOST_JOBS]]
        more = f" and {len(jobs) - MOST_JOBS} more" if len(jobs) > MOST_JOBS else ""
        done = f" [{self.done} of {self.total} steps done]" if self.total else ""
        return f"waiting for {', '.join(told)}{more}{done}"

    def watch(self, pauses: Sequence[float] = PAUSES) -> None:
        """Log a line after each pause in which no job begins or ends; never returns."""
        number = 0
        while True:
            if self.changed.wait(pauses[min(number, len(pauses) - 1)]):
                self.changed.clear()
                number = 0
                continue
            number += 1
            line = self.line(time.monotonic())
            if line:
                logger.info(line)


def start(quiet: Collection[Quietness]) -> None:
    """Begin to say it, unless Snakemake is to be quiet about progress."""
    if quiet and {Quietness.ALL, Quietness.PROGRESS}.intersection(quiet):
        return
    waiting = Waiting()
    logger.addHandler(waiting)
    threading.Thread(target=waiting.watch, daemon=True).start()


def _told(job: Running, now: float) -> str:
    spent = f"{(now - job.since) / 60:.0f} min"
    words = shown(_last_line(job.log), MOST_TEXT)
    return f"{job.name} ({spent}: {words})" if words else f"{job.name} ({spent})"


def _last_line(log: str) -> str:
    """The last line of a log in which something stands; empty where there is none to read."""
    try:
        with Path(log).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - TAIL_BYTES))
            lines = file.read(TAIL_BYTES).decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")
