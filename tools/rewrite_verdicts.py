"""Write the verdicts of the stored runs anew from their tables, where their wording has changed."""

from dataclasses import fields
from pathlib import Path

from report_reference import ROOT, study_of

from recycling.ground import tables
from recycling.plan.study.merging import MergingStudy
from recycling.plan.work import verdict
from recycling.verdict import page

REFERENCE = ROOT / "results" / "reference"


def stored() -> list[Path]:
    """The stored runs that have a verdict with its tables."""
    found = sorted(file.parent for file in REFERENCE.glob("*/verdict.md"))
    return [run for run in found if (run / "tables" / "contrasts.tsv").is_file()]


def rewritten(run: Path) -> str:
    """The verdict of a stored run as it would be written today.

    What became of the rows of each task is taken from the stored one: no table has it.
    """
    study = study_of(run.name)
    if not isinstance(study, MergingStudy):
        raise SystemExit(f"{run}: a study of kind {study.kind}, expected one that merges")
    names = [field.name for field in fields(page.Tables)]
    read = {name: tables.read_table(run / "tables" / f"{name}.tsv", name) for name in names}
    told = [line.removeprefix("- ") for line in (run / "verdict.md").read_text().splitlines()]
    rows = [line[1:].split("` has ", 1) for line in told if line[:1] == "`" and "` has " in line]
    about = page.About(**verdict.about(study), rows=dict(rows))  # type: ignore[arg-type]
    return page.write(page.Tables(**read), about)


def main() -> None:
    """Write those that differ, and name them."""
    for run in stored():
        text = rewritten(run)
        if text != (run / "verdict.md").read_text():
            with tables.replacing(run / "verdict.md") as temporary:
                temporary.write_text(text)
            print(run / "verdict.md")


if __name__ == "__main__":
    main()
