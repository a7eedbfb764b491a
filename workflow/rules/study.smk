# The study, checked and completed: what every kind of study starts from.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from recycling import config as settings
from recycling import arms, locking, orphans, plain, registry, seeds
from recycling.errors import InputError
from recycling.provenance import source_digest

try:
    if workflow.is_main_process and locking.clear_stale_locks(Path.cwd()):
        if not workflow.output_settings.dryrun:
            orphans.settle(Path.cwd())
except InputError as error:
    raise WorkflowError(str(error)) from None

try:
    if workflow.is_main_process:
        for file in workflow.configfiles:
            plain.check_keys(Path(file))
    STUDY = settings.complete(config)
    if workflow.is_main_process:
        settings.check_files(STUDY)
except InputError as error:
    raise WorkflowError(f"{' + '.join(map(str, workflow.configfiles))}: {error}") from None


def digest(script, entry):
    """Digest of a script and of the one table entry that it uses: an edit of another changes nothing."""
    return source_digest(script, entry.partition(":")[0])


def one_of(names):
    """A pattern that matches these names and, where there are none, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"
