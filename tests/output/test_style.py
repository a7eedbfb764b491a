"""What the figures of all studies share."""

from matplotlib.figure import Figure

from recycling.output import style


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
