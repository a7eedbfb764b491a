"""The rules of every kind of study, as Snakemake itself reads them.

Run as a program in a copy of the project it prints them: Snakemake is read in a process of its own,
because what it changes in one (the search path, loggers) would stay for other tests.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import studies

# A shipped study of each kind.
SHIPPED = (
    "config.yaml",
    "workflow/studies/composition.yaml",
    "workflow/studies/preconditions.yaml",
    "workflow/studies/replay.yaml",
)
# Where the modules of tests are found.
SEARCHED = (Path(__file__).parent, Path(__file__).parents[1])


@dataclass(frozen=True)
class Rule:
    """A rule that runs a script; `retries` is None where the rule does not say."""

    name: str
    script: str
    local: bool
    retries: int | None


def read(folder: Path) -> tuple[set[Rule], set[Path]]:
    """The rules of all kinds of study, and the files they stand in; `folder` takes the copy."""
    studies.copy(folder)
    done = subprocess.run(
        [sys.executable, __file__, "-n"],
        cwd=folder,
        env={**studies.ENVIRONMENT, "PYTHONPATH": os.pathsep.join(map(str, SEARCHED))},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rules, files = json.loads(done.stdout)
    return (
        {Rule(**rule) for rule in rules},
        {Path(file).relative_to(folder) for file in files},
    )


def main() -> None:
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import (
        ConfigSettings,
        OutputSettings,
        Quietness,
        ResourceSettings,
    )

    rules, files = [], set()
    for study in SHIPPED:
        with SnakemakeApi(OutputSettings(dryrun=True, quiet={Quietness.ALL})) as api:
            workflow = api.workflow(
                ResourceSettings(cores=1),
                ConfigSettings(configfiles=[Path(study)]),
                snakefile=Path("Snakefile"),
            )._workflow
            files |= {file.get_path_or_uri(secret_free=True) for file in workflow.included}
            rules += [
                Rule(
                    rule.name,
                    Path(rule.script).stem,
                    # `workflow.is_local` takes every rule for local where nothing is submitted.
                    rule.name in workflow._localrules,
                    rule.ruleinfo.retries,
                )
                for rule in workflow.rules
                if rule.script
            ]
    print(json.dumps([[asdict(rule) for rule in rules], sorted(files)]))


if __name__ == "__main__":
    main()
