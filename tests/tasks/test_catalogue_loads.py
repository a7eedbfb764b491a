"""Every task of the catalogue is read from small files laid out as its source lays them out."""

import huggingface_hub
import published_layouts
import pytest
import studies
from published_layouts import LAYOUTS, ROWS

from recycling import tasks
from recycling.tasks import catalogue

TASKS = catalogue.read(str(studies.ROOT / "workflow/studies/tasks62.yaml"))
COMMIT = "0123456789abcdef0123456789abcdef01234567"

# Task -> the trained answers of its first rows.
ANSWERS = {
    "ade_corpus_v2": ["Not-Related", "Related"],
    "anli": ["entailment", "neutral", "contradiction"],
    "aqua_rat": ["A", "B", "C", "D", "E", "A"],
    "arc_challenge": ["A", "B", "C", "D"],
    "arc_easy": ["A", "B", "C", "D"],
    "banking77": ["activate_my_card", "Refund_not_showing_up", "reverted_card_payment?"],
    "boolean_expressions": ["False", "True"],
    "circa": [
        "Yes",
        "No",
        "In the middle, neither yes nor no",
        "Yes, subject to some conditions",
        "Other",
    ],
    "clinc_oos": ["restaurant_reviews", "oos"],
    "commonsense_qa": ["A", "B", "C", "D", "E"],
    "cryptonews_articles": ["0", "1"],
    "disfl_qa": ["in 1900", "in 1901"],
    "elementary_math_qa_question_only": ["0 km", "1 km"],
    "formal_fallacies_syllogisms_negation": ["valid", "invalid"],
    "glue_cola": ["unacceptable", "acceptable"],
    "glue_mnli": ["entailment", "neutral", "contradiction"],
    "glue_mrpc": ["not_equivalent", "equivalent"],
    "glue_qnli": ["entailment", "not_entailment"],
    "glue_qqp": ["not_duplicate", "duplicate"],
    "glue_sst2": ["negative", "positive"],
    "gsm8k": ["1", "2", "3"],
    "hyperbaton": ["a", "b"],
    "intersect_geometry": ["0", "1", "2"],
    "machine_paraphrase_dataset": ["0", "1"],
    "medmcqa": ["A", "B", "C", "D"],
    "mmlu_combined": ["A", "B", "C", "D"],
    "mmlu_pro": ["A", "B", "C", "D", "E", "F", "G", "H"],
    "mnist_ascii": ["0", "1", "2"],
    "multistep_arithmetic": ["24", "-7"],
    "object_counting": ["2", "3"],
    "openmathinstruct_2": [r"\frac{0}{7}", r"\frac{1}{7}"],
    "overruling": ["0", "1"],
    "qa_wikidata": ["Lima 0", "Lima 1"],
    "qasc": ["A", "B", "C", "D", "E", "F", "G", "H"],
    "quail": ["A", "B", "C", "D"],
    "race_high": ["A", "B", "C", "D"],
    "reasoning_about_colored_objects": ["red", "teal", "2"],
    "sciq": ["oxidant 0", "oxidant 1"],
    "sports_understanding": ["plausible", "implausible"],
    "stackoverflow_questions": ["0", "1", "2", "3"],
    "super_glue_boolq": ["False", "True"],
    "super_glue_copa": ["1", "2"],
    "super_glue_rte": ["entailment", "not_entailment"],
    "super_glue_wic": ["False", "True"],
    "super_glue_wsc": ["False", "True"],
    "temporal_sequences": ["1pm to 2pm", "2pm to 6pm"],
    "toxic_chat": ["0", "1"],
    "tracking_shuffled_objects": ["Alice.", "Bob."],
    "tweet_eval_hate": ["non-hate", "hate"],
    "tweet_topic_single": published_layouts.TOPICS,
    "twitter_financial_news_sentiment": ["Bearish", "Bullish", "Neutral"],
    "typescript_chunks": ["FunctionDeclaration", "ClassDeclaration"],
    "unarxive_imrad_clf": ["i", "m", "r", "d", "w"],
    "unit_conversion_si_conversion": ["2.50 m", "25.0 m"],
    "web_of_lies": ["False", "True"],
    **{
        f"xnli_{language}": ["entailment", "neutral", "contradiction"]
        for language in ("de", "en", "es", "fr", "hi", "th")
    },
}

