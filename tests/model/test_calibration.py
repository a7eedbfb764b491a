"""A calibrated base: what it corrects, from which rows, and what it leaves as it is."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from model_cases import INSTRUCTION, ROWS, TRAIN, VALID, example

from recycling.ground.errors import InputError
from recycling.model import calibration, choice_model
from recycling.model.choice_model import Row
from recycling.model.scoring import predict

LABELS = ("two", "three", "four")
CLOSED = [
    example(i, text, LABELS[i % 3], LABELS[: 2 + i % 2] if i % 3 < 2 else LABELS[1:])
    for i, text in enumerate(["one", "two", "three", "one plus one", "2", "3", "iv", "II", "1 + 1"])
]


def calibrated(base, train=TRAIN, valid=VALID, test=ROWS, labels=None, cap=3):
    return calibration.predicted(base, INSTRUCTION, train, valid, test, cap, labels)


def unchanged(prediction):
    """All of a prediction that no correction touches."""
    return replace(prediction, choice_nll=())


@pytest.mark.parametrize(("rows", "labels"), [(ROWS, None), (CLOSED, LABELS)])
def test_words_and_the_likelihood_of_the_trained_answer_stay_those_of_the_base(
    toy_base, rows, labels
):
    found = calibrated(toy_base, rows[:4], rows[4:], rows, labels)
    bare = predict(toy_base, INSTRUCTION, rows, 3)
    assert [(p.output, p.finished, p.choices, p.choice_tokens) for p in found] == [
        (p.output, p.finished, p.choices, p.choice_tokens) for p in bare
    ]
    assert [p.answer_nll for p in found] == pytest.approx([p.answer_nll for p in bare], rel=1e-5)


def test_each_label_has_its_own_scale_and_bias(toy_base, monkeypatch):
    """Against `w_y l + b_y` in PyTorch, whose objective is at its minimum there."""
    monkeypatch.setattr(calibration, "RIDGES", (0.01,))
    train, valid, test = CLOSED[:6], CLOSED[6:8], CLOSED[5:]
    asked = [replace(row, choices=LABELS) for row in CLOSED]
    likely = -np.array([p.choice_nll for p in predict(toy_base, INSTRUCTION, asked, 0)])
    right = [LABELS.index(row.answers[0]) for row in CLOSED]
    rows = [
        Row(np.hstack([np.diag(one), np.eye(3)]), r) for one, r in zip(likely, right, strict=True)
    ]
    theta = choice_model.fitted(rows[:6], np.array([1.0] * 3 + [0.0] * 3), 0.01)
    w, b = (torch.tensor(part, requires_grad=True) for part in (theta[:3], theta[3:]))
    logits = torch.from_numpy(likely) * w + b
    fit = torch.nn.functional.cross_entropy(logits[:6], torch.tensor(right[:6]))
    (fit + 0.005 * ((w - 1).square().sum() + b.square().sum())).backward()
    assert max(w.grad.abs().max(), b.grad.abs().max()) < 1e-6
    expected = -logits.log_softmax(1)
    for place, prediction in enumerate(calibrated(toy_base, train, valid, test, LABELS), 5):
        own = [LABELS.index(choice) for choice in CLOSED[place].choices]
        assert prediction.choice_nll == pytest.approx(expected[place, own].tolist(), rel=1e-4)


def test_other_candidates_have_likelihood_prior_and_length(toy_base, monkeypatch):
    monkeypatch.setattr(calibration, "AT_ONCE", 2)
    seen = []
    choose = calibration.chosen
    monkeypatch.setattr(calibration, "chosen", lambda *rows: seen.append(rows) or choose(*rows))
    calibrated(toy_base)
    bare = predict(toy_base, INSTRUCTION, ROWS, 0)
    for row, prediction in zip([*seen[0][0], *seen[0][1]], bare, strict=True):
        no_content = [replace(ROWS[0], input="N/A", choices=prediction.choices)]
        [prior] = predict(toy_base, INSTRUCTION, no_content, 0)
        columns = (
            [-x for x in prediction.choice_nll],
            [-x for x in prior.choice_nll],
            prediction.choice_tokens,
        )
        np.testing.assert_allclose(row.numbers, np.column_stack(columns), rtol=1e-4)
        assert prediction.choices[row.right] == prediction.answers[0]


def test_no_test_row_has_a_say(toy_base):
    whole = calibrated(toy_base, CLOSED[:4], CLOSED[4:6], CLOSED, LABELS)
    alone = calibrated(toy_base, CLOSED[:4], CLOSED[4:6], CLOSED[7:8], LABELS)
    assert alone[0].choice_nll == pytest.approx(whole[7].choice_nll, rel=1e-4)


def test_what_no_fit_beats_on_the_validation_rows_stays(toy_base):
    """Validation rows whose answers speak against the training rows' keep the base's choices."""
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=(20, 3, 2))
    train = [Row(x, 0) for x in numbers]
    against = [Row(x, int(np.argmin(x @ np.ones(2)))) for x in numbers]
    with_it = [Row(x, int(np.argmax(x @ np.array([5.0, 1.0])))) for x in numbers]
    start = np.array([1.0, 0.0])
    fits = [choice_model.fitted(train, start, ridge) for ridge in calibration.RIDGES[1:]]
    for valid in (against, with_it):
        theta, ridge = calibration.chosen(train, valid, start)
        losses = [choice_model.loss(valid, fit) for fit in (start, *fits)]
        assert choice_model.loss(valid, theta) == pytest.approx(min(losses))
        assert ridge == calibration.RIDGES[int(np.argmin(losses))]


def test_held_at_the_base_no_choice_changes(toy_base, monkeypatch):
    monkeypatch.setattr(calibration, "RIDGES", (np.inf,))
    for rows, labels in ((ROWS, None), (CLOSED, LABELS)):
        found = calibrated(toy_base, rows[:4], rows[4:], rows, labels)
        for ours, bare in zip(found, predict(toy_base, INSTRUCTION, rows, 3), strict=True):
            assert np.argsort(ours.choice_nll).tolist() == np.argsort(bare.choice_nll).tolist()
            for i, j in product(range(len(ours.choices)), repeat=2):
                apart = bare.choice_nll[i] - bare.choice_nll[j]
                assert ours.choice_nll[i] - ours.choice_nll[j] == pytest.approx(apart, abs=1e-4)


def test_a_candidate_that_is_no_label(toy_base):
    strange = [replace(CLOSED[0], choices=("two", "nine"))]
    expected = r"calibration, example 0: choices: found 'nine', expected one of the 3 labels"
    with pytest.raises(InputError, match=expected):
        calibrated(toy_base, CLOSED[:4], strange, CLOSED, LABELS)
