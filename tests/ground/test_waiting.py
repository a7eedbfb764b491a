"""The console says which jobs a run waits for, not too often, and nothing that is not so."""

import logging
import threading

import pytest
import studies
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from recycling.ground import waiting


def record(event, **said):
    """What Snakemake logs."""
    found = logging.LogRecord("snakemake", logging.INFO, "", 0, "", (), None)
    vars(found).update(event=event, **said)
    return found


def began(jobid, rule="predict", log=(), **wildcards):
    return record(
        LogEvent.JOB_INFO, jobid=jobid, rule_name=rule, log=list(log), wildcards=wildcards
    )


@pytest.fixture
def heard(monkeypatch):
    """Lines that are logged."""
    lines = []
    monkeypatch.setattr(logger, "info", lines.append)
    return lines


def test_a_line_names_the_jobs_since_when_and_how_far_they_are(tmp_path, monkeypatch):
    log = tmp_path / "job.log"
    log.write_text("step 10/100\nstep 20/100 train loss \x1b[31m0.3 [20 s, 80 s left]\n\n")
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    told = waiting.Waiting()
    assert told.line(0) == ""
    told.emit(began(4, "merge_adapters", [str(log)], task="past_tense", replicate="0"))
    now[0] = 60.0
    told.emit(began(7, "fetch_base", ["no/such.log"]))
    told.emit(record(LogEvent.PROGRESS, done=3, total=9))
    told.emit(record(None))
    assert told.line(180.0) == (
        "waiting for merge_adapters past_tense/0 (3 min: step 20/100 train loss \\x1b[31m0.3 "
        "[20 s, 80 s left]), fetch_base (2 min) [3 of 9 steps done]"
    )
    told.emit(record(LogEvent.JOB_FINISHED, job_id=4))
    told.emit(record(LogEvent.JOB_ERROR, jobid=7))
    assert told.line(200.0) == ""
    for job in range(5):
        told.emit(began(job, task=str(job)))
    assert "predict 2 (0 min) and 2 more" in told.line(60.0)
    failed = [{"jobid": job} for job in range(5)]
    told.emit(record(LogEvent.GROUP_ERROR, job_error_info=failed))
    assert told.line(60.0) == ""


def test_the_end_of_a_long_log_is_read_alone(tmp_path):
    log = tmp_path / "job.log"
    log.write_bytes(b"a" * 100_000 + b"\n" + b"\xff done\n")
    assert waiting._last_line(str(log)) == "\ufffd done"
    assert waiting._last_line("") == ""


def test_a_line_comes_after_a_pause_and_then_more_and_more_seldom(heard):
    told, asked = waiting.Waiting(), []

    class Changed:
        """A clock that jobs never disturb but once."""

        def wait(self, seconds):
            asked.append(seconds)
            if len(asked) == 8:
                raise InterruptedError
            return len(asked) == 4

        def clear(self):
            pass

        def set(self):
            pass

    told.changed = Changed()
    told.emit(began(1))
    with pytest.raises(InterruptedError):
        told.watch()
    assert asked == [60, 120, 240, 480, 60, 120, 240, 480]
    assert heard == ["waiting for predict (0 min)"] * 6
    told.running.clear()
    asked.clear()
    with pytest.raises(InterruptedError):
        told.watch()
    assert len(heard) == 6  # nothing is waited for


@pytest.mark.parametrize("quiet", [{Quietness.ALL}, {Quietness.PROGRESS, Quietness.HOST}])
def test_who_wants_no_progress_hears_nothing(quiet):
    before = list(logger.handlers)
    waiting.start(quiet)
    assert logger.handlers == before


def test_it_begins_in_a_thread_that_keeps_no_run_alive():
    before = {thread.ident for thread in threading.enumerate()}
    try:
        waiting.start({Quietness.HOST})
        [thread] = [one for one in threading.enumerate() if one.ident not in before]
        assert thread.daemon
        [handler] = [one for one in logger.handlers if isinstance(one, waiting.Waiting)]
    finally:
        logger.handlers = [h for h in logger.handlers if not isinstance(h, waiting.Waiting)]
    assert handler.line(0) == ""


@pytest.mark.workflow
def test_a_run_says_it_and_a_dry_run_does_not(tmp_path):
    """A run whose pauses are short; both streams are no terminal."""
    folder = studies.lean(tmp_path / "project", ["base", "fresh"])
    module = folder / "src/recycling/ground/waiting.py"
    module.write_text(module.read_text().replace("PAUSES = (60.0, ", "PAUSES = (0.5, "))
    assert "waiting for" not in studies.toy(folder, "-n").stdout
    ran = studies.toy(folder, "--cores", "1", "--", "results/toy/base/about.json")
    assert ran.returncode == 0, ran.stdout
    lines = [line for line in ran.stdout.splitlines() if line.startswith("waiting for ")]
    assert any(line.startswith("waiting for fetch_base (0 min") for line in lines)
    assert all("\x1b" not in line for line in lines)
