import math
from dataclasses import asdict, replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground.errors import InputError
from recycling.statistics import metrics
from recycling.tasks.prediction import Prediction

RIGHT = Prediction(
    example="1",
    input="Peru",
    answers=("Lima", "Ciudad de Lima"),
    choices=("Quito", "Lima", "La Paz"),
    output=" LIMA. ",
    finished=True,
    answer_nll=3.0,
    answer_tokens=2,
    choice_nll=(4.0, 3.0, 5.0),
    choice_tokens=(2, 2, 3),
)


def frame(*predictions):
    return pd.DataFrame(map(asdict, predictions))


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("lima", 1),
        ("..Lima..", 1),
        ("Ciudad  de Lima", 1),
        ("Quito", 0),
        ("Lima, Peru", 0),
        ("", 0),
    ],
)
def test_exact_match_takes_any_answer_in_any_spelling(output, expected):
    assert metrics.exact_match(replace(RIGHT, output=output)) == expected


def test_choice_accuracy_wants_the_strictly_lowest_sum():
    assert metrics.choice_accuracy(RIGHT) == 1
    assert metrics.choice_accuracy(replace(RIGHT, choice_nll=(3.0, 3.0, 5.0))) == 0
    assert metrics.choice_accuracy(replace(RIGHT, choice_nll=(2.0, 3.0, 5.0))) == 0
    # The sum decides, not the mean per token: 3/2 > 4/3, but 3 < 4.
    assert metrics.choice_accuracy(replace(RIGHT, choice_nll=(9.0, 3.0, 4.0))) == 1


@given(st.permutations(range(3)), st.lists(st.floats(0, 9), min_size=3, max_size=3))
def test_choice_accuracy_ignores_the_order_of_the_choices(order, values):
    def shuffled(items):
        return tuple(items[place] for place in order)

    asked = replace(RIGHT, choice_nll=tuple(values))
    other = replace(asked, choices=shuffled(asked.choices), choice_nll=shuffled(values))
    assert metrics.choice_accuracy(asked) == metrics.choice_accuracy(other)


def test_nll_is_per_token():
    assert metrics.nll(RIGHT) == 1.5


@pytest.mark.parametrize(
    ("output", "finished", "expected"),
    [
        ("Quito", True, 1),
        ("\nQuito\n", True, 1),
        ("Ciudad de Lima", True, 1),
        ("It is Lima, Peru", True, 0),
        ("Lima\nQuito", True, 0),
        ("Lima", False, 0),
        (" . ", True, 0),
        ("", True, 0),
    ],
)
def test_valid_format_is_finished_short_and_one_line(output, finished, expected):
    assert metrics.valid_format(replace(RIGHT, output=output, finished=finished)) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [("Lima\nPeru", 1), ("Quito", 1), ("Quito\nPeru", 1), ("Lima\n\nPeru", 0), ("a\nb\nc", 0)],
)
def test_valid_format_has_as_many_lines_as_known_answers(output, expected):
    asked = replace(RIGHT, answers=("Lima\nPeru",), choices=("Lima\nPeru", "Quito"))
    assert metrics.valid_format(replace(asked, output=output)) == expected


def test_two_spellings_of_unicode_are_one_answer():
    answer, output = "S\u00e3o Paulo", "Sa\u0303o Paulo"
    asked = replace(RIGHT, answers=(answer,), choices=("Quito", output, "Rio"), output=output)
    assert metrics.exact_match(asked) == metrics.choice_accuracy(asked) == 1


def test_score_and_aggregate_keep_order_and_count():
    wrong = replace(RIGHT, example="0", output="Quito")
    scored = metrics.score(frame(RIGHT, wrong), "file")
    assert list(scored["example"]) == ["1", "0"]
    assert list(scored["exact_match"]) == [1, 0]
    cells = [scored.assign(arm=arm, task="t", replicate="0") for arm in ("z", "a")]
    means = metrics.aggregate(pd.concat(cells))
    assert list(means["arm"]) == ["z", "a"]
    assert list(means["n"]) == [2, 2]
    assert means["exact_match"].tolist() == [0.5, 0.5]


def test_scores_survive_parquet(tmp_path):
    frame(RIGHT).to_parquet(tmp_path / "p.parquet")
    read = pd.read_parquet(tmp_path / "p.parquet")
    pd.testing.assert_frame_equal(metrics.score(read, "f"), metrics.score(frame(RIGHT), "f"))


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ([], "file: rows: found 0"),
        ([RIGHT, RIGHT], "file: example: found '1', expected each example once"),
        ([replace(RIGHT, answer_nll=math.nan)], "example 1: negative log-likelihood: found nan"),
        ([replace(RIGHT, choice_nll=(1.0, math.inf, 2.0))], "found inf, expected a finite number"),
        ([replace(RIGHT, choices=("Quito", "Bonn", "Rome"))], "exactly one of the accepted"),
        ([replace(RIGHT, choices=("Lima", "lima", "Rome"))], "exactly one of the accepted"),
    ],
)
def test_faults_are_named(predictions, message):
    table = frame(*predictions) if predictions else frame(RIGHT).iloc[:0]
    with pytest.raises(InputError, match="file") as error:
        metrics.score(table, "file")
    assert message in str(error.value)


def test_a_metric_reads_no_more_than_it_says():
    silent = replace(RIGHT, output="", finished=False)
    alone = replace(RIGHT, choices=(), choice_nll=(), choice_tokens=())
    for name, metric in metrics.METRICS.items():
        score = metric.score(RIGHT)
        assert metric.reads_output or metric.score(silent) == score, name
        assert metric.reads_choices or metric.score(alone) == score, name


@pytest.mark.parametrize(
    ("names", "cap", "choices"),
    [
        (["nll"], 0, False),
        (["exact_match"], 9, False),
        (["nll", "choice_accuracy"], 0, True),
        (["valid_format"], 9, True),
    ],
)
def test_the_model_does_no_more_than_the_metrics_need(names, cap, choices):
    assert metrics.reading(names, 9) == {"cap": cap, "choices": choices}
