"""Print the params of every job that Snakemake plans, one a line; run in the project's folder.

`python job_params.py study.yaml [target ...]` prints rule, wildcards, name of the param, `repr` of
its value, and the types in it that are no built-in ones; of a rule without a job its name alone.
"""

import contextlib
import sys
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import (
    ConfigSettings,
    DAGSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
)

SINGLE = (type(None), bool, int, float, str)


def foreign(value: object) -> set[str]:
    """Names of the types in a value that are no built-in ones, all the way down."""
    if type(value) is dict:
        return set().union(*map(foreign, value), *map(foreign, value.values()))
    if type(value) in (list, tuple):
        return set().union(*map(foreign, value))
    return set() if type(value) in SINGLE else {type(value).__name__}


def lines(study: str, targets: list[str]) -> list[str]:
    """One line for each param of each job, sorted."""
    quiet = OutputSettings(quiet={Quietness.ALL}, dryrun=True)
    with SnakemakeApi(quiet) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(cores=1),
            config_settings=ConfigSettings(configfiles=[Path(study)]),
            snakefile=Path("Snakefile"),
        )
        dag = workflow.dag(DAGSettings(targets=set(targets), forceall=True))
        dag.execute_workflow(executor="dryrun")
        found = workflow._workflow.dag.jobs
        rules = {rule.name for rule in workflow._workflow.rules}
    params = [
        "\t".join(
            [
                job.rule.name,
                str(dict(job.wildcards_dict)),
                name,
                repr(value),
                " ".join(sorted(foreign(value))),
            ]
        )
        for job in found
        for name, value in job.params.items()
    ]
    return sorted([*params, *(rules - {job.rule.name for job in found})])


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        printed = lines(sys.argv[1], sys.argv[2:])
    print("\n".join(printed))
