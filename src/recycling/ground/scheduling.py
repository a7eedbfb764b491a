"""How often Snakemake looks for jobs that can start.

It looks when a job has ended, and again a second after each look, because a limit on starts in a
second may have held jobs back. Each of these looks asks for one more, so every job that ends would
add a look a second for the rest of the run: after 340 jobs half a core did nothing else.
"""

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snakemake.scheduling.job_scheduler import JobScheduler


def look_once_a_second(scheduler: "JobScheduler") -> None:
    """Let one look at most be waiting for its second; it keeps no run alive."""
    alone = threading.Lock()

    def look_later(delay: float) -> None:
        if alone.acquire(blocking=False):
            timer = threading.Timer(delay, look)
            timer.daemon = True
            timer.start()

    def look() -> None:
        alone.release()
        scheduler._open_jobs.release()

    scheduler._schedule_reevalutation = look_later
