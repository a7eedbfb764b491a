"""Who gets the weight in learned merges: shares by hand, the effective number by its properties."""

import numpy as np
import pandas as pd
import pytest
import share_weights
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import entropy

from recycling.ground import tables
from recycling.output import style
from recycling.verdict import weights
from recycling.verdict.weights_figure import weights as figure

KIN = {("t", "a"): "same", ("t", "b"): "unrelated", ("t", "c"): "unrelated"}
SIZES = st.lists(st.floats(0, 1e3, width=32), min_size=1, max_size=40).map(pd.Series)


def merged(**of_source):
    """A table of coefficients; a list has those of the modules that a source has."""
    return pd.DataFrame(
        {"source": source, "module": f"m{place}", "coefficient": value}
        for source, values in of_source.items()
        for place, value in enumerate(values)
    )


def shared(*tables_of_coefficients, task="t"):
    cells = [("learned", task, str(run)) for run in range(len(tables_of_coefficients))]
    return weights.table(tables_of_coefficients, cells, KIN)


def test_shares_are_of_the_mean_absolute_coefficient():
    # a is in one module, b subtracts, c is left out
    found = shared(merged(fresh=[1.0, 1.0], a=[2.0], b=[-1.0, 0.0], c=[0.0, 0.0]))
    found = found.set_index("kin")
    assert found["sources"].to_dict() == {"all": 4, "fresh": 1, "same": 1, "unrelated": 2}
    assert found["share"].to_dict() == pytest.approx(
        {"all": 1, "fresh": 1 / 3.5, "same": 2 / 3.5, "unrelated": 0.5 / 3.5}
    )
    assert found["used"].to_dict() == pytest.approx(
        {"all": (1 + 1 + 0.5 + 0) / 4, "fresh": 1, "same": 1, "unrelated": 0.25}
    )
    squares = (1 + 4 + 0.25) / 3.5**2
    assert found["effective"].to_dict() == pytest.approx(
        {"all": 1 / squares, "fresh": 1, "same": 1, "unrelated": 1}
    )


def test_a_merge_that_uses_nothing_has_no_shares(tmp_path):
    found = shared(merged(a=[0.0], b=[0.0, 0.0]))
    assert found["share"].isna().all()
    assert found["effective"].isna().all()
    assert {*found["used"]} == {0}
    tables.write_table(found, tmp_path / "weights.tsv", "weights")
    again = tables.read_table(tmp_path / "weights.tsv", "weights")
    assert again["share"].isna().all()
    assert figure(weights=str(tmp_path / "weights.tsv")).get_suptitle() == "Weights"


def test_targets_whose_relatives_nobody_knows_have_no_rows():
    assert shared(merged(a=[1.0]), task="u").empty


def test_kin_are_found_by_recipe_and_copies_count_as_what_they_copy(tmp_path):
    blank = dict.fromkeys(tables.columns("accepted"))
    pool = [("o--a", "o/a", "o--a"), ("o--copy", "o/copy", "o--a"), ("o--b", "o/b", "o--b")]
    rows = [
        blank | {"adapter": adapter, "repo": repo, "owner": "o", "family": family}
        for adapter, repo, family in pool
    ]
    made = dict.fromkeys(tables.columns("published")) | {
        "repo": "o/a",
        "recipe": "ours",
        "task": "t",
    }
    accepted, published, coefficients, shared_out = (
        str(tmp_path / f"{name}.tsv") for name in ("accepted", "published", "merged", "weights")
    )
    tables.write_table(rows, accepted, "accepted")
    tables.write_table([made], published, "published")
    sources = merged(**{"fresh": [1.0], "o--copy": [1.0], "o--b": [2.0]})
    sources.insert(2, "direction", None)
    tables.write_table(sources, coefficients, "coefficients")
    share_weights.main(
        accepted=accepted,
        published=[published],
        coefficients=[coefficients],
        cells=[("joined", "t", "0")],
        kin={"t": {"same": ["ours"], "sibling": []}},
        shared=shared_out,
    )
    found = tables.read_table(shared_out, "weights").set_index("kin")["share"]
    assert found.to_dict() == {"all": 1, "fresh": 0.25, "same": 0.25, "unrelated": 0.5}


def test_a_source_that_nobody_knows_is_not_taken_for_the_fresh_lora():
    with pytest.raises(KeyError, match="stranger"):
        shared(merged(fresh=[1.0], stranger=[1.0]))


@given(SIZES)
def test_the_effective_number_lies_between_one_and_all(sizes):
    found = weights.effective_number(sizes)
    if not sizes.any():
        assert found is None
        return
    assert 1 - 1e-6 <= found <= len(sizes) * (1 + 1e-6)
    # of no higher order than Shannon's, so never above it
    assert found <= np.exp(entropy(sizes)) * (1 + 1e-6)


@given(st.integers(1, 40), st.floats(1e-3, 1e3))
def test_equal_weights_are_as_many_as_there_are(count, size):
    assert weights.effective_number(pd.Series([size] * count)) == pytest.approx(count)


def test_the_figure_has_the_means_of_both_bars_in_each_arm_of_several_kinds(tmp_path):
    mixed = [merged(a=[1.0], b=[1.0], c=[2.0]), merged(a=[0.0], b=[1.0], c=[1.0])]
    cells = [("mixed", "t", "0"), ("mixed", "t", "1"), ("alone", "t", "0")]
    found = weights.table([*mixed, merged(a=[1.0])], cells, KIN)
    tables.write_table(found, tmp_path / "weights.tsv", "weights")
    (axes,) = figure(weights=str(tmp_path / "weights.tsv")).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["mixed"]
    widths = [bar.get_width() for bar in axes.patches]
    fresh, same, sibling, unrelated = 0, 1 / 3, 0, 2 / 3
    by_weight = [0, (1 / 4 + 0) / 2, 0, (3 / 4 + 1) / 2]
    assert widths == pytest.approx([fresh, same, sibling, unrelated, *by_weight])
    said = (1 / (6 / 16) + 2) / 2
    assert [text.get_text() for text in axes.texts] == [f"{said:.1f} of 3"]


def test_the_figure_is_saved_the_same_twice(tmp_path):
    tables.write_table(shared(merged(a=[1.0], b=[1.0])), tmp_path / "weights.tsv", "weights")
    for name in "ab":
        inputs = {"weights": str(tmp_path / "weights.tsv")}
        style.save(figure, inputs, str(tmp_path / f"{name}.svg"), str(tmp_path / f"{name}.png"))
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
