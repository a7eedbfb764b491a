# The study, checked and completed: what every kind of study starts from.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

LIBRARY = Path(workflow.basedir) / "src"
sys.path.insert(0, str(LIBRARY))

from recycling.ground import killed_run, registry, search_path, seeds
from recycling.ground.errors import InputError
from recycling.ground.provenance import source_digest
from recycling.plan import arms, yaml_values
from recycling.plan import study_file as settings

shell.prefix(search_path.shell_prefix(LIBRARY))

try:
    if workflow.is_main_process:
        for file in workflow.configfiles:
            yaml_values.check_keys(Path(file))
    STUDY = settings.complete(config)
    if workflow.is_main_process:
        settings.check_files(STUDY)
except InputError as error:
    raise WorkflowError(f"{' + '.join(map(str, workflow.configfiles))}: {error}") from None

try:
    if workflow.is_main_process:
        killed_run.clear_up(Path.cwd(), sys.argv[1:])
except InputError as error:
    raise WorkflowError(str(error)) from None


def digest(script, entry):
    """Digest of a script and of the one table entry that it uses: an edit of another changes nothing."""
    return source_digest(script, entry.partition(":")[0])


def one_of(names):
    """A pattern that matches these names and, where there are none, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"
