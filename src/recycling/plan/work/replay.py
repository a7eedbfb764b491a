"""What a replay takes, from published files to tables and figures."""

from pathlib import Path

from recycling.plan.study.replay import ReplayStudy
from recycling.plan.work.base import code
from recycling.replay import FIGURES


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


def figures(study: ReplayStudy) -> list[str]:
    """The figures; that of methods where there are some."""
    return [name for name in FIGURES if study.methods or name != "methods"]


def figure_entry(_: ReplayStudy, figure: str) -> str:
    """The function that draws a figure."""
    return FIGURES[figure]


def figure_code(study: ReplayStudy, figure: str) -> str:
    """Digest of the script and of the figure's module."""
    return code("output/plot_figure", figure_entry(study, figure))


def products(study: ReplayStudy) -> list[str]:
    """What the study is run for."""
    return [
        "<results>/tables/results.md",
        "<results>/dropped.tsv",
        *(f"<results>/figures/{name}.svg" for name in figures(study)),
    ]
