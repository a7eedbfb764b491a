"""What the figures of all studies share."""

import re

import pytest
import studies
from matplotlib.figure import Figure

from recycling.output import style
from recycling.plan.work.drawing import Drawing
from recycling.verdict.experiments import EXPERIMENTS
from recycling.verdict.experiments.figure import _keys


def test_rows_run_from_top_to_bottom_and_every_second_is_shaded():
    axes = Figure().subplots()
    style.striped_axis(axes, ["a", "b", "c"], margin=0.55)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "b", "c"]
    bottom, top = axes.get_ylim()
    assert (round(bottom, 9), top) == (2.55, -0.55)
    shaded = [(patch.get_y(), patch.get_height()) for patch in axes.patches]
    assert shaded == [(-0.5, 1), (1.5, 1)]


def test_rows_need_no_shade():
    axes = Figure().subplots()
    style.row_axis(axes, ["a", "b"])
    assert not axes.patches
    assert list(axes.get_yticks()) == [0, 1]


@pytest.mark.parametrize("title", ["Short", "A title that takes more than half of its line " * 2])
def test_title_and_legend_have_a_place_of_their_own(title):
    figure = style.page(3, title, "A note.")
    figure.subplots().plot([0, 1], [0, 1])
    style.legend_beside_title(figure, [style.key(label=f"entry {one}") for one in range(3)], 3)
    beside = figure.get_suptitle() == title
    assert beside == (title == "Short")
    assert not touching(figure)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_title_of_no_experiment_runs_into_its_legend(name):
    figure = style.page(3, EXPERIMENTS[name].title, "A note.")
    figure.subplots().plot([0, 1], [0, 1])
    style.legend_beside_title(figure, _keys(), 3)
    assert not touching(figure)


def touching(figure):
    """Whether the title, without what keeps lines for the legend, and the legend overlap."""
    figure.draw_without_rendering()
    [legend] = figure.legends
    words = figure.get_suptitle().strip()
    extent = style.set_title(figure, words).get_window_extent()
    return extent.overlaps(legend.get_window_extent())


@pytest.mark.parametrize(
    ("kind", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_a_figure_has_the_format_of_its_name_and_the_same_bytes_each_time(kind, start, tmp_path):
    def draw():
        figure = style.page(1.5, "Title", "A note.", style.COLUMN)
        figure.subplots().plot([0, 1], [0, 1])
        return figure

    files = [tmp_path / f"{run}.{kind}" for run in ("one", "two")]
    for file in files:
        style.save(draw, {}, str(file))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert files[0].read_bytes().startswith(start)


def test_a_note_breaks_at_the_width_of_its_figure():
    lines = style.page(1, "Title", "word " * 60, style.COLUMN).get_supxlabel().splitlines()
    assert max(map(len, lines)) <= 75
    assert len(lines) == 4


def test_every_figure_of_the_workflow_is_written_in_each_format():
    rules = [path.read_text() for path in (studies.ROOT / "workflow/rules").rglob("*.smk")]
    [drawn] = [text for text in rules if "plot_figure.py" in text]
    formats = re.findall(r'(\w+)=f?"<results>/figures/{drawing.name}\.(\w+)"', drawn)
    assert formats == [("png", "png"), ("pdf", "pdf")]
    assert "svg=report(\n                drawing.file," in drawn
    assert Drawing("x", "a:b", {}, "", "", "").file == "<results>/figures/x.svg"
