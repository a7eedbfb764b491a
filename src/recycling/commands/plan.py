"""Say what a study would do, before it is run: jobs, time, disk, requests.

Jobs are those that Snakemake plans. Seconds are those of earlier jobs of the study or, where it has
none, of a stored reference on the same base; what nobody has measured is called unknown. Nothing is
run and nothing is fetched.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recycling.pool import SELECTORS

if TYPE_CHECKING:
    from recycling.commands.dry_run import DryRun, Job
    from recycling.commands.seconds_by_rule import Measured

UNKNOWN = "unknown"
# Timed rules that have jobs for each shard of the pool.
OF_THE_POOL = {"download_shard", "probe_shard", "ask_alone"} | {
    selector.measure.rule for selector in SELECTORS.values() if selector.measure
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Give the parser what this command takes."""
    parser.add_argument("study", type=Path, metavar="STUDY.yaml", help="a study file")


def run(study: Path) -> int:
    """Print the plan. Raises InputError for a study that cannot be planned."""
    from snakemake.utils import available_cpu_count

    from recycling.commands import dry_run, room, seconds_by_rule
    from recycling.plan.study import file

    opened = file.opened(_keys(study), [study], look=True)
    results = Path("results") / opened.study
    known = seconds_by_rule.earlier(results)
    stored, about = seconds_by_rule.reference(file.keys_of(opened))
    planned = dry_run.planned(study, opened.study)
    found = known | {
        rule: measured
        for rule, measured in stored.items()
        if rule not in known and not any(job.gpus for job in planned.jobs if job.timed == rule)
    }
    print("\n".join(_jobs(planned, found)))
    print("\n".join(_time(planned, found, available_cpu_count())))
    used = {found[job.timed].source for job in planned.jobs if job.timed in found}
    if about and any(measured.source in used for measured in stored.values()):
        print(f"reference   {about}")
    for head, lines in (
        ("disk", room.disk(opened, results)),
        ("hub", room.requests(opened, results)),
    ):
        for line in lines:
            print(f"{head:<11} {line}")
            head = ""
    return 0


def _keys(study: Path) -> dict[str, object]:
    """The keys of a study file; raises InputError where they cannot be read."""
    import yaml

    from recycling.ground.errors import InputError

    try:
        keys = yaml.safe_load(study.read_text())
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = str(error).replace("\n", " ")
        expected = "a file with the keys of a study"
        raise InputError(
            "plan", str(study), reason, expected, "correct the path or the file"
        ) from None
    if not isinstance(keys, dict):
        expected = "keys of a study, such as study: my-study"
        raise InputError("plan", str(study), keys, expected, "name a study file")
    return keys


def _jobs(planned: "DryRun", found: Mapping[str, "Measured"]) -> Iterator[str]:
    """A table of the planned jobs by rule, those that take longest first."""
    if not planned.jobs:
        yield "nothing is to be done: all results are there"
        return
    rows = []
    for (rule, timed), count in Counter((job.rule, job.timed) for job in planned.jobs).items():
        measured = found.get(timed)
        if measured is not None:
            source = f"{measured.source}, mean of {measured.jobs}"
            each = (f"{measured.seconds:.1f}", f"{measured.seconds * count:.0f}", source)
        else:
            each = ("", UNKNOWN, "") if timed else ("", "", "not timed")
        rows.append((rule, str(count), *each))
    rows.sort(key=lambda row: (row[3] == "", -float(row[3]) if row[3].isdecimal() else -1e18))
    yield from _aligned([("rule", "jobs", "s a job", "s", "measured in"), *rows])
    yield f"jobs        {len(planned.jobs)} (Snakemake's dry run)"
    if planned.open:
        yield "            and more for each part of the pool, unknown before it is vetted"
        for rule, measured in found.items():
            if rule in OF_THE_POOL and rule not in {job.timed for job in planned.jobs}:
                spent = measured.seconds * measured.jobs
                yield f"            {rule}: {measured.jobs}, {spent:.0f} s in {measured.source}"


def _time(planned: "DryRun", found: Mapping[str, "Measured"], cores: int) -> Iterator[str]:
    """Core hours and GPU hours of the timed jobs whose seconds are known, and of how many not."""
    timed = [job for job in planned.jobs if job.timed]
    if not timed:
        return
    known = [job for job in timed if job.timed in found]
    of = f"{len(known)} of {len(timed)} timed jobs; the others are unknown"
    if len(known) == len(timed):
        of = f"all {len(timed)} timed jobs"
    if planned.open:
        of += ", those that come later not counted"
    busy = sum(found[job.timed].seconds * job.threads for job in known)
    hours = f"{busy / 3600:.2f}" if known else UNKNOWN
    yield f"core hours  {hours}, seconds by threads ({of})"
    if known:
        yield f"            on {cores} cores {busy / cores / 60:.1f} minutes or more"
    asking = [job for job in timed if job.gpus]
    if asking:
        yield f"GPU hours   {_gpu_hours(asking, found)}"


def _gpu_hours(asking: Sequence["Job"], found: Mapping[str, "Measured"]) -> str:
    known = [job for job in asking if job.timed in found]
    if not known:
        return f"{UNKNOWN} ({len(asking)} jobs ask for a GPU)"
    hours = sum(found[job.timed].seconds * job.gpus for job in known) / 3600
    return f"{hours:.2f} ({len(known)} of {len(asking)} jobs that ask for a GPU)"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines of a table: names to the left, the three columns of numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for rule, *numbers, source in rows:
        cells = (f"{cell:>{width}}" for cell, width in zip(numbers, widths[1:], strict=True))
        yield f"{rule:<{widths[0]}}  {'  '.join(cells)}  {source}".rstrip()
