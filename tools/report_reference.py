"""Write the report of a study from its committed tables and figures, where these suffice."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import yaml

from recycling.ground import registry, tables
from recycling.plan.study.file import Study, complete
from recycling.plan.study.paths import StudyFiles
from recycling.plan.work import report as plan
from recycling.report import KINDS, page

ROOT = Path(__file__).resolve().parents[1]


def study_of(name: str) -> Study:
    """The shipped study of that name."""
    file = ROOT / ("config.yaml" if name == "smollm2" else f"workflow/studies/{name}.yaml")
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    return complete(StudyFiles([file]).located(found))


def written(study: Study, results: Path) -> str:
    """The report of a study from its files in the folder `results`, as one page."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "provenance.json"
        # Runs before bases were described have none of these in their record.
        known = json.loads((results / "provenance.json").read_text())
        record.write_text(json.dumps({"bases": [], **known}))
        files = _placed(study, results) | {"record": [str(record)]}
        return page.write(registry.load(KINDS[study.kind])(files, plan.about(study)))


def missing(study: Study, results: Path) -> list[str]:
    """The files that the report is made from and that the folder lacks."""
    paths = [path for found in _placed(study, results).values() for path in found]
    return [str(Path(path).relative_to(results)) for path in paths if not Path(path).exists()]


def _placed(study: Study, results: Path) -> dict[str, list[str]]:
    return {
        name: [path.replace("<results>", str(results)) for path in paths]
        for name, paths in plan.files(study).items()
    }


def main(name: str, reference: Path, report: Path) -> None:
    """Write `report`; a study whose answers are not committed is refused with what is absent."""
    study = study_of(name)
    absent = missing(study, reference)
    if absent:
        raise SystemExit(
            f"{reference}: no {', '.join(absent[:3])}{' ...' if absent[3:] else ''}: "
            f"{len(absent)} files of the report are not committed, expected all of them; run the "
            f"study, which writes results/{name}/report.html, less than 3 MB"
        )
    report.parent.mkdir(parents=True, exist_ok=True)
    with tables.replacing(report) as temporary:
        temporary.write_text(written(study, reference))
    print(report)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="a shipped study, as composition")
    parser.add_argument("reference", type=Path)
    parser.add_argument("report", type=Path)
    main(**vars(parser.parse_args()))
