"""Likelihood and greedy answers with PEFT, written with care: the rival of our scoring.

Padded batches of 16; the output layer reads the positions of answers alone. These are taken out of
the hidden states first: transformers' `logits_to_keep` with a list of positions would keep a batch
of them, and a product of a batch with the output layer copies that layer for every sequence.

    python -m benchmarks.peft_scoring BASE ADAPTER DTYPE CAP ROWS.json

is one process for one adapter. It prints what `score` gives as JSON.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch.nn import functional
from transformers import AutoModelForCausalLM

BATCH = 16
Row = tuple[list[int], list[int]]
"""Tokens of a prompt and of its answer."""


def load(folder: Path, adapter: Path, dtype: str) -> PeftModel:
    """The base with the adapter."""
    base = AutoModelForCausalLM.from_pretrained(
        folder, dtype=getattr(torch, dtype), local_files_only=True
    )
    model = PeftModel.from_pretrained(base, str(adapter)).eval()
    # PEFT casts float32 adapters of a half-precision base back to float32 only for training.
    return model.to(getattr(torch, dtype))


@torch.inference_mode()
def score(
    model: PeftModel, rows: Sequence[Row], cap: int, pad: int, stops: Sequence[int]
) -> tuple[list[float], list[list[int]]]:
    """Summed negative log-likelihood of each answer in nats; tokens of up to `cap` greedy ones."""
    base: Any = model.get_base_model()
    nll: list[float] = []
    answers: list[list[int]] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        nll += _likelihood(base, batch, pad)
        if cap:
            answers += _greedy(model, [prompt for prompt, _ in batch], cap, pad, stops)
    return nll, answers


def _likelihood(base: Any, batch: Sequence[Row], pad: int) -> list[float]:
    width = max(len(prompt) + len(answer) for prompt, answer in batch) - 1
    # The last token of an answer is predicted, never read.
    ids = [[*prompt, *answer[:-1]] for prompt, answer in batch]
    padded = torch.tensor([row + [pad] * (width - len(row)) for row in ids])
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in ids])
    states = base.model(input_ids=padded, attention_mask=seen, use_cache=False).last_hidden_state
    owners = [i for i, (_, answer) in enumerate(batch) for _ in answer]
    places = [len(prompt) - 1 + n for prompt, answer in batch for n in range(len(answer))]
    logits = base.lm_head(states[owners, places]).float()
    targets = torch.tensor([token for _, answer in batch for token in answer])
    losses = functional.cross_entropy(logits, targets, reduction="none")
    sums = torch.zeros(len(batch)).index_add(0, torch.tensor(owners), losses)
    found: list[float] = sums.tolist()
    return found


def _greedy(
    model: Any, prompts: Sequence[list[int]], cap: int, pad: int, stops: Sequence[int]
) -> list[list[int]]:
    width = max(map(len, prompts))
    ids = torch.tensor([[pad] * (width - len(row)) + row for row in prompts])
    seen = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in prompts])
    made = model.generate(
        input_ids=ids,
        attention_mask=seen,
        max_new_tokens=cap,
        do_sample=False,
        eos_token_id=list(stops),
        pad_token_id=pad,
    )[:, width:].tolist()
    ends = [next((n for n, token in enumerate(row) if token in stops), len(row)) for row in made]
    return [row[:end] for row, end in zip(made, ends, strict=True)]


def main(folder: str, adapter: str, dtype: str, cap: str, rows: str) -> None:
    """Score the rows of a file, which also names the padding and the stops."""
    given = json.loads(Path(rows).read_text())
    model = load(Path(folder), Path(adapter), dtype)
    print(json.dumps(score(model, given["rows"], int(cap), given["pad"], given["stops"])))


if __name__ == "__main__":
    main(*sys.argv[1:])
