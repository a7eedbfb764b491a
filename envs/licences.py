"""List the licence of every locked package, as it states it itself: `make licences`."""

import re
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent
HEADER = """\
# Licences of what is installed

Made by `make licences` from what each package of `envs/requirements.lock` and `envs/torch.lock`
says of itself. This project calls them and ships none of them. CUDA builds of torch bring NVIDIA's
packages under NVIDIA's terms.

| package | version | licence |
| --- | --- | --- |
"""


def locked() -> list[tuple[str, str]]:
    """Name and version of each locked package."""
    text = "".join((HERE / name).read_text() for name in ("requirements.lock", "torch.lock"))
    return sorted(
        re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE), key=lambda p: p[0].lower()
    )


def licence(package: str) -> str:
    """The licence of an installed package: expression, classifiers, or a first line about it."""
    about = metadata.metadata(package)
    if expression := about.get("License-Expression"):
        return expression
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in about.get_all("Classifier", [])
        if line.startswith("License ::") and line.count(" :: ") > 1
    ]
    if classifiers:
        return " and ".join(sorted(classifiers))
    files = [file for file in metadata.files(package) or [] if "LICENSE" in file.name.upper()]
    texts = [about.get("License") or "", *(file.read_text() for file in files)]
    return next(text.strip().partition("\n")[0] for text in texts if text.strip())


def page() -> str:
    """The whole page."""
    rows = (f"| {name} | {version} | {licence(name)} |\n" for name, version in locked())
    return HEADER + "".join(rows)


if __name__ == "__main__":
    (HERE.parent / "docs" / "licences.md").write_text(page())
