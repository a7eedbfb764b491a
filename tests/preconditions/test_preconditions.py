"""What the check of preconditions concludes, from synthetic tables for every conclusion."""

import itertools

import pandas as pd
import pytest
import yaml
from scipy import stats
from studies import ROOT

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.plan.study.file import complete
from recycling.plan.study.preconditions_checks import check_questions
from recycling.preconditions import chains, conclusions, headline, reasons, shares, shares_figure
from recycling.preconditions import page as report
from recycling.preconditions.conclusions import Seen
from recycling.preconditions.shares import EXPERTS

N = 24
MERGED = ["first", "second"]
SINGLES = [("base", "none"), ("first", "alone"), ("second", "alone"), ("other", "alone")]
FORMS = ("hop1", "hop2", "hops", "direct", "chain", "chain_bridge", "chain_form")
# What each does if nothing else is said: the experts know their hops, and nobody composes.
USUAL = {
    ("first", "alone", "hop1"): N,
    ("first", "alone", "hop1_choice"): N,
    ("second", "alone", "hop2"): N,
    ("second", "alone", "hop2_choice"): N,
}


def table(rules=("uniform", "sum"), **rights):
    """Shares in which a cell has so many of `N` right; `rights` by `library rule measure`."""
    given = USUAL | {tuple(key.split()): right for key, right in rights.items()}
    cells = SINGLES + [(EXPERTS, rule) for rule in rules]
    rows = []
    for (library, rule), measure in itertools.product(cells, [*FORMS, *shares.CHOICES]):
        right = given.get((library, rule, measure), 0)
        rows += [
            {
                "library": library,
                "rule": rule,
                "measure": measure,
                "example": str(i),
                "right": int(i < right),
                "answer": str(i),
            }
            for i in range(N)
        ]
    return shares.shares(pd.DataFrame(rows), 0.5, MERGED)


def seen(rules=("uniform", "sum"), **rights):
    return Seen(table(rules, **rights), MERGED)


def merge(rule="uniform", **measures):
    return {f"{EXPERTS} {rule} {measure}": right for measure, right in measures.items()}


KEPT = merge(hop1=N, hop2=N, hops=N)
FORM = merge(chain_form=N)


def test_intervals_are_exact_and_outcomes_need_holm():
    found = table(**{"base none hop1": 18}).set_index(["library", "rule", "measure"])
    row = found.loc["base", "none", "hop1"]
    low = stats.beta.ppf(0.025, 18, N - 18 + 1)
    assert row["low"] == pytest.approx(low)
    assert row["p_enough"] == pytest.approx(stats.binomtest(18, N, 0.5).pvalue)
    # The other rows of its family are surer, so nothing is added to its own p.
    assert row["p_enough_holm"] == pytest.approx(row["p_enough"])
    assert row["outcome"] == "yes"
    assert found.loc["first", "alone", "hop2"]["outcome"] == "no"


def test_chance_is_the_share_of_the_commonest_answer():
    rows = pd.DataFrame(
        [
            {"library": "base", "rule": "none", "measure": "hop1_choice", "right": 1, "answer": a}
            for a in "aabc"
        ]
    )
    [row] = shares.shares(rows, 0.6, MERGED).to_dict("records")
    assert row["chance"] == 0.5
    assert row["p"] == pytest.approx(stats.binomtest(4, 4, 0.5).pvalue)


def test_adapters_that_are_not_merged_do_not_weaken_what_is_said_of_the_others():
    found = table(**{"other alone hop1": 15}).set_index(["measure", "library", "rule"]).sort_index()
    p = stats.binomtest(15, N, 0.5).pvalue
    assert found.loc["hop1", "other", "alone"]["p_enough_holm"] == pytest.approx(p)
    family = found.loc["hop1"].drop("other")
    # Five cells at 0 or all of N: the correction is by their number alone.
    assert family["p_enough_holm"].min() == pytest.approx(5 * stats.binomtest(0, N, 0.5).pvalue)


