"""Small data sets laid out as the sources of the catalogue lay theirs out: files, columns, types.

Each source has its files where the Hub has them, the columns of its parquet files, and in their
metadata the features that `datasets` reads, in the older spelling that most files carry.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
from datasets import ClassLabel, Dataset, Features, List, Value

ROWS = 20
DATA = "data/{split}-00000-of-00001.parquet"
NAMED = "{config}/{split}-00000-of-00001.parquet"
CONVERTED = "{config}/{split}/0000.parquet"
TEXT, TEXTS = Value("string"), List(Value("string"))
WHOLE = Value("int64")
LETTERS = "ABCDEFGH"


@dataclass(frozen=True)
class Layout:
    """Where a configuration has its files, its splits and its columns.

    `values` gives the cell of row i for the columns that are not filled by their type.
    """

    files: str
    splits: Sequence[str]
    columns: dict[str, object]
    values: dict[str, Callable[[int], object]]

    def store(self, root: Path, config: str) -> list[str]:
        """Write all files below `root`; their names."""
        names = []
        for split in self.splits:
            name = self.files.format(config=config, split=split)
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(self._table(split), root / name)
            names.append(name)
        return names

    def _table(self, split: str) -> object:
        cells = {
            column: [self._cell(column, feature, split, i) for i in range(ROWS)]
            for column, feature in self.columns.items()
        }
        table = Dataset.from_dict(cells, features=Features(self.columns)).data.table
        features = Features(self.columns).to_dict()
        about = {"info": {"features": {name: _older(kind) for name, kind in features.items()}}}
        return table.replace_schema_metadata({"huggingface": json.dumps(about)})

    def _cell(self, column: str, feature: object, split: str, i: int) -> object:
        if column in self.values:
            return self.values[column](i)
        if isinstance(feature, ClassLabel):
            return i % len(feature.names)
        if feature == TEXT:
            return f"{column} {i} of {split}"
        return i


def _older(kind: object) -> object:
    """Features as `datasets` wrote them before version 4: a list was a `Sequence`."""
    if isinstance(kind, dict) and kind.get("_type") == "List":
        return {"feature": _older(kind["feature"]), "_type": "Sequence"}
    if isinstance(kind, dict) and "_type" not in kind:
        # A sequence of records is stored as a record of lists.
        return {"feature": {name: _older(part["feature"]) for name, part in kind.items()}} | {
            "_type": "Sequence"
        }
    return kind


def labelled(files, splits, texts, classes, label="label", **values):
    """A layout of texts and a label; the file has the names of its classes, or they are so many."""
    if isinstance(classes, int):
        kind, values = WHOLE, {label: lambda i: i % classes} | values
    else:
        kind = ClassLabel(names=classes)
    return Layout(files, splits, dict.fromkeys(texts, TEXT) | {label: kind}, values)


def chosen(count):
    """Options as lists of letters and texts, and the right letter of row i."""
    letters = list(LETTERS[:count])
    return (
        {"text": TEXTS, "label": TEXTS},
        lambda i: {"text": [f"{letter} of {i}" for letter in letters], "label": letters},
        lambda i: letters[i % count],
    )


def bigbench(targets, choices=lambda i: []):
    """A task of BIG-bench: texts, all right answers, and what can be chosen."""
    columns = {"inputs": TEXT, "targets": TEXTS, "multiple_choice_targets": TEXTS}
    columns |= {"multiple_choice_scores": List(Value("int32")), "idx": Value("int32")}
    values = {
        "targets": targets,
        "multiple_choice_targets": choices,
        "multiple_choice_scores": lambda i: [int(text in targets(i)) for text in choices(i)],
    }
    return Layout(NAMED, ["train", "validation"], columns, values)


def one_of(*texts):
    """A task of BIG-bench whose answer is one of the same texts in each row."""
    return bigbench(lambda i: [texts[i % len(texts)]], lambda i: list(texts))


def bbh(*answers):
    """A task of BBH."""
    answer = {"target": lambda i: answers[i % len(answers)]}
    return Layout(NAMED, ["test"], {"input": TEXT, "target": TEXT}, answer)


def questions(files, splits, count):
    """A data set of questions with options by letter."""
    kind, options, key = chosen(count)
    columns = {"id": TEXT, "question": TEXT, "choices": kind, "answerKey": TEXT}
    return Layout(files, splits, columns, {"choices": options, "answerKey": key})


INFERENCE = ["entailment", "neutral", "contradiction"]
PAIR = ["premise", "hypothesis"]
BOTH = ["train", "validation"]
ALL = ["train", "validation", "test"]
TOPICS = ["arts_&_culture", "business_&_entrepreneurs", "pop_culture"]
TOPICS += ["daily_life", "sports_&_gaming", "science_&_technology"]
INTENTS = ["activate_my_card", "Refund_not_showing_up", "reverted_card_payment?"]
MEANINGS = ["Yes", "No", "In the middle, neither yes nor no", "Yes, subject to some conditions"]
MEANINGS += ["Other"]


def topics(files):
    """The tweets with one topic each, in one of the places where they lie."""
    splits = ["train_coling2022", "test_coling2022", "train_coling2022_random", "train_all"]
    return labelled(files, splits, ["text", "date", "label_name", "id"], TOPICS)


# Data set and configuration -> layout.
LAYOUTS: dict[tuple[str, str], Layout] = {
    ("LawInformedAI/overruling", "default"): labelled(CONVERTED, ["train"], ["sentence1"], 2),
    ("SahandNZ/cryptonews-articles-with-price-momentum-labels", "default"): labelled(
        CONVERTED, ALL, ["datetime", "text", "url"], 2
    ),
    ("TIGER-Lab/MMLU-Pro", "default"): Layout(
        DATA,
        ["test", "validation"],
        {"question_id": WHOLE, "question": TEXT, "options": TEXTS, "answer": TEXT}
        | {"answer_index": WHOLE, "cot_content": TEXT, "category": TEXT, "src": TEXT},
        {
            "options": lambda i: [f"{letter.lower()} of {i}" for letter in LETTERS],
            "answer": lambda i: LETTERS[i % 8],
            "category": lambda i: "business",
        },
    ),
    ("ade-benchmark-corpus/ade_corpus_v2", "Ade_corpus_v2_classification"): labelled(
        NAMED, ["train"], ["text"], ["Not-Related", "Related"]
    ),
    ("allenai/ai2_arc", "ARC-Challenge"): questions(NAMED, ALL, 4),
    ("allenai/ai2_arc", "ARC-Easy"): questions(NAMED, ALL, 4),
    ("allenai/qasc", "default"): Layout(
        DATA,
        ALL,
        {"id": TEXT, "question": TEXT, "choices": chosen(8)[0], "answerKey": TEXT, "fact1": TEXT}
        | {"fact2": TEXT, "combinedfact": TEXT, "formatted_question": TEXT},
        {"choices": chosen(8)[1], "answerKey": chosen(8)[2]},
    ),
    ("allenai/sciq", "default"): Layout(
        DATA,
        ALL,
        dict.fromkeys(
            ["question", "distractor3", "distractor1", "distractor2", "correct_answer", "support"],
            TEXT,
        ),
        {"correct_answer": lambda i: f"oxidant {i}"},
    ),
    ("aps/super_glue", "boolq"): labelled(NAMED, ALL, ["question", "passage"], ["False", "True"]),
    ("aps/super_glue", "copa"): labelled(
        NAMED,
        ALL,
        ["premise", "choice1", "choice2", "question"],
        ["choice1", "choice2"],
        question=lambda i: ["cause", "effect"][i % 2],
    ),
    ("aps/super_glue", "rte"): labelled(NAMED, ALL, PAIR, ["entailment", "not_entailment"]),
    ("aps/super_glue", "wic"): labelled(
        NAMED, ALL, ["word", "sentence1", "sentence2"], ["False", "True"]
    ),
    ("aps/super_glue", "wsc"): labelled(
        NAMED, ALL, ["text", "span1_text", "span2_text"], ["False", "True"]
    ),
    ("bleugreen/typescript-chunks", "default"): Layout(
        CONVERTED,
        ["train"],
        {"type": TEXT, "content": TEXT, "repo": TEXT, "path": TEXT, "language": TEXT},
        {"type": lambda i: ["FunctionDeclaration", "ClassDeclaration"][i % 2]},
    ),
    ("cais/mmlu", "all"): Layout(
        NAMED,
        ["test", "validation", "dev", "auxiliary_train"],
        {"question": TEXT, "subject": TEXT, "choices": TEXTS}
        | {"answer": ClassLabel(names=list("ABCD"))},
        {
            "subject": lambda i: "college_physics",
            "choices": lambda i: [f"{letter.lower()} of {i}" for letter in "ABCD"],
        },
    ),
    ("cardiffnlp/tweet_eval", "hate"): labelled(NAMED, ALL, ["text"], ["non-hate", "hate"]),
    ("cardiffnlp/tweet_topic_single", "tweet_topic_single"): topics(CONVERTED),
    ("clinc/clinc_oos", "imbalanced"): labelled(
        NAMED, ALL, ["text"], ["restaurant_reviews", "oos"], "intent"
    ),
    ("deepmind/aqua_rat", "tokenized"): Layout(
        NAMED,
        ALL,
        {"question": TEXT, "options": TEXTS, "rationale": TEXT, "correct": TEXT},
        {
            "options": lambda i: [f"{letter} ) {i} / {n}" for n, letter in enumerate("ABCDE", 2)],
            "correct": lambda i: "ABCDE"[i % 5],
        },
    ),
    ("ehovy/race", "high"): Layout(
        NAMED,
        ALL,
        {"example_id": TEXT, "article": TEXT, "answer": TEXT, "question": TEXT, "options": TEXTS},
        {
            "options": lambda i: [f"{n} apples" for n in range(2, 6)],
            "answer": lambda i: "ABCD"[i % 4],
        },
    ),
    ("facebook/anli", "plain_text"): labelled(
        NAMED, ["train_r1", "dev_r1", "test_r1"], ["uid", *PAIR, "reason"], INFERENCE
    ),
    **{
        ("facebook/xnli", language): labelled(NAMED, ALL, PAIR, INFERENCE)
        for language in ("de", "en", "es", "fr", "hi", "th")
    },
    ("google-research-datasets/circa", "default"): Layout(
        DATA,
        ["train"],
        dict.fromkeys(["context", "question-X", "canquestion-X", "answer-Y", "judgements"], TEXT)
        | {"goldstandard1": WHOLE, "goldstandard2": ClassLabel(names=MEANINGS)},
        {"goldstandard2": lambda i: [0, 1, 2, 3, 4, -1][i % 6]},
    ),
    ("jpwahle/machine-paraphrase-dataset", "default"): labelled(
        CONVERTED, ALL, ["text", "dataset", "method"], 2
    ),
    ("legacy-datasets/banking77", "default"): labelled(DATA, ["train", "test"], ["text"], INTENTS),
    ("lmsys/toxic-chat", "toxicchat0124"): labelled(
        CONVERTED, ["train", "test"], ["conv_id", "user_input", "model_output"], 2, "toxicity"
    ),
    ("lukaemon/bbh", "boolean_expressions"): bbh("False", "True"),
    ("lukaemon/bbh", "multistep_arithmetic_two"): bbh("24", "-7"),
    ("lukaemon/bbh", "web_of_lies"): bbh("No", "Yes"),
    ("nvidia/OpenMathInstruct-2", "default"): Layout(
        "data/{split}-00000-of-00032.parquet",
        ["train", "train_1M", "train_2M"],
        dict.fromkeys(["problem", "generated_solution", "expected_answer", "problem_source"], TEXT),
        {"expected_answer": lambda i: f"\\frac{{{i}}}{{7}}"},
    ),
    ("nyu-mll/glue", "cola"): labelled(NAMED, ALL, ["sentence"], ["unacceptable", "acceptable"]),
    ("nyu-mll/glue", "mnli"): labelled(
        NAMED, ["train", "validation_matched", "test_matched"], PAIR, INFERENCE
    ),
    ("nyu-mll/glue", "mrpc"): labelled(
        NAMED, ALL, ["sentence1", "sentence2"], ["not_equivalent", "equivalent"]
    ),
    ("nyu-mll/glue", "qnli"): labelled(
        NAMED, ALL, ["question", "sentence"], ["entailment", "not_entailment"]
    ),
    ("nyu-mll/glue", "qqp"): labelled(
        NAMED, ALL, ["question1", "question2"], ["not_duplicate", "duplicate"]
    ),
    ("nyu-mll/glue", "sst2"): labelled(NAMED, ALL, ["sentence"], ["negative", "positive"]),
    ("openai/gsm8k", "main"): Layout(
        NAMED,
        ["train", "test"],
        {"question": TEXT, "answer": TEXT},
        {"answer": lambda i: f"He has {i} + 1 = <<{i}+1={i + 1}>>{i + 1}.\n#### {i + 1:,}"},
    ),
    ("openlifescienceai/medmcqa", "default"): Layout(
        DATA,
        ALL,
        dict.fromkeys(["id", "question", "opa", "opb", "opc", "opd", "choice_type", "exp"], TEXT)
        | {"cop": ClassLabel(names=list("abcd"))},
        {},
    ),
    ("pacovaldez/stackoverflow-questions", "default"): labelled(
        "data/{split}/part-00000.snappy.parquet",
        [f"post_questions_{split}" for split in ("train", "test", "validation", "validate")],
        ["title", "body"],
        4,
    ),
    ("saier/unarXive_imrad_clf", "default"): Layout(
        CONVERTED,
        ALL,
        {"_id": TEXT, "text": TEXT, "label": TEXT},
        {"label": lambda i: "imrdw"[i % 5]},
    ),
    ("tasksource/bigbench", "disfl_qa"): bigbench(lambda i: [f"in {1900 + i}"]),
    ("tasksource/bigbench", "elementary_math_qa"): bigbench(
        lambda i: [f"{i} km"], lambda i: [f"{n} km" for n in range(i, i + 5)]
    ),
    ("tasksource/bigbench", "formal_fallacies_syllogisms_negation"): one_of("valid", "invalid"),
    ("tasksource/bigbench", "hyperbaton"): one_of("a", "b"),
    ("tasksource/bigbench", "intersect_geometry"): one_of("0", "1", "2"),
    ("tasksource/bigbench", "mnist_ascii"): one_of(*"0123456789"),
    ("tasksource/bigbench", "object_counting"): bigbench(
        lambda i: [["two", "three"][i % 2], ["2", "3"][i % 2]]
    ),
    ("tasksource/bigbench", "qa_wikidata"): bigbench(lambda i: [f"Lima {i}", f"City of Lima {i}"]),
    ("tasksource/bigbench", "reasoning_about_colored_objects"): one_of("red", "teal", "2"),
    ("tasksource/bigbench", "sports_understanding"): one_of("plausible", "implausible"),
    ("tasksource/bigbench", "temporal_sequences"): one_of("1pm to 2pm", "2pm to 6pm"),
    ("tasksource/bigbench", "tracking_shuffled_objects"): one_of("Alice.", "Bob."),
    ("tasksource/bigbench", "unit_conversion"): one_of("2.50 m", "25.0 m"),
    ("tau/commonsense_qa", "default"): questions(DATA, ALL, 5),
    ("textmachinelab/quail", "quail"): Layout(
        NAMED,
        ["train", "validation", "challenge"],
        {"id": TEXT, "context": TEXT, "question": TEXT, "answers": TEXTS}
        | {"correct_answer_id": Value("int32")},
        {
            "answers": lambda i: ["the dog", "the cat", "the owl", "not enough information"],
            "correct_answer_id": lambda i: i % 4,
        },
    ),
    ("zeroshot/twitter-financial-news-sentiment", "default"): labelled(
        CONVERTED, BOTH, ["text"], 3
    ),
}
