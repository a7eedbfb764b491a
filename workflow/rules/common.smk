# The study, checked and completed, and what every stage derives from it.
import shutil
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

sys.path.insert(0, str(Path(workflow.basedir) / "workflow" / "scripts"))

from recycling import config as settings
from recycling import registry, seeds
from recycling.errors import InputError
from recycling.provenance import source_digest

try:
    STUDY = settings.complete(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

TARGETS = STUDY["targets"]
REPLICATES = [str(number) for number in range(STUDY["replicates"])]
ARMS = list(STUDY["arms"])
FIGURES = list(settings.table("figures"))
ON_GPU = STUDY["runtime"]["device"] == "cuda" or (
    STUDY["runtime"]["device"] == "auto" and shutil.which("nvidia-smi") is not None
)


wildcard_constraints:
    adapter="|".join(map(re.escape, STUDY["community"])) or "none",
    arm="|".join(ARMS),
    figure="|".join(FIGURES),
    replicate=r"\d+",
    selector="|".join(settings.table("selectors")),
    shard=r"\d+",
    task="|".join(STUDY["tasks"]),


def replicate_seed(wildcards):
    """The root of all randomness of one replicate of a task."""
    return seeds.derive(STUDY["seed"], "replicate", wildcards.task, wildcards.replicate)


def digest(script, entry):
    """Digest of a script and of the one table entry that it uses: an edit of another changes nothing."""
    return source_digest(script, entry.partition(":")[0])
