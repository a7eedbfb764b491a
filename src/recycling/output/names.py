"""Identifiers as a reader knows them; files keep the identifiers."""

from recycling.merging import METHODS

# `adaptive` is what arms of the first paper's method are called in studies.
_WRITTEN = {name: row.name for name, row in METHODS.items() if name not in ("none", "learned")} | {
    "adaptive": METHODS["learned"].name,
    "rslora": "rsLoRA",
    "loraplus": "LoRA+",
}
_LONGEST = max(name.count("_") for name in _WRITTEN) + 1


def of_arm(identifier: str) -> str:
    """An arm, or a rule, with its methods as the literature writes them: `iso_c` is Iso-C."""
    words, found = identifier.split("_"), []
    while words:
        for size in range(min(_LONGEST, len(words)), 0, -1):
            code = "_".join(words[:size])
            if code in _WRITTEN or size == 1:
                found.append(_WRITTEN.get(code, code))
                del words[:size]
                break
    return " ".join(found)
