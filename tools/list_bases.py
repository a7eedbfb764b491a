"""Write docs/bases.md: which families of models can be a base, as the workflow itself finds out.

make bases
"""

import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The families are those of the tests.
sys.path += [str(ROOT / "tests"), str(ROOT / "tests/support")]

from families import FAMILIES, Family, Outcome, outcome  # noqa: E402

from recycling.ground.tables import replacing  # noqa: E402

PAGE = ROOT / "docs/bases.md"
HEAD = """# Which models can be a base

Made by `make bases`; do not edit it by hand. Of each family a model of two layers with random
weights is built, saved and put through what every base is put through before anything is trained
on it: `fetch_base` and `examine_base`. The latter reads the same rows through the tree of tokens
and through transformers alone, and refuses a base where the two differ by more than 0.002 nats.
Your own base is tested in the same way, and `base/about.json` of a study says what was found. A
family that is not listed may work as well.

The difference is the largest one in the log-likelihood of a token, in nats. Experts that a mixture
keeps in one tensor are no linear modules: adapters that change them do not fit.

## How it is spoken to

All of this is read from the base's chat template, and stands in `base/about.json`.

* **The end of a turn** is what the template writes behind an assistant's answer, up to the first
  special token (`<end_of_turn>`, `<|im_end|>`). It is trained on, and generation stops there, at
  the tokenizer's own end and at each `eos_token_id` of the model's generation settings.
* **The instruction** has a turn of its own. Where the template refuses such a turn or leaves it
  out, the instruction stands above the first question.
* **The prompt** is what the template writes in front of an answer. So the empty thought of a base
  that thinks first belongs to it. Where a base opens a thought all the same, the log warns:
  set an option of the template, for example `base: {template: {enable_thinking: false}}`.
* **A date** that the template writes is the day on which the base was fetched, or `base.date`. It
  does not change within a study.
* **A base without a template** gets `Q: ...`, a line break and `A:`, with a blank line between
  turns. The space in front of an answer belongs to the answer's first token.
* **Rows are text.** Where a row spells a control token, it is read as text and not as that token.
  The turns of a base without a template are marked by text alone, so there a row can write a turn.

## Read right

| family | `model_type` | difference | attention | linear modules |
| --- | --- | --- | --- | --- |
"""
REFUSED = """
## Refused

`fetch_base` or `examine_base` says so in one line. A difference is given where the model could be
read at all.

| family | `model_type` | difference | why |
| --- | --- | --- | --- |
"""


def row(family: Family, found: Outcome) -> str:
    """The line of a family in its table."""
    start = f"| {family.name} | `{family.model_type}` | "
    if found.about is None:
        measured = re.search(r"a difference of (\S+) nats", found.refusal)
        return f"{start}{measured[1] if measured else ''} | {family.refused} |\n"
    worst = max(found.about.difference.values())
    kinds = ", ".join(f"`{kind}`" for kind in found.kinds)
    return f"{start}{worst:.0e} | {found.about.attention} | {kinds} |\n"


def main() -> None:
    """Ask every family, and write the page."""
    right, refused = "", ""
    for family in FAMILIES:
        with tempfile.TemporaryDirectory() as folder:
            found = outcome(family, Path(folder))
        if bool(found.refusal) != bool(family.refused):
            raise SystemExit(f"{family.name}: {found.refusal or 'not refused'}; correct its row")
        if found.refusal:
            refused += row(family, found)
        else:
            right += row(family, found)
    with replacing(PAGE) as temporary:
        temporary.write_text(HEAD + right + REFUSED + refused)


if __name__ == "__main__":
    main()
