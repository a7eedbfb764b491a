"""The browser of answers: what each arm said to each test row, as data for a page to show."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import pandas as pd

from recycling.ground import foreign_text, tables
from recycling.report.page import Section, part
from recycling.statistics.metrics import METRICS
from recycling.tasks.record import read_task

# What the data of a page may weigh, in characters of JSON.
BUDGET = 1_200_000
KEY = ["task", "replicate", "example", "arm"]
Row = dict[str, Any]


def section(files: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> tuple[Section, str]:
    """The browser, and its data as JSON."""
    # transformers is imported where the page needs it.
    from recycling.model import prompt_text

    examples = tables.read_parquet(files["examples"][0])
    keys = zip(*(examples[name] for name in KEY), strict=True)
    values = examples[list(METRICS)].itertuples(index=False, name=None)
    scores = {key: [_short(one) for one in found] for key, found in zip(keys, values, strict=True)}
    read = zip(about["units"], files["predictions"], files["tasks"], strict=True)
    prompt = prompt_text.writer(files["model"][0])
    units = [
        _rows(task, replicate, tables.read_parquet(path), read_task(record).instruction, prompt)
        for (task, replicate), path, record in read
    ]
    spent, kept = 0, []
    for row in _in_turns(units):
        row["said"] = {
            arm: [*said, *scores[row["task"], row["replicate"], row["id"], arm]]
            for arm, said in row["said"].items()
        }
        spent += len(json.dumps(row))
        if spent > BUDGET:
            break
        kept.append(row)
    every = len(examples[KEY[:3]].drop_duplicates())
    data = {
        "arms": about["answering"],
        "metrics": [metric.label for metric in METRICS.values()],
        "worn": _worn(about["wearers"], files["records"]),
        "rows": [_visible(row) for row in kept],
    }
    body = part(
        "answers.html",
        shown=len(kept),
        every=every,
        arms=about["answering"],
        tasks=list(dict.fromkeys(task for task, _ in about["units"])),
        replicates=list(dict.fromkeys(replicate for _, replicate in about["units"])),
        metrics=[metric.label for metric in METRICS.values()],
    )
    return Section("answers", "The answers", body), json.dumps(data, ensure_ascii=False)


def _rows(
    task: str,
    replicate: str,
    answered: pd.DataFrame,
    instruction: str,
    prompt: Callable[[str, str], str],
) -> Iterator[Row]:
    """The rows of a unit, each with what every arm said to it."""
    for example, said in answered.groupby("example", sort=False):
        first = said.iloc[0]
        text = prompt(instruction, first["input"])
        yield {
            "task": task,
            "replicate": replicate,
            "id": example,
            "prompt": text,
            "input": first["input"],
            "answers": list(first["answers"]),
            "choices": list(first["choices"]),
            "said": {
                one.arm: [
                    one.output,
                    bool(one.finished),
                    [round(float(value), 3) for value in one.choice_nll],
                ]
                for one in said.itertuples()
            },
        }


def _in_turns(units: Sequence[Iterator[Row]]) -> Iterator[Row]:
    """One row of each unit after the other, so that each has its share of the page."""
    for rows in zip_longest(*units):
        yield from (row for row in rows if row is not None)


def _short(value: float) -> float | None:
    return None if pd.isna(value) else round(float(value), 3)


def _worn(wearers: Sequence[Sequence[str]], records: Sequence[str]) -> dict[str, list[str]]:
    """Arm, task and replicate -> the adapters that the arm wears there."""
    found = {}
    for where, path in zip(wearers, records, strict=True):
        sources = tables.read_json(path)["sources"]
        found["/".join(where)] = [
            foreign_text.shown(
                source["name"] + (f" (twin of {source['twin_of']})" if source["twin_of"] else "")
            )
            for source in sources
        ]
    return found


def _visible(value: Any) -> Any:
    """The same with every character that cannot be seen written out, but for line breaks."""
    if isinstance(value, str):
        return "\n".join(map(foreign_text.printable, value.split("\n")))
    if isinstance(value, list):
        return [_visible(one) for one in value]
    if isinstance(value, dict):
        return {name: _visible(one) for name, one in value.items()}
    return value
