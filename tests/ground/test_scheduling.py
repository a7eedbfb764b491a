"""Snakemake looks for jobs to start once a second at most, however many have ended."""

import threading
import time
from types import SimpleNamespace

import pytest
import studies
from snakemake.scheduling.job_scheduler import JobScheduler

from recycling.ground import scheduling

SHORT, LONG = 30, 3
# Jobs that end at once, then some of a second for which the only core is waited for; `onsuccess`
# says how often jobs were looked for.
SNAKEFILE = f"""
from recycling.ground import scheduling

rule all:
    input: expand("{{n}}.short", n=range({SHORT})), expand("{{n}}.long", n=range({LONG}))

rule short:
    output: touch("{{n}}.short")
    priority: 1

rule long:
    output: touch("{{n}}.long")
    shell: "sleep 1"

LOOKS = []

onstart:
    if config["mended"]:
        scheduling.look_once_a_second(workflow.scheduler)
    finish = workflow.scheduler._finish_jobs
    workflow.scheduler._finish_jobs = lambda: LOOKS.append(None) or finish()

onsuccess:
    print("looks:", len(LOOKS))
"""


def test_it_stands_where_this_snakemake_asks_for_the_next_look():
    assert callable(JobScheduler._schedule_reevalutation)


def test_of_many_looks_that_are_asked_for_one_comes_and_then_the_next():
    scheduler = SimpleNamespace(_open_jobs=threading.Semaphore(0))
    scheduling.look_once_a_second(scheduler)
    for _ in range(2):
        before = threading.active_count()
        for _ in range(50):
            scheduler._schedule_reevalutation(0.05)
        assert threading.active_count() <= before + 1
        assert scheduler._open_jobs.acquire(timeout=5)
        time.sleep(0.1)
        assert not scheduler._open_jobs.acquire(blocking=False)


@pytest.mark.workflow
def test_jobs_that_have_ended_add_no_looks(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    found = {}
    for mended in (False, True):
        for file in [*tmp_path.glob("*.short"), *tmp_path.glob("*.long")]:
            file.unlink()
        settings = ("--cores", "1", "--config", f"mended={mended}")
        done = studies.snakemake(tmp_path, *settings, PYTHONPATH=str(studies.ROOT / "src"))
        assert done.returncode == 0, done.stdout[-3000:]
        found[mended] = int(done.stdout.rpartition("looks: ")[2].split()[0])
    assert found[True] <= SHORT + 4 * LONG + 5
    assert found[False] > 1.5 * found[True]
