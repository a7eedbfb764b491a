"""Answers as lm-evaluation-harness writes them: a file of samples and one of results.

The layout is that of version 0.4.13, `lm_eval/result_schema.py` and
`lm_eval/loggers/evaluation_tracker.py`: what reads files of the harness reads these. Free text and
the choice among candidates are two tasks there, so they are two here.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from recycling.ground.tables import replacing
from recycling.statistics.metrics import METRICS, accepted
from recycling.tasks.prediction import Prediction

# The day of files whose study states none: the clock would make other files of each run.
NO_DAY = "1970-01-01"
# What the harness calls the two ways to answer, and what is added to the name of a task.
GENERATED, CHOSEN = "generate_until", "multiple_choice"
NAMED = {GENERATED: "", CHOSEN: "_choice"}
OURS = {
    GENERATED: [name for name, metric in METRICS.items() if metric.reads_output],
    CHOSEN: [name for name, metric in METRICS.items() if not metric.reads_output],
}
Record = dict[str, Any]


@dataclass(frozen=True)
class Evaluated:
    """An arm that has answered the test rows of a task in one replicate, or one fold of it.

    `adapter` is the folder of an adapter that PEFT loads, empty for an arm without one; `by` is
    `hf` where transformers and PEFT alone answer alike, else `recycling`. `shown` says how many
    labelled rows the arm shows in its prompts: a number, or all that fit. `cap` is the most
    tokens of an answer, `day` what the study states as its date.
    """

    task: str
    base: str
    adapter: str
    by: str
    shown: int | str
    cap: int
    instruction: str
    day: str | None


def write(
    folder: Path,
    about: Evaluated,
    answered: Sequence[Prediction],
    prompt: Callable[[str, str], str],
    versions: Mapping[str, str],
) -> None:
    """Write `results_{date}.json` and `samples_{task}_{date}.jsonl` of both kinds into `folder`."""
    day = datetime.combine(date.fromisoformat(about.day or NO_DAY), datetime.min.time(), UTC)
    # As the harness writes a time: no colons, and no underscore, which ends the name of the task.
    dated = day.replace(tzinfo=None).isoformat().replace(":", "-")
    asked = [prompt(about.instruction, one.input) for one in answered]
    samples = {
        about.task + NAMED[kind]: _samples(kind, answered, asked, about.cap) for kind in NAMED
    }
    for task, rows in samples.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        _write(folder / f"samples_{task}_{dated}.jsonl", lines)
    found = _results(about, samples) | {"date": day.timestamp(), **versions}
    _write(folder / f"results_{dated}.json", json.dumps(found, indent=2) + "\n")


def _samples(
    kind: str, answered: Sequence[Prediction], asked: Sequence[str], cap: int
) -> list[Record]:
    """What the harness logs of each row: `SampleResult` of its `result_schema`."""
    rows = []
    for number, (one, prompt) in enumerate(zip(answered, asked, strict=True)):
        doc = {
            "id": one.example,
            "input": one.input,
            "answers": list(one.answers),
            "choices": list(one.choices),
        }
        if kind == GENERATED:
            target = one.answers[0]
            requests: list[tuple[object, object]] = [(_generation(cap), one.output)]
        else:
            target = str(accepted(one).index(True))
            requests = [
                (choice, _likelihood(one, place)) for place, choice in enumerate(one.choices)
            ]
        rows.append(
            {
                "doc_id": number,
                "doc": doc,
                "target": target,
                "arguments": {
                    f"gen_args_{place}": {"arg_0": prompt, "arg_1": argument}
                    for place, (argument, _) in enumerate(requests)
                },
                # For each request the answers of its repeats, of which there is one.
                "resps": [[said] for _, said in requests],
                "filtered_resps": [said for _, said in requests],
                "filter": "none",
                "metrics": OURS[kind],
                "doc_hash": _hash(json.dumps(doc, indent=2, ensure_ascii=False)),
                "prompt_hash": _hash(prompt),
                "target_hash": _hash(target),
                **{name: METRICS[name].score(one) for name in OURS[kind]},
            }
        )
    return rows


def _likelihood(one: Prediction, place: int) -> list[str]:
    """Log-likelihood of a candidate, and whether the free text is that candidate, as texts."""
    greedy = one.finished and one.output.strip() == one.choices[place].strip()
    return [str(-one.choice_nll[place]), str(greedy)]


def _generation(cap: int) -> Record:
    return {"until": [], "do_sample": False, "temperature": 0.0, "max_gen_toks": cap}


def _results(about: Evaluated, samples: Mapping[str, Sequence[Record]]) -> Record:
    """What the harness writes of all tasks: `EvalResults` of its `result_schema`."""
    kinds = {about.task + suffix: kind for kind, suffix in NAMED.items()}
    arguments = f"pretrained={about.base}" + (f",peft={about.adapter}" if about.adapter else "")
    model = about.adapter or about.base
    better = {
        task: {name: METRICS[name].share for name in OURS[kind]} for task, kind in kinds.items()
    }
    return {
        "results": {task: {"alias": task, **_means(rows)} for task, rows in samples.items()},
        "group_subtasks": {task: [] for task in kinds},
        "configs": {task: _config(task, kind, about) for task, kind in kinds.items()},
        "versions": dict.fromkeys(kinds, 1),
        "n-shot": dict.fromkeys(kinds, about.shown),
        "higher_is_better": better,
        "n-samples": {
            task: {"original": len(rows), "effective": len(rows)} for task, rows in samples.items()
        },
        "config": {"model": about.by, "model_args": arguments, "limit": None, "gen_kwargs": None},
        "model_source": about.by,
        "model_name": model,
        "model_name_sanitized": re.sub(r"[\"<>:/|\\?*\[\]]+", "__", model),
        "task_hashes": {
            task: _hash(
                "".join(row["doc_hash"] + row["prompt_hash"] + row["target_hash"] for row in rows)
            )
            for task, rows in samples.items()
        },
    }


def _means(rows: Sequence[Record]) -> Record:
    """Means with the harness's standard error: of these rows alone, whatever the training."""
    found: Record = {}
    for name in rows[0]["metrics"]:
        values = [row[name] for row in rows]
        error = stdev(values) / len(values) ** 0.5 if len(values) > 1 else "N/A"
        found |= {f"{name},none": fmean(values), f"{name}_stderr,none": error}
    return found


def _config(task: str, kind: str, about: Evaluated) -> Record:
    return {
        "task": task,
        "output_type": kind,
        "description": about.instruction,
        "num_fewshot": about.shown,
        "metric_list": [
            {"metric": name, "aggregation": "mean", "higher_is_better": METRICS[name].share}
            for name in OURS[kind]
        ],
        "generation_kwargs": _generation(about.cap) if kind == GENERATED else {},
        "repeats": 1,
        "metadata": {"version": 1, "prompts": "without the labelled rows that num_fewshot counts"},
    }


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text)
