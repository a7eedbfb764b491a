# The study: read, completed and checked. Every kind of study starts from it.
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

LIBRARY = Path(workflow.basedir) / "src"
sys.path.insert(0, str(LIBRARY))

from recycling.ground import garbage, gpu, killed_run, search_path
from recycling.ground.errors import InputError
from recycling.plan.study import file
from recycling.plan.wiring import Plan

garbage.look_rarely()

try:
    STUDY = file.opened(config, workflow.configfiles, look=workflow.is_main_process)
except InputError as error:
    files = " + ".join(map(str, workflow.configfiles))
    # A fault that lies in one file, such as a key given twice, names it itself.
    named = str(error).startswith(tuple(f"{path}: " for path in workflow.configfiles))
    raise WorkflowError(str(error) if named else f"{files}: {error}") from None
# Binds a function of the study to the wildcards of a rule: see `recycling.plan.wiring`.
plan = Plan(STUDY)

if workflow.is_main_process and (missing := file.left_out(config)):
    logger.info(
        f"left out, since the community has {config['community_count']} adapters: {' '.join(missing)}"
    )

try:
    shell.prefix(search_path.shell_prefix(LIBRARY))
    if workflow.is_main_process:
        killed_run.clear_up(Path.cwd(), sys.argv)
except InputError as error:
    raise WorkflowError(str(error)) from None

# Of the jobs that ask for a GPU, as many run at once on one machine as it has, unless the command
# says another number; a cluster counts its own.
if workflow.is_main_process and workflow.nodes is None and "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", max(1, len(gpu.visible())))
