"""What tables, costs and the verdict take."""

import pytest
from hypothesis import given, settings
from plan_cases import STUDIES, STUDY, TOY, changed, of_arms

from recycling.plan.study.merging import Arm
from recycling.plan.work import selection, shown, verdict
from recycling.plan.work.verdict import FRESH, Cell, Job
from recycling.verdict.contrasts import without_adapters


def shards():
    return ["0", "1"]


# the main comparison


def test_the_main_comparison_is_of_all_arms_unless_the_study_says_otherwise():
    assert verdict.main_arms(STUDY) == STUDY.arms
    assert verdict.main_targets(STUDY) == ["months"]
    assert verdict.main_units(STUDY) == [("months", "0"), ("months", "1")]
    main = {"arms": ["base", "closed*"], "targets": ["months"]}
    study = changed(experiments__main_comparison=main)
    assert [*verdict.main_arms(study)] == ["base", "closed_form"]


def test_targets_that_not_all_arms_have_are_left_out():
    study = changed(arms__base={"targets": ["third_person", "months"]})
    assert verdict.main_targets(study) == ["months"]


# training curves


def test_the_fresh_lora_and_every_merge_may_have_a_curve():
    study = of_arms({"base": {}, "tuned": TOY["arms"]["adaptive"]}, replicates=1)
    assert verdict.curves(study) == [Cell(FRESH, "months", "0"), Cell("tuned", "months", "0")]
    assert verdict.curve_files(study) == [
        "<results>/fresh/fresh/months/0/curve.tsv",
        "<results>/merged/tuned/months/0/curve.tsv",
    ]


# costs


def arm(**keys):
    return Arm.model_validate(keys)


PAID = {
    "bare base": (arm(), []),
    "examples in the prompt": (arm(demonstrations=3), []),
    "fresh": (arm(fresh="fresh"), ["train_fresh/fresh"]),
    "variant": (arm(fresh="mine"), ["train_fresh/mine"]),
    "one of the pool": (arm(pool="real", select="evaluation", k=1), ["score_pool"]),
    "at random": (arm(pool="real", select="random", k=1), []),
    "merged at random": (
        arm(pool="real", select="random", k=2, merge={"method": "average"}),
        ["merge_adapters"],
    ),
    "close to the fresh LoRA": (
        arm(pool="real", select="cosine", k=1),
        ["compare_pool/cosine", "train_fresh/fresh"],
    ),
    "twins cost what is twinned": (
        arm(pool="twins", twin="norm", select="halving", k=2, merge={"method": "average"}),
        ["halve_pool", "merge_adapters"],
    ),
    "stacked": (
        arm(
            pool="real",
            select="gradient_at_fresh",
            k=1,
            fresh="mine",
            merge={"method": "stacked", "folds": 3},
        ),
        [
            "merge_adapters",
            "screen_pool/gradient_at_fresh",
            "train_fold/mine/3",
            "train_fresh/fresh",
            "train_fresh/mine",
        ],
    ),
}


@pytest.mark.parametrize(("arm", "work"), PAID.values(), ids=PAID)
def test_a_user_pays_for_selection_training_and_merging(arm, work):
    assert verdict.paid_work(arm) == work


def test_what_each_arm_costs_is_of_the_main_comparison():
    study = changed(experiments__main_comparison={"arms": ["fresh", "ties"]})
    assert verdict.paid(study) == {"fresh": ["train_fresh/fresh"], "ties": ["merge_adapters"]}


RECORDS = {
    Job("train_fresh/mine", "", "a", "0", "a/0"): "<results>/fresh/mine/a/0/training.json",
    Job("tune_fresh/mine", "", "a", "0", "a/0"): "<results>/fresh_tuning/mine/a/0/choice.json",
    Job(
        "train_fold/mine/2", "", "a", "0", "a/0/1"
    ): "<results>/fresh_folds/mine/2/a/0/1/training.json",
    Job("merge_adapters", "ties", "a", "0", "ties/a/0"): "<results>/merged/ties/a/0/merge.json",
    Job("score_pool", "", "a", "0", "a/0/7"): "<results>/pool_scores/a/0/7.json",
    Job("halve_pool", "", "a", "0", "a/0/pool"): "<results>/pool_halving/a/0/pool.json",
    Job("score_on_test", "", "a", "0", "a/0/7"): "<results>/oracle_scores/a/0/7.json",
    Job("compare_pool/l2", "", "a", "0", "a/0/7"): "<results>/pool_closeness/l2/a/0/7.json",
    Job("screen_pool/gradient", "", "a", "0", "a/0/7"): "<results>/pool_gains/gradient/a/0/7.json",
}


