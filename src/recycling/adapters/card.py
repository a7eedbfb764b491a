"""The model card of a merged adapter: its sources, their coefficients, its data, how to load it."""

from collections.abc import Sequence

from recycling.adapters import licences
from recycling.adapters.merge_record import MergeRecord
from recycling.ground.foreign_text import in_markdown, in_yaml, quoted
from recycling.hub.address import REPOSITORY

TEMPLATE = """---
base_model: {base}
{library}license: {licence}
tags: [lora, merge]
---

# {title}

{count}{purpose}, merging method `{method}`{settings}, made by Recycle or Retrain.

| source | revision | licence | mean coefficient |
| --- | --- | --- | --- |
{sources}

{form}
{rows}* Licences and duties: `NOTICE` beside this file.

{loading}"""
# The card of an adapter that PEFT loads.
FOLDED = "* Rank {rank}. Relative error of this file against the merge itself: {error:.2g}."
COMPRESSED = (
    " Before the merge the sources were compressed to rank {compress_rank}, in directions that "
    "they share; that lost {compress_error:.2g} of their norm."
)
FOLDED_LOADING = """```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained({base})
model = PeftModel.from_pretrained(base, "path/to/this/folder")
```

With lm-evaluation-harness; add `--apply_chat_template` if the base has a chat template, which this
adapter was then made with:

```bash
lm_eval --model hf --model_args pretrained={pretrained},peft=path/to/this/folder --tasks arc_easy
```
"""
# The card of routed adapters, which this package alone loads.
ROUTED = "* Summed rank {rank}. Each token weighs the sources anew: this cannot be one adapter."
ROUTED_LOADING = """\
`routed.safetensors` holds `a`, `b`, `owners` and `prototypes` of each module, `routed.json`
the `top_k` and the `temperature`. A module with input `x` adds `b @ (w[owners] * (a @ x))` to its
output. The weights `w` of the sources are 0 but for the `top_k` largest `abs(prototypes @ x)`, and
there the softmax of these over the temperature. PEFT cannot load this folder. Recycle or Retrain
can; install it from the folder of its source, with Python 3.11 or later:

```bash
pip install path/to/recycle-or-retrain
```

Then, in Python:

```python
from recycling.adapters import routed
from recycling.model import base

model = base.load("path/to/the/base", device="cpu", dtype="float32", attention="eager")
with model.wearing(routed.read("path/to/this/folder")):
    ...
```
"""

BY_PROMPT = "* Summed rank {rank}. Each prompt weighs the sources anew: this cannot be one adapter."
BY_PROMPT_LOADING = """\
`routed.safetensors` holds `a`, `b` and `owners` of each module, `routed.json` the `top_k`, the
`module` that the weights of a prompt are read in, and their `signal`. With x the input of that
module at the last token of the prompt, a source has the norm of `b @ a @ x` of its own directions,
or the inverse entropy of its softmax; the `top_k` largest, divided by their sum, are the weights.
PEFT cannot load this folder. Recycle or Retrain can; install it from the folder of its source, with
Python 3.11 or later:

```bash
pip install .
```

```python
from recycling.adapters import routed
from recycling.model import base, prompt_routing

model = base.load("path/to/the/base", device="cpu", dtype="float32", attention="eager")
adapters = routed.read("path/to/this/folder")
prompt = model.prompt("What is asked.", "Of what it is asked.")
[weights] = prompt_routing.weights(model, adapters, [prompt])
with model.wearing(prompt_routing.summed(adapters, weights)):
    ...
```
"""


def _pretrained(base: str) -> str:
    """The base as an argument of lm_eval: a name of the Hub has nothing that a shell would read.

    lm_eval takes a comma for the end of an argument, so no quotes help with any other name.
    """
    return base if REPOSITORY.fullmatch(base) else "path/to/the/base"


def render(
    title: str,
    licence: str,
    base: str,
    task: str,
    data: str,
    record: MergeRecord,
    means: Sequence[float] | None,
    settings: str = "",
) -> str:
    """Markdown with the Hub's front matter. Texts of strangers in it are no markup and no code.

    `licence` is a name of the Hub or of SPDX, which the Hub writes in lower case. `record` is the
    merge record, `means` the mean coefficient of each of its sources, None for a routed
    merge, `data` the hash of the labelled rows; `task` and `data` are empty for a merge that is
    for no task. `settings` says what the method was told, such as "density 0.3".
    """
    sources = record.sources
    form, loading = FOLDED, FOLDED_LOADING
    shown = [f"{mean:.4g}" for mean in means or ()]
    if means is None:
        by_prompt = "signal" in record.details
        form, loading = (BY_PROMPT, BY_PROMPT_LOADING) if by_prompt else (ROUTED, ROUTED_LOADING)
        shown = ["by prompt" if by_prompt else "by token"] * len(sources)
    if "compress_error" in record.details:
        form += COMPRESSED
    return TEMPLATE.format(
        base=in_yaml(base),
        library="" if means is None else "library_name: peft\n",
        licence=licence.lower(),
        title=title,
        method=record.method,
        count="1 adapter" if len(sources) == 1 else f"{len(sources)} adapters",
        purpose=f" for the task `{task}`" if task else "",
        settings=f" with {settings}" if settings else "",
        sources="\n".join(
            f"| {in_markdown(s.name)} | {in_markdown(s.commit) or '-'}"
            f" | {licences.name(s.licence).lower()} | {mean} |"
            for s, mean in zip(sources, shown, strict=True)
        ),
        form=form.format(rank=record.rank, error=record.export_error, **record.details),
        loading=loading.format(base=quoted(base), pretrained=_pretrained(base)),
        rows=f"* Labelled rows: sha256 `{data}`.\n" if data else "",
    )
