"""What a replay takes, from published files to tables and figures."""

from pathlib import Path

from recycling.plan.study.replay import ReplayStudy
from recycling.plan.work.drawing import Drawing
from recycling.replay import FIGURES

# Argument of each figure -> its table.
TABLES = {"quality": "quality", "by_task": "quality_by_task", "methods": "methods"}


def local_copy(study: ReplayStudy, file: str) -> str | list[str]:
    """A published file in the study's folder, if it lies there; else it is fetched."""
    if study.folder is None:
        return []
    copy = Path(study.folder).expanduser() / file
    return str(copy) if copy.is_file() else []


def file_url(study: ReplayStudy, file: str) -> str:
    """The address of a published file."""
    return f"{study.url}/{study.files[file].path}"


def file_sha256(study: ReplayStudy, file: str) -> str:
    """The digest of its content."""
    return study.files[file].sha256


def published_files(study: ReplayStudy) -> list[str]:
    """All published files on disk."""
    return [f"<results>/published/{file}" for file in study.files]


def expected(study: ReplayStudy) -> dict[str, dict[str, float]]:
    """Outcome -> quantity -> its value by another computation."""
    return {name: matrix.expected for name, matrix in study.outcomes.items()}


def drawings(study: ReplayStudy) -> list[Drawing]:
    """The figures; that of methods where there are some."""
    inputs = {name: f"<results>/tables/{file}.tsv" for name, file in TABLES.items()}
    settings = {"top": study.statistics.top}
    return [
        Drawing(name, entry, inputs, "Replay", name, "replay", settings)
        for name, entry in FIGURES.items()
        if study.methods or name != "methods"
    ]


def products(study: ReplayStudy) -> list[str]:
    """What the study is run for."""
    return [
        "<results>/tables/results.md",
        "<results>/dropped.tsv",
        *(drawing.file for drawing in drawings(study)),
    ]