@pytest.mark.parametrize(
    ("right", "known"), [(N, "known"), (0, "unknown"), (N // 2, "undecided"), (15, "undecided")]
)
def test_a_hop_is_known_by_the_base_or_by_its_expert(right, known):
    assert conclusions.known(seen(**{"first alone hop1": right}), "hop1") == (
        "unsaid" if right == 0 else known
    )
    rights = {"first alone hop1": right, "first alone hop1_choice": 0}
    assert conclusions.known(seen(**rights), "hop1") == known
    assert conclusions.known(seen(**rights, **{"base none hop1": N}), "hop1") == "known"
    # What the other expert knows is not asked for.
    assert conclusions.known(seen(**rights, **{"second alone hop1": N}), "hop1") == known


def test_a_template_is_looked_for_in_the_base_and_in_the_whole_pool():
    assert conclusions.template(seen()) == ("absent", [])
    assert conclusions.template(seen(**{"other alone chain_form": N})) == ("present", ["other"])
    assert conclusions.template(seen(**{"base none chain_form": N // 2})) == ("undecided", [])
    assert conclusions.template(seen(**{"base none chain_form": N}))[1] == ["base"]


WHY = {
    "composes": KEPT | FORM | merge(chain=N),
    "undecided": KEPT | FORM | merge(chain=N // 2),
    "hop unknown": {"first alone hop1": 0, "first alone hop1_choice": 0, **merge(hop2=N)},
    "hop unsaid": {"first alone hop1": 0, **merge(hop2=N)},
    "hop open": {"first alone hop1": N // 2, **merge(hop2=N)},
    "hop lost": merge(hop2=N),
    "no template": KEPT,
    "wrong steps": KEPT | FORM,
}


@pytest.mark.parametrize(("steps", "rights"), WHY.items(), ids=WHY)
def test_every_reason_of_a_chain_of_thought(steps, rights):
    assert conclusions.why(seen(**rights), "uniform").steps == steps


@pytest.mark.parametrize(
    ("direct", "rights"),
    [
        ("composes", merge(direct=N)),
        ("undecided", merge(direct=N // 2)),
        ("at chance", merge(direct_choice=2)),
        ("above chance", merge(direct_choice=12)),
    ],
)
def test_every_outcome_of_a_direct_question(direct, rights):
    assert conclusions.why(seen(**rights), "uniform").direct == direct


@pytest.mark.parametrize(("steps", "rights"), WHY.items(), ids=WHY)
def test_the_verdict_is_that_of_the_rule_that_comes_furthest(steps, rights):
    assert conclusions.verdict(seen(**rights)) == steps


def test_a_pool_that_answers_by_itself_needs_no_merge():
    found = seen(**{"other alone direct": N})
    assert conclusions.alone(found) == ["other"]
    assert conclusions.verdict(found) == "not needed"


def test_two_calls_and_the_oracle_are_no_merges():
    assert seen(("two_calls", "uniform", "hop_oracle")).rules == ["uniform"]


@pytest.mark.parametrize(("right", "expected"), [(15, (25, 200)), (12, None), (23, (24, 24))])
def test_more_chains_would_decide_unless_the_share_is_on_the_line(right, expected):
    row = table(**{"base none hop1": right}).set_index(["library", "measure"]).loc["base", "hop1"]
    found = conclusions.enough_chains(row.squeeze())
    if expected is None:
        assert found is None
    else:
        assert expected[0] <= found <= expected[1]
        assert stats.binomtest(round(right / N * found), found, 0.5).pvalue < 0.05


def answered(library, rule, hits):
    """Answers to one chain of each form; `hits` by form."""
    said = {"hop1": "b0", "hop2": "c0", "direct": "c0", "chain": "b0 c0"}
    return [
        {
            "library": library,
            "rule": rule,
            "form": form,
            "example": "0",
            "answer": "b0" if form == "hop1" else "c0",
            "said": said[form] if hit else "no",
            "right": hit,
            "steps_right": hit if form == "chain" else None,
            "choice_right": None if form == "chain" else hit,
        }
        for form, hit in hits.items()
    ]


def test_measures_of_answers_and_of_two_calls():
    known = chains.Chains(
        [chains.Chain(str(i), dict.fromkeys(FORMS, "?"), (f"b{i}",), (f"c{i}",)) for i in range(4)]
    )
    answers = pd.DataFrame(
        answered("first", "alone", {"hop1": True, "hop2": False, "direct": True, "chain": True})
        + answered(
            "second", "alone", {"hop1": False, "hop2": True, "direct": False, "chain": False}
        )
    )
    turns = shares.called_in_turn(answers, MERGED)
    found = shares.measures(pd.concat([answers, turns]), known)
    right = found.set_index(["library", "rule", "measure"])["right"].sort_index()
    assert right["first", "alone", "hops"] == 0
    assert right[EXPERTS, "two_calls"].to_dict() == {"hops": 1}
    assert right["first", "alone"].to_dict() == {
        "hop1": 1,
        "hop2": 0,
        "direct": 1,
        "chain": 1,
        "hops": 0,
        "chain_bridge": 1,
        "chain_form": 1,
        "hop1_choice": 1,
        "hop2_choice": 0,
        "direct_choice": 1,
    }


def test_experts_are_named_or_the_best_and_never_the_same():
    answers = pd.DataFrame(
        answered("good", "alone", {"hop1": True, "hop2": True})
        + answered("weak", "alone", {"hop1": False, "hop2": False})
        + answered("also", "alone", {"hop1": True, "hop2": True})
        + answered("base", "none", {"hop1": True, "hop2": True})
    )
    assert shares.choose(answers, {}, []) == [("also", 1.0), ("good", 1.0)]
    assert shares.choose(answers, {"hop2": "also"}, []) == [("good", 1.0), ("also", None)]
    found = shares.choose(answers, {}, ["also"])
    assert found == [("good", 1.0), ("weak", 0.0), ("also", None)]
    assert shares.choose(None, {"hop1": "x", "hop2": "y"}, []) == [("x", None), ("y", None)]
    with pytest.raises(InputError, match="pool: accepted adapters: found 3, expected one more"):
        shares.choose(answers, {}, ["also", "good"])


STUDY = yaml.safe_load((ROOT / "workflow/studies/preconditions.yaml").read_text())
FAULTS = {
    "unknown recipe": (
        {"experts": {"hop1": "city-country", "hop2": "towns"}},
        r"experts: found 'towns', expected a recipe of the community",
    ),
    "one for both": (
        {"experts": {"hop1": "capitals", "hop2": "capitals"}},
        r"experts: found \['capitals', 'capitals'\], expected each adapter once",
    ),
    "nobody chooses": (
        {"experts": {"hop1": "capitals"}},
        r"choosing: found 0, expected some chains; name both experts, or let chains choose",
    ),
    "nothing to choose": (
        {"choosing": 8},
        r"choosing: found 8, expected 0 where experts names both",
    ),
    "a method that needs data": (
        {"rules": {"fit": {"method": "learned"}}},
        r"rules.fit.method: found 'learned', expected one of \['arrow', 'average'",
    ),
    "an oracle of another name": (
        {"rules": {"best": {"method": "hop_oracle"}}},
        r"rules.best: found 'hop_oracle', expected hop_oracle as the name of that rule",
    ),
    "no merge": (
        {"rules": {"hop_oracle": {"method": "hop_oracle"}}},
        r"rules: found \['hop_oracle'\], expected also a merge",
    ),
    "a key of another kind of study": (
        {"pool": {"hub": {"kind": "community"}, "subpools": {}}},
        r"pool: found 'subpools', expected one of \['hub', 'shard_size', 'limits', 'licences'\]",
    ),
    "a split": (
        {"tasks": STUDY["tasks"] | {"capital": {"source": "builtin", "split": {"train": 3}}}},
        r"tasks.capital.source.split: found 'split', expected an option of 'builtin'",
    ),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_the_study_is_named(change, message):
    with pytest.raises(InputError, match=f"^config: {message}"):
        complete(STUDY | change)


def test_defaults_are_those_of_the_default_study_where_keys_are_shared():
    full = complete(STUDY)
    default = complete(yaml.safe_load((ROOT / "config.yaml").read_text()))
    assert full.pool.limits == default.pool.limits
    assert vars(full.runtime).items() <= vars(default.runtime).items()
    assert full.community["plurals"].rows == default.community["plurals"].rows
    assert full.experts.others == []


def test_as_many_chains_as_judge_must_be_left(monkeypatch):
    monkeypatch.chdir(ROOT / "workflow/studies")
    study = STUDY | {"experts": {}}
    check_questions(complete(study | {"choosing": 28}))
    with pytest.raises(InputError, match=r"choosing: found 29, expected at most 28, as .* has 32"):
        check_questions(complete(study | {"choosing": 29}))


def page(**rights):
    rules = ("uniform", "two_calls", "hop_oracle")
    found = seen(rules, **rights)
    ranking = pd.DataFrame({"position": [1, 2], "adapter": MERGED, "score": [None, 0.75]})
    return report.text(found, ranking, "mine", 8)


@pytest.mark.parametrize(("verdict", "rights"), WHY.items(), ids=WHY)
def test_the_page_begins_with_the_verdict_and_what_to_do(verdict, rights):
    text = page(**rights)
    head = headline.HEADLINES[verdict].partition("{")[0]
    assert head in text.split("\n\n")[1]
    assert f"* `uniform`: {reasons.STEPS[verdict].format(lost='hop 1')}" in text
    assert (
        "Calling the two experts one after the other gets 0 of 24 right, 0.00 [0.00, 0.14]" in text
    )
    assert "best alone on 8 chains that are not counted below: 0.75" in text


def test_the_page_says_what_of_a_direct_choice_needs_no_merge():
    text = page(**{"second alone direct_choice": 18}, **merge(direct_choice=18))
    assert "directly above chance, but not enough" in text
    assert "Without any merge `second` chooses 0.75 [0.53, 0.90] of the direct answers" in text


def test_the_page_names_who_needs_no_merge_and_what_else_the_pool_knows():
    text = page(**{"other alone direct": N})
    assert "No merge is needed: `other` answers" in text
    assert "* direct: `other`; undecided for 0" in text


def test_the_figure_has_base_experts_and_rules(tmp_path):
    rules = ("uniform", "two_calls")
    tables.write_table(table(rules), tmp_path / "t.tsv", "preconditions")
    ranking = [{"position": i, "adapter": name} for i, name in enumerate(MERGED, 1)]
    tables.write_table(ranking, tmp_path / "e.tsv", "ranking")
    figure = shares_figure.preconditions(
        preconditions=str(tmp_path / "t.tsv"), experts=str(tmp_path / "e.tsv")
    )
    labels = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert labels == ["base", "first", "second", "uniform", "two calls"]