# Task -> what its first row asks, where the paper's authors or the source do something special.
INPUTS = {
    "aqua_rat": (
        "Problem: question 0 of train\nOptions:\nA. 0 / 2\nB. 0 / 3\nC. 0 / 4\nD. 0 / 5\nE. 0 / 6"
    ),
    "arc_easy": (
        "Question: question 0 of train\nOptions:\nA. A of 0\nB. B of 0\nC. C of 0\nD. D of 0"
    ),
    "circa": (
        "Situation: context 0 of train\nQuestion: question-X 0 of train\n"
        "Answer: answer-Y 0 of train"
    ),
    "medmcqa": (
        "Question: question 0 of train\nA: opa 0 of train\nB: opb 0 of train\nC: opc 0 of train\n"
        "D: opd 0 of train"
    ),
    "mmlu_combined": (
        "Subject: college_physics\nQuestion: question 0 of test\n"
        "Options:\nA. a of 0\nB. b of 0\nC. c of 0\nD. d of 0"
    ),
    "mmlu_pro": (
        "Subject: business\nQuestion: question 0 of test\nOptions:\nA. a of 0\nB. b of 0\n"
        "C. c of 0\nD. d of 0\nE. e of 0\nF. f of 0\nG. g of 0\nH. h of 0"
    ),
    "qasc": (
        "Question: question 0 of train\nFirst fact: fact1 0 of train\nSecond fact: fact2 0 of train"
        "\nOptions:\nA. A of 0\nB. B of 0\nC. C of 0\nD. D of 0\nE. E of 0\nF. F of 0\nG. G of 0\n"
        "H. H of 0"
    ),
    "stackoverflow_questions": "body 0 of post_questions_train",
    "super_glue_copa": (
        "Premise: premise 0 of train\nAsked for: cause\n"
        "1: choice1 0 of train\n2: choice2 0 of train"
    ),
}


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A Hub that has one data set: called with its repository, configuration and layout."""
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))

    def publish(repo, config, layout):
        listed = ["README.md", *layout.store(tmp_path / "files", config)]

        class Hub:
            def list_repo_files(self, asked, *, repo_type, revision):
                assert (asked, repo_type) == (repo, "dataset")
                return listed

        monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
        monkeypatch.setattr(
            huggingface_hub, "hf_hub_download", lambda _, name, **about: tmp_path / "files" / name
        )

    return publish


def loaded(name, **changes):
    """The task of the catalogue, whose pin may be open."""
    return tasks.load(name, **TASKS[name] | {"commit": COMMIT} | changes)


def in_order(task):
    """Its rows that may be labelled and those set aside from the same split, in their order."""
    first = task.examples[0].id.rpartition("-")[0]
    rows = [row for row in task.examples + task.test if row.id.startswith(f"{first}-")]
    return sorted(rows, key=lambda row: int(row.id.rpartition("-")[2]))


def test_every_task_has_a_layout_and_answers():
    used = {(task["repo"], task.get("config", "default")) for task in TASKS.values()}
    assert used == set(LAYOUTS)
    assert set(ANSWERS) == set(TASKS)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_of_the_catalogue_loads(published, name):
    about = TASKS[name]
    repo, config = about["repo"], about.get("config", "default")
    published(repo, config, LAYOUTS[repo, config])
    task = loaded(name)
    rows = in_order(task)
    assert [row.answers[0] for row in rows][: len(ANSWERS[name])] == ANSWERS[name]
    if name in INPUTS:
        assert rows[0].input == INPUTS[name]
    if about.get("kind") == "label":
        assert set(task.labels) == set(ANSWERS[name])
    if "test" in about:
        assert {row.id.rpartition("-")[0] for row in task.test} == {about["test"]}
    assert bool(task.test) == ("test" in about or "test_share" in about)
    assert [row for row in task.dropped if row.reason != "label -1 has no name"] == []


def test_rows_of_circa_without_agreement_are_dropped(published):
    where = ("google-research-datasets/circa", "default")
    published(*where, LAYOUTS[where])
    dropped = loaded("circa").dropped
    reason = "label -1 has no name"
    assert dropped == (("train-5", reason), ("train-11", reason), ("train-17", reason))


@pytest.mark.parametrize(
    ("repo", "config", "files"),
    [
        ("cardiffnlp/tweet_topic_single", "tweet_topic_single", published_layouts.NAMED),
        ("cardiffnlp/tweet_topic_single", "tweet_topic_single", published_layouts.DATA),
        ("mteb/TweetTopicSingleClassification", "default", published_layouts.DATA),
    ],
)
def test_the_topics_of_tweets_are_read_from_every_layout(published, repo, config, files):
    published(repo, config, published_layouts.topics(files))
    task = loaded("tweet_topic_single", repo=repo, config=config)
    assert [len(task.examples), len(task.test)] == [ROWS, ROWS]
    assert [row.answers[0] for row in task.test][:6] == ANSWERS["tweet_topic_single"]
