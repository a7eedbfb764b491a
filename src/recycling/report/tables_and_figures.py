"""The report of a study whose page in words is Markdown: that page, its figures and its tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from recycling.ground import tables
from recycling.report import cells, headlines, made, pool, text
from recycling.report.page import Figure, Report, Section, part, picture

ROWS = 500


def report(files: Mapping[str, Sequence[str]], about: Mapping[str, Any]) -> Report:
    """The report from the files of a finished study; `about` is made by `plan.work.report`."""
    words = Path(files["page"][0]).read_text()
    figures = [
        Figure(name, svg, caption)
        for (name, caption), svg in zip(about["figures"], files["figures"], strict=True)
    ]
    read = dict(zip(about["tables"], files["tables"], strict=True))
    answer = headlines.HEADLINES[about["kind"]](words, read)
    sections = [
        Section("figure", "The main figure", picture(figures[0])),
        *(
            Section(f"part-{number}", title, text.html(below))
            for number, (title, below) in enumerate(text.split(words)[1:])
        ),
    ]
    if figures[1:]:
        sections.append(
            Section("figures", "Other figures", Markup().join(map(_named, figures[1:])))
        )
    if files["accepted"]:
        sections.append(pool.section(files["accepted"][0], files["rejected"][0], None))
    sections.append(Section("tables", "All numbers", _tables(read, about["schemas"])))
    return Report(about["study"], answer, [*sections, made.section(files["record"][0])], {})


def _named(figure: Figure) -> Markup:
    return part("named.html", name=figure.name.replace("_", " ")) + picture(figure)


def _tables(read: Mapping[str, str], schemas: Mapping[str, str]) -> Markup:
    shown = [
        (name, cells.of_frame(tables.read_table(path, schemas[name]), ROWS, f"tables/{name}.tsv"))
        for name, path in read.items()
    ]
    return part("tables.html", tables=shown)
