"""The likelihood of the answers of one adapter, alone and with greedy answers."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch

from benchmarks import peft_scoring
from benchmarks.case import OURS, Case, Growth, Rival, Run
from benchmarks.inputs import Inputs
from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter
from recycling.model.base import Base
from recycling.model.scoring import predict

# Tokens of a sequence of the bare base: about as many as our scoring reads at once.
SEQUENCE = 384


@dataclass(frozen=True)
class Scored:
    """Negative log-likelihoods by row, in nats, and answers where some were generated."""

    nll: list[float]
    answers: list[str]


def cases(inputs: Inputs) -> Iterator[Case]:
    """Short and long prompts, with and without greedy answers."""
    sizes = inputs.sizes
    for length, shown in (("short", 0), ("long", sizes.shown)):
        for cap in (0, sizes.cap):
            work = f"likelihood, {length} prompts" + (", and greedy answers" if cap else "")
            rivals = {OURS: Rival(partial(_ours, inputs, shown, cap))}
            rivals["PEFT, one process"] = Rival(partial(_peft, inputs, shown, cap))
            if not shown:  # the start of a process is the same for long prompts
                rivals["PEFT, a process for each adapter"] = Rival(
                    partial(_process, inputs, shown, cap)
                )
            if not cap:
                rivals["bare base, unique tokens"] = Rival(partial(_bare, inputs, shown), False)
            yield Case(work, rivals, difference, inputs.rounding)


def growths(inputs: Inputs) -> Iterator[Growth]:
    """How the seconds grow with rows and with the length of the prompt."""
    sizes = inputs.sizes.growth
    yield Growth(
        "likelihood, short prompts",
        "rows",
        sizes["rows"],
        lambda rows: _ours(inputs, 0, 0, rows),
    )
    yield Growth(
        "likelihood",
        "tokens of the prompt",
        sizes["shown rows"],
        lambda shown: _ours(inputs, shown, 0),
        lambda shown: prompt_tokens(inputs, shown),
    )


def difference(ours: Scored, theirs: Scored) -> float:
    """The larger of two shares: losses apart from ours, and answers that differ.

    A twentieth as many answers may differ as rounding allows: two tokens can be equally likely.
    """
    one, two = torch.tensor(ours.nll), torch.tensor(theirs.nll)
    apart = float((one - two).abs().sum() / one.abs().sum())
    other = sum(a != b for a, b in zip(ours.answers, theirs.answers, strict=True))
    return max(apart, 0.2 * other / max(1, len(ours.answers)))


def prompt_tokens(inputs: Inputs, shown: int) -> int:
    """The mean length of a prompt."""
    rows, _ = _tokens(inputs, inputs.load("float32"), shown)
    return round(sum(len(prompt) for prompt, _ in rows) / len(rows))


def _ours(inputs: Inputs, shown: int, cap: int, rows: int | None = None) -> Run:
    base = inputs.load(inputs.dtype)
    adapter = _adapter(inputs, base)

    def run() -> Scored:
        with base.wearing(adapter):
            found = predict(
                base,
                inputs.instruction,
                inputs.rows.test[:rows],
                cap,
                choices=False,
                shown=inputs.shown(shown),
            )
        answers = [row.output for row in found] if cap else []
        return Scored([row.answer_nll for row in found], answers)

    return run


def _peft(inputs: Inputs, shown: int, cap: int) -> Run:
    base = inputs.load(inputs.dtype)
    rows, stops = _tokens(inputs, base, shown)
    model = peft_scoring.load(inputs.folder, inputs.adapter, inputs.dtype)

    def run() -> Scored:
        nll, answers = peft_scoring.score(model, rows, cap, stops[0], stops)
        return Scored(nll, [base.conversation.text(tokens) for tokens in answers])

    return run


def _process(inputs: Inputs, shown: int, cap: int) -> Run:
    base = inputs.load(inputs.dtype)
    rows, stops = _tokens(inputs, base, shown)
    file = inputs.scratch / f"rows_{shown}_{cap}.json"
    file.write_text(json.dumps({"rows": rows, "pad": stops[0], "stops": stops}))
    arguments = [inputs.folder, inputs.adapter, inputs.dtype, cap, file]

    def run() -> Scored:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.peft_scoring", *map(str, arguments)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())},
        )
        nll, answers = json.loads(done.stdout.splitlines()[-1])
        return Scored(nll, [base.conversation.text(tokens) for tokens in answers])

    return run


def _bare(inputs: Inputs, shown: int) -> Run:
    """As many tokens as ours reads, in plain sequences; the output layer where ours needs it."""
    base = inputs.load(inputs.dtype)
    before = base.tokens_read
    predict(
        base,
        inputs.instruction,
        inputs.rows.test,
        0,
        choices=False,
        shown=inputs.shown(shown),
    )
    tokens = base.tokens_read - before
    asked = sum(len(answer) for _, answer in _tokens(inputs, base, shown)[0])
    sequences = [min(SEQUENCE, tokens - start) for start in range(0, tokens, SEQUENCE)]

    def run() -> None:
        with torch.inference_mode():
            for length in sequences:
                ids = torch.arange(length)[None] % base.model.config.vocab_size
                keep = max(1, round(asked * length / tokens))
                base.model(input_ids=ids, logits_to_keep=keep, use_cache=False)

    return run


def _tokens(inputs: Inputs, base: Base, shown: int) -> tuple[list[peft_scoring.Row], list[int]]:
    """Prompt and answer of each row, and the tokens that end a turn."""
    pairs = [(row.input, row.answers[0]) for row in inputs.shown(shown)]
    rows = [
        (base.prompt(inputs.instruction, row.input, pairs), base.answer(row.answers[0]))
        for row in inputs.rows.test
    ]
    return rows, sorted(base.conversation.stops)


def _adapter(inputs: Inputs, base: Base) -> Adapter:
    return peft_folder.read_peft(inputs.adapter, "bench", set(base.linears))