@pytest.mark.parametrize(("job", "record"), RECORDS.items(), ids=[job.work for job in RECORDS])
def test_a_job_has_seconds_and_a_record_of_its_tokens(job, record):
    assert job.seconds == f"<results>/seconds/{job.work}/{job.stem}.tsv"
    assert job.record == record


def test_jobs_are_those_of_selection_then_of_training_then_of_merging():
    names = ("best_single", "halved", "stacked", "ties")
    study = of_arms({name: TOY["arms"][name] for name in names}, replicates=1)
    assert verdict.job_cells(study, shards) == [
        ("halve_pool", "", "months", "0"),
        ("score_pool", "", "months", "0"),
        ("score_pool", "", "months", "0"),
        ("train_fresh/fresh", "", "months", "0"),
        ("train_fold/fresh/2", "", "months", "0"),
        ("train_fold/fresh/2", "", "months", "0"),
        ("merge_adapters", "best_single", "months", "0"),
        ("merge_adapters", "halved", "months", "0"),
        ("merge_adapters", "stacked", "months", "0"),
        ("merge_adapters", "ties", "months", "0"),
    ]
    assert verdict.job_seconds(study, shards)[:3] == [
        "<results>/seconds/halve_pool/months/0/pool.tsv",
        "<results>/seconds/score_pool/months/0/0.tsv",
        "<results>/seconds/score_pool/months/0/1.tsv",
    ]
    assert verdict.job_records(study, shards)[4] == (
        "<results>/fresh_folds/fresh/2/months/0/0/training.json"
    )


def test_the_tuning_of_a_fresh_lora_is_paid_for_and_that_of_a_merge_is_part_of_it():
    names = ("tuned", "adaptive_tuned")
    study = of_arms({name: TOY["arms"][name] for name in names}, replicates=1)
    assert verdict.paid(study) == {
        "tuned": ["train_fresh/tuned", "tune_fresh/tuned"],
        "adaptive_tuned": ["merge_adapters", "score_pool"],
    }
    assert [job.work for job in verdict.jobs(study, lambda: ["0"])] == [
        "score_pool",
        "train_fresh/tuned",
        "tune_fresh/tuned",
        "merge_adapters",
        "merge_adapters",
    ]
    assert verdict.tunings(study) == [
        Cell("tuned", "months", "0"),
        Cell("adaptive_tuned", "months", "0"),
    ]
    assert verdict.tuning_files(study) == [
        "<results>/fresh_tuning/tuned/months/0/tuning.tsv",
        "<results>/merged/adaptive_tuned/months/0/tuning.tsv",
    ]
    assert "<results>/tables/tuning.tsv" in shown.products(study)
    assert "<results>/tables/tuning.tsv" not in shown.products(of_arms({"base": {}}))


def test_a_study_of_the_bare_base_costs_nothing():
    assert verdict.jobs(of_arms({"base": {}}), shards) == []


@given(STUDIES)
@settings(max_examples=30)
def test_jobs_have_their_files_in_order_and_cover_what_arms_pay_for(study):
    jobs = verdict.jobs(study, shards)
    seconds, records = verdict.job_seconds(study, shards), verdict.job_records(study, shards)
    cells = verdict.job_cells(study, shards)
    assert len(jobs) == len(seconds) == len(records) == len(cells)
    assert len(set(seconds)) == len(set(records)) == len(jobs)
    for job, taken, record, cell in zip(jobs, seconds, records, cells, strict=True):
        assert (job.seconds, job.record) == (taken, record)
        assert (job.work, job.arm, job.task, job.replicate) == cell
    done = {(job.work, job.task, job.replicate) for job in jobs}
    for work in verdict.paid(study).values():
        for task, replicate in verdict.main_units(study):
            assert {(name, task, replicate) for name in work} <= done


@given(STUDIES)
@settings(max_examples=20)
def test_what_selection_costs_is_recorded_beside_the_measures_that_rankings_read(study):
    records = set(verdict.job_records(study, shards))
    for of_arm in verdict.main_arms(study).values():
        if of_arm.select is None:
            continue
        for task, replicate in verdict.main_units(study):
            read = selection.evidence(study, of_arm.select, task, replicate, shards)
            assert {path.removesuffix(".tsv") + ".json" for path in read} <= records


# the page


def test_the_verdict_knows_whether_the_study_names_what_decides():
    study = {"study": "toy", "tasks_are": "fixed", "resampled": True, "primary_named": False}
    bare = without_adapters(verdict.main_arms(STUDY))
    assert bare
    assert verdict.about(STUDY) == study | {"folds": 1, "bare": bare}
    named = [{"arm": "ties", "reference": "fresh"}]
    assert verdict.about(changed(statistics__primary=named))["primary_named"] is True
