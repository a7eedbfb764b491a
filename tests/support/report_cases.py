"""Reports of finished runs: those whose tables are kept in `results/reference/`."""

import json
import shutil
from pathlib import Path

import studies
import yaml

from recycling.ground import registry
from recycling.plan.study.file import complete
from recycling.plan.work import report as plan
from recycling.report import KINDS, page

REFERENCE = studies.ROOT / "results" / "reference"


def study_of(name):
    """The shipped study of that name."""
    file = "config.yaml" if name == "smollm2" else f"workflow/studies/{name}.yaml"
    return complete(yaml.safe_load((studies.ROOT / file).read_text()))


def copied(name, folder: Path):
    """A copy of the reference of a study, with a record as it is written now."""
    results = folder / name
    shutil.copytree(REFERENCE / name, results)
    record = json.loads((results / "provenance.json").read_text())
    (results / "provenance.json").write_text(json.dumps({"bases": [], **record}))
    return results


def made(name, results: Path):
    """The report of a study from its files, as one page."""
    study = study_of(name)
    files = plan.files(study) | {"record": ["<results>/provenance.json"]}
    placed = {
        key: [path.replace("<results>", str(results)) for path in paths]
        for key, paths in files.items()
    }
    return page.write(registry.load(KINDS[study.kind])(placed, plan.about(study)))
