"""What a study's computation runs on, and the code that a job depends on."""

import re
import shutil
from collections.abc import Iterable

from pydantic import BaseModel

from recycling.ground.provenance import source_digest
from recycling.plan.study.base import Runtime


def gpus(runtime: Runtime) -> int:
    """How many GPUs a job that runs the base asks for."""
    if runtime.device == "auto":
        return int(shutil.which("nvidia-smi") is not None)
    return int(runtime.device == "cuda")


def about(study: BaseModel) -> list[str]:
    """The findings on the base of a study that fetches one."""
    return ["<results>/base/about.json"] if getattr(study, "base", None) is not None else []


def code(script: str, *entries: str) -> str:
    """Digest of a script and of those entries of tables that the job uses.

    An edit of another entry changes nothing. `script` is room/name, an entry package.module:name.
    """
    return source_digest(script, *(entry.partition(":")[0] for entry in entries))


def one_of(names: Iterable[str]) -> str:
    """A pattern for a wildcard that is one of these names and, where there are none, nothing."""
    return "|".join(map(re.escape, names)) or "(?!)"
