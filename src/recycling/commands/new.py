"""Write a study file: your base, your pool, your labelled rows, every key with a comment.

It compares the usual arms: the bare base, a fresh LoRA, merges of the pool, random controls. The
rows and the keys are checked before anything is written.
"""

import argparse
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any, cast

from recycling.ground.errors import InputError

if TYPE_CHECKING:
    from recycling.tasks.record import Task

TEMPLATE = Path(__file__).with_name("new_study.yaml")
SIZES = {"train": 80, "valid": 20, "test": 200, "candidates": 5}
INSTRUCTION = "Answer in a few words."


def declare(parser: argparse.ArgumentParser) -> None:
    """Give the parser what this command takes."""
    parser.add_argument(
        "study", type=Path, metavar="STUDY.yaml", help="the file to write; a new one"
    )
    parser.add_argument(
        "--base", required=True, help="a folder with a model, or owner/name of the Hub (@commit)"
    )
    parser.add_argument("--base-name", help="how adapters name the base, where --base is a folder")
    parser.add_argument(
        "--pool",
        required=True,
        help="a folder with the adapters, or huggingface for all of the base",
    )
    parser.add_argument(
        "--task",
        dest="tasks",
        action="append",
        required=True,
        type=Path,
        metavar="ROWS.jsonl",
        help="your labelled rows; may be repeated",
    )
    parser.add_argument(
        "--instruction", default=INSTRUCTION, help="what is asked of the base, before each input"
    )


def run(
    study: Path,
    base: str,
    base_name: str | None,
    pool: str,
    tasks: Sequence[Path],
    instruction: str,
) -> int:
    """Write the file and say how to go on. Raises InputError for what no study can be made of."""
    import yaml

    from recycling.ground.tables import replacing
    from recycling.plan.study import file
    from recycling.plan.study.merging import MergingStudy
    from recycling.tasks import files

    if os.path.lexists(study):
        raise InputError("new", "study", str(study), "a file that is not there", "name a new one")
    rows = {_name(path, "_"): path.expanduser().resolve() for path in tasks}
    if len(rows) < len(tasks):
        found = [str(path) for path in tasks]
        raise InputError("new", "--task", found, "files of different names", "rename one of them")
    name, source = _base(base, base_name)
    loaded = [
        files.load(name, path=str(path), instruction=instruction) for name, path in rows.items()
    ]
    text = Template(TEMPLATE.read_text()).substitute(
        file=study.name,
        study=_name(study, "-"),
        base=_quoted(name),
        source=_quoted(source),
        pool=_quoted(_pool(pool)),
        tasks=_tasks(rows, instruction),
        targets=_quoted(list(rows)),
        **_measures(loaded),
    )
    with replacing(study) as temporary:
        temporary.write_text(text)
        made = cast(MergingStudy, file.opened(yaml.safe_load(text), [temporary], look=True))
        used = _rows_used(loaded, made.folds)
    for told in used:
        print(told)
    print(f"{study}: now try snakemake -n --configfile {study}")
    return 0


def _name(path: Path, joint: str) -> str:
    """A name for a study or a task, after its file."""
    name = joint.join(re.findall(r"[a-z0-9]+", path.stem.lower()))
    if not name:
        expected = "a name with letters a to z or digits"
        raise InputError("new", "file", path.name, expected, "rename the file")
    return name


def _quoted(value: str | list[str] | Mapping[str, str]) -> str:
    """As YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_quoted(text)}" for key, text in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)


def _base(base: str, base_name: str | None) -> tuple[str, dict[str, str]]:
    """How adapters name the base, and `base.source`."""
    from recycling.hub.address import COMMIT, REPOSITORY
    from recycling.pool import base_name as names

    folder = Path(base).expanduser()
    if folder.is_dir():
        # A folder of the Hub's cache says which repository it is of.
        name = base_name or names.parse(str(folder.resolve())).repository
        if not name:
            expected = "also --base-name: the name that adapters give this base"
            raise InputError("new", "--base", base, expected, "add it, such as owner/name")
        return name, {"kind": "path", "path": str(folder.resolve())}
    repo, _, commit = base.partition("@")
    if not REPOSITORY.fullmatch(repo) or (commit and not COMMIT.fullmatch(commit)):
        expected = "a folder, owner/name, or owner/name@ and 40 digits of a commit"
        raise InputError("new", "--base", base, expected, "correct the path or the name")
    return base_name or repo, {"kind": "hub", "repo": repo, "commit": commit or _newest(repo)}


def _newest(repo: str) -> str:
    """The commit that the Hub has of a repository now."""
    from recycling.hub.opening import connect

    [listing] = connect("huggingface").repositories([], [repo])
    if listing.problem:
        remedy = f"check the name, or pin a commit: {repo}@..."
        found = f"{listing.problem}: {listing.detail}"
        raise InputError("new", "--base", found, f"{repo} on the Hub", remedy)
    return listing.commit


def _pool(pool: str) -> dict[str, str]:
    """`pool.hub`."""
    if pool == "huggingface":
        return {"kind": "huggingface"}
    folder = Path(pool).expanduser()
    if not folder.is_dir():
        expected = "a folder with adapters, or huggingface"
        raise InputError("new", "--pool", pool, expected, "correct the path")
    return {"kind": "folder", "path": str(folder.resolve())}


def _tasks(rows: Mapping[str, Path], instruction: str) -> str:
    """The lines below `tasks`."""
    return "\n".join(
        f"  {name}:\n    source: file\n    path: {_quoted(str(path))}\n"
        f"    instruction: {_quoted(instruction)} # stands before each input: say what is asked"
        for name, path in rows.items()
    )


def _measures(tasks: Sequence["Task"]) -> dict[str, Any]:
    """Rows of each part as they are asked for, and the length of an answer."""
    examples = [example for task in tasks for example in task.examples]
    longest = max(len(answer) for example in examples for answer in example.answers)
    # A token has two characters or more in most languages; the end of the turn is one too.
    return {**SIZES, "characters": longest, "longest": max(16, longest // 2 + 2)}


def _rows_used(tasks: Sequence["Task"], folds: int) -> list[str]:
    """What becomes of each task's rows, split as in a run, where it is not what is asked for."""
    from recycling.tasks import rows_used, splits

    asked = {**SIZES, "folds": folds}
    found = []
    for task in tasks:
        parts = splits.split(task, seed=1, replicate=0, **asked)
        told = rows_used.told([splits.prepared(task, parts).counts], asked)
        found += [f"{task.name} has {told}"] if told else []
    return found
