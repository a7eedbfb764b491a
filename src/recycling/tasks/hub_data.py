"""A task from a data set of the Hugging Face Hub, or from a folder of parquet files.

Parquet files alone are read, at a pinned commit: no script of a data set is run. What a row becomes
is said by the config: which columns are the input, which one is the answer and of what kind, what
labels are called. A row that cannot be used is dropped with a reason.
"""

import hashlib
from collections.abc import Iterator
from typing import Literal

from recycling.ground.errors import InputError
from recycling.tasks import lookalike
from recycling.tasks.parquet import Rows, from_folder, from_hub
from recycling.tasks.record import Dropped, Example, Task, distinct, normalise
from recycling.tasks.rows import Reading, UnusableRowError, example

Part = list[Example]


def load(
    name: str,
    *,
    instruction: str,
    fields: dict[str, str],
    answer: str,
    kind: Literal["text", "label", "option"] = "text",
    repo: str | None = None,
    commit: str | None = None,
    path: str | None = None,
    config: str = "default",
    train: str = "train",
    test: str | None = None,
    test_share: float = 0.0,
    labels: list[str] | dict[str, str] | None = None,
    options: str | None = None,
    answer_after: str | None = None,
    limit: int = 20_000,
    longest: int = 8_000,
) -> Task:
    """The task that `repo` at `commit`, or the folder `path`, holds in its configuration `config`.

    `fields` maps what a part of the input is called to its column; a column of options is written
    out with a letter each, to the last one. `answer` is a column of texts; of `labels` by number or
    value, named by the file itself where `labels` does not; or of the number, letter or text of an
    option of the column `options`. All texts of a list are right; `column.-1` is its last one
    alone. With `answer_after`, the answer is what follows the last such mark.

    Rows of the splits `train` (joined by `+`) may be labelled. Test rows are those of the split
    `test`; or the share `test_share` of all rows, the same in every replicate; or, without both,
    what a replicate does not label. At most `limit` rows of each are read, spread evenly by chance,
    and inputs longer than `longest` characters are dropped.

    Raises:
        InputError: a commit that is not pinned, files or columns that are not there, no usable row.
    """
    if (repo is None) == (path is None):
        raise InputError(
            f"task {name}", "repo and path", (repo, path), "one of the two", "remove the other"
        )
    reading = Reading(fields, answer, kind, labels, options, answer_after, longest)
    source = (
        {"source": "hub", "repo": str(repo), "commit": str(commit), "config": config}
        if repo
        else {"source": "hub", "path": str(path), "config": config}
    )
    dropped: list[Dropped] = []
    taken: dict[str, Example] = {}
    parts: dict[str, Part] = {"train": [], "test": []}
    # Test rows first: an input that stands in both is kept where it cannot be trained on.
    for part, splits in (("test", test), ("train", train)):
        for split in splits.split("+") if splits else []:
            rows = (
                from_hub(repo, commit, config, split, answer)
                if repo
                else from_folder(path, config, split, answer)
            )
            source[f"sha256 of {split}"] = rows.sha256
            parts[part] += _read(name, split, rows, reading, limit, taken, dropped)
    if not parts["train"]:
        raise InputError(
            f"task {name}",
            "usable rows",
            f"0, {len(dropped)} dropped, first: {dropped[0].reason if dropped else 'no row'}",
            "at least one",
            "correct fields, answer or labels",
        )
    if test_share and not test:
        parts = _set_aside(name, parts["train"], test_share)
    source |= lookalike.note(parts["train"] + parts["test"])
    return Task(
        name,
        instruction.strip(),
        tuple(parts["train"]),
        labels=_closed(kind, parts["train"] + parts["test"]),
        dropped=tuple(dropped),
        source=source,
        test=tuple(parts["test"]),
    )


def _read(
    task: str,
    split: str,
    rows: Rows,
    reading: Reading,
    limit: int,
    taken: dict[str, Example],
    dropped: list[Dropped],
) -> Iterator[Example]:
    """Usable rows of a split; `taken` and `dropped` are added to."""
    reading = reading.checked(rows.columns, rows.label_names, f"task {task}, split {split}")
    for number, row in rows.some(limit, f"{task} {split}"):
        identity = f"{split}-{number}"
        try:
            found = example(identity, row, reading)
            first = taken.setdefault(normalise(found.input), found)
            if first is not found:
                same = set(map(normalise, first.answers)) == set(map(normalise, found.answers))
                raise UnusableRowError(
                    f"repeats {first.id}" if same else f"input of {first.id}, another answer"
                )
            yield found
        except UnusableRowError as reason:
            dropped.append(Dropped(identity, str(reason)))


def _set_aside(task: str, examples: Part, share: float) -> dict[str, Part]:
    """The share of the examples whose ids have the smallest hashes becomes the test part."""
    order = sorted(
        examples, key=lambda row: hashlib.sha256(f"{task}\x1f{row.id}".encode()).hexdigest()
    )
    test = {row.id for row in order[: round(share * len(order))]}
    return {
        "train": [row for row in examples if row.id not in test],
        "test": [row for row in examples if row.id in test],
    }


def _closed(kind: str, examples: Part) -> tuple[str, ...] | None:
    if kind != "label":
        return None
    return tuple(sorted(distinct(row.answers[0] for row in examples)))
