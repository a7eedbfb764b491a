import pandas as pd
import pytest
from model_cases import VALID, factors, problem

from recycling.adapters.canonical import Adapter
from recycling.adapters.merge_record import MergeRecord, Source
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.merging.problem import Coefficient, Merged, Problem, weighted
from recycling.model.recipe import Point

ONE = Adapter("one", {"q": factors(2, 4, 3, 1)}, {"repo": "o/one", "commit": "c", "licence": "mit"})
TWO = Adapter("two", {"q": factors(1, 4, 3, 2), "v": factors(3, 4, 3, 3)}, {"twin_of": "x"})


def test_modules_of_all_adapters():
    given = problem([TWO, ONE])
    assert given.modules == ["q", "v"]
    assert [(i, f.rank) for i, f in given.present("q")] == [(0, 1), (1, 2)]
    assert [i for i, _ in given.present("v")] == [0]


def test_the_base_is_opened_once_and_only_when_asked_for():
    opened = []
    given = Problem([ONE], False, "", VALID, VALID, 1, lambda: opened.append(1) or "base")
    assert opened == []
    assert (given.base, given.base, opened) == ("base", "base", [1])


def test_without_a_base_none_is_read():
    given = Problem([ONE], False, "", VALID, VALID, 1)
    with pytest.raises(InputError, match="merge: base: found None, expected a base model"):
        given.base  # noqa: B018


def test_no_adapters():
    with pytest.raises(InputError, match="merge: adapters: found 0, expected at least one adapter"):
        problem([])


def test_record():
    merged = weighted(problem([ONE, TWO]), [0.5, -1])
    assert merged.record("arm", "average", [ONE, TWO]) == MergeRecord(
        arm="arm",
        method="average",
        sources=(
            Source("one", repo="o/one", commit="c", licence="mit"),
            Source("two", twin_of="x"),
        ),
        tokens=0,
        rank=3,
        export_error=0.0,
        details={},
    )
    assert merged.coefficient_means([TWO, ONE]) == [-1, 0.5]
    assert Merged({}).rank == 0


def test_tables_have_their_schema(tmp_path):
    merged = Merged(
        ONE.modules,
        [Coefficient("one", "q", 0, 0.25), Coefficient("one", "q", None, 0.75)],
        [Point(0, None, 2.0), Point(8, 1.5, 1.0, kept=True)],
    )
    assert merged.coefficient_means([ONE]) == [0.5]
    for name, table in (
        ("coefficients", merged.coefficient_table()),
        ("curve", merged.curve_table()),
    ):
        tables.write_table(table, tmp_path / name, name)
        assert len(tables.read_table(tmp_path / name, name)) == 2
    assert pd.isna(tables.read_table(tmp_path / "curve", "curve")["train_loss"][0])
    tables.write_table(Merged({}).curve_table(), tmp_path / "empty", "curve")
    assert tables.read_table(tmp_path / "empty", "curve").empty
