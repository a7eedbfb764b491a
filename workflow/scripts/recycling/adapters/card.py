"""The model card of a merged adapter: what went in, how strongly, on which rows, how to load it."""

from collections.abc import Mapping, Sequence
from typing import Any

TEMPLATE = """---
base_model: {base}
library_name: peft
license: {licence}
tags: [lora, merge]
---

# {title}

{count} for the task `{task}`, merging method `{method}`, made by Recycle or Retrain.

| source | revision | licence | mean coefficient |
| --- | --- | --- | --- |
{sources}

* Rank {rank}. Relative error of this file against the merge itself: {error:.2g}.
* Labelled rows: sha256 `{data}`.
* Licences and duties: `NOTICE` beside this file.

```python
from peft import PeftModel
from transformers import AutoModelForCausalLM

base = AutoModelForCausalLM.from_pretrained("{base}")
model = PeftModel.from_pretrained(base, "path/to/this/folder")
```
"""


def render(
    title: str,
    licence: str,
    base: str,
    task: str,
    data: str,
    record: Mapping[str, Any],
    means: Sequence[float],
) -> str:
    """Markdown with the Hub's front matter.

    `licence` is a name of the Hub or of SPDX, which the Hub writes in lower case. `record` is the
    merge record, `means` the mean coefficient of each of its sources, `data` the hash of the
    labelled rows.
    """
    sources = record["sources"]
    return TEMPLATE.format(
        base=base,
        licence=licence.lower(),
        title=title,
        method=record["method"],
        count="1 adapter" if len(sources) == 1 else f"{len(sources)} adapters",
        task=task,
        sources="\n".join(
            f"| {s['name']} | {s['commit'] or '-'} | {s['licence'] or 'unknown'} | {mean:.4g} |"
            for s, mean in zip(sources, means, strict=True)
        ),
        rank=record["rank"],
        error=record["export_error"],
        data=data,
    )
