from collections import Counter

import collect_rankings
import compare_cards
import compare_pool
import halve_pool
import pandas as pd
import pytest
import rank_adapters
import score_pool
import screen_pool
from hypothesis import given
from hypothesis import strategies as st
from model_cases import INSTRUCTION, ROWS, TRAIN, adapter, factors

from recycling.adapters import canonical as adapters
from recycling.adapters import peft_folder
from recycling.adapters.canonical import Adapter
from recycling.adapters.closeness import closeness
from recycling.community.recipe import Harmful
from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.model import gradients, scoring, text_similarity
from recycling.pool import SELECTORS, first_k, parts, selection
from recycling.pool.scores import TaskFiles
from recycling.statistics import metrics
from recycling.tasks.record import Counts, PreparedTask, write_examples, write_task

NAMES = ["alpha", "beta", "delta", "gamma"]
EQUAL = dict.fromkeys(NAMES, 0.5)


def order(selector, names, evidence, seed):
    return [row["adapter"] for row in selection.rank(selector, names, evidence, seed)]


def test_the_best_comes_first():
    rows = selection.rank(
        "evaluation", NAMES, dict(zip(NAMES, [0.1, 0.9, -2.0, 0.4], strict=True)), 1
    )
    assert rows == [
        {"position": 1, "adapter": "beta", "score": 0.9, "passed_over": ""},
        {"position": 2, "adapter": "gamma", "score": 0.4, "passed_over": ""},
        {"position": 3, "adapter": "alpha", "score": 0.1, "passed_over": ""},
        {"position": 4, "adapter": "delta", "score": -2.0, "passed_over": ""},
    ]


def test_rows_are_those_of_the_table(tmp_path):
    rows = selection.rank("random", NAMES, {}, 1)
    tables.write_table(rows, tmp_path / "ranking.tsv", "ranking")
    assert tables.read_table(tmp_path / "ranking.tsv", "ranking")["position"].tolist() == [
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize("selector", ["random", "evaluation"])
def test_no_place_goes_by_the_alphabet(selector):
    orders = [order(selector, NAMES, EQUAL, seed) for seed in range(400)]
    for place in range(4):
        counts = Counter(names[place] for names in orders)
        assert all(70 <= counts[name] <= 130 for name in NAMES)


def test_only_ties_are_shuffled():
    scores = {"alpha": 1.0, "beta": 0.5, "delta": 0.5, "gamma": 0.0}
    seen = {tuple(order("evaluation", NAMES, scores, seed)) for seed in range(20)}
    assert seen == {
        ("alpha", "beta", "delta", "gamma"),
        ("alpha", "delta", "beta", "gamma"),
    }


@given(
    st.permutations(NAMES),
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=4),
    st.integers(0, 100),
    st.sampled_from(sorted(SELECTORS)),
)
def test_the_order_of_the_input_does_not_matter(names, scores, seed, selector):
    evidence = dict(zip(NAMES, scores, strict=True))
    turned = {name: evidence[name] for name in names}
    assert order(selector, names, turned, seed) == order(selector, NAMES, evidence, seed)


@pytest.mark.parametrize("selector", sorted(SELECTORS))
@pytest.mark.parametrize("count", [0, 1])
def test_small_pools(selector, count):
    names = NAMES[:count]
    assert order(selector, names, EQUAL, 1) == names


OWNERS = {"alpha": "ann", "beta": "ann", "delta": "ann", "gamma": ""}
FALLING = dict(zip(NAMES, [4.0, 3.0, 2.0, 1.0], strict=True))


def capped(most, owners=OWNERS):
    return selection.rank("evaluation", NAMES, FALLING, 1, owners=owners, max_per_owner=most)


def test_an_owner_beyond_the_limit_is_passed_over_with_the_reason():
    rows = capped(1)
    assert [(row["position"], row["adapter"], row["passed_over"]) for row in rows] == [
        (1, "alpha", ""),
        (None, "beta", "1 better of ann"),
        (None, "delta", "1 better of ann"),
        (2, "gamma", ""),
    ]


@pytest.mark.parametrize(("most", "positions"), [(2, 3), (3, 4), (None, 4)])
def test_positions_are_without_gaps(most, positions):
    found = [row["position"] for row in capped(most) if row["position"] is not None]
    assert found == list(range(1, positions + 1))


def test_adapters_without_a_known_owner_are_not_one_owner():
    assert all(row["position"] for row in capped(1, dict.fromkeys(NAMES, "")))


FAMILIES = {"alpha": "alpha", "beta": "alpha", "delta": "delta", "gamma": "alpha"}


def test_one_of_a_family_is_taken():
    rows = selection.rank("evaluation", NAMES, FALLING, 1, families=FAMILIES)
    assert [(row["position"], row["adapter"], row["passed_over"]) for row in rows] == [
        (1, "alpha", ""),
        (None, "beta", "near-identical to alpha"),
        (2, "delta", ""),
        (None, "gamma", "near-identical to alpha"),
    ]


def test_a_copy_stands_in_for_one_that_its_owner_s_limit_passes_over():
    families = {**FAMILIES, "alpha": "own"}
    rows = selection.rank(
        "evaluation", NAMES, FALLING, 1, owners=OWNERS, max_per_owner=1, families=families
    )
    assert [row["adapter"] for row in rows if row["position"]] == ["alpha", "gamma"]


def accepted_table(path):
    """The pool of NAMES with ranks 1, 4, 2, 8, all of different families."""
    columns = tables.columns("accepted")
    empty = {"string": "", "integer": 1, "number": 1.0}
    rows = [
        {c: empty[kind] for c, kind in columns.items()}
        | {"adapter": name, "repo": name, "family": name, "rank": rank, "owner": OWNERS[name]}
        for name, rank in zip(NAMES, [1, 4, 2, 8], strict=True)
    ]
    tables.write_table(rows, path, "accepted")
    return str(path)


def ranked(folder, selector="rank", metric="rank", evidence=(), most=None, **given):
    """The table that the script writes for NAMES."""
    part = {"only": given.pop("only", []), "all_accepted": True}
    part |= {key: given.pop(key, None) for key in ("kinship", "worsening")}
    settings = {"published": [], "harmful": {}, "seed": 1} | given
    rank_adapters.main(
        accepted=accepted_table(folder / "accepted.tsv"),
        evidence=list(evidence),
        ranking=str(folder / "ranking.tsv"),
        selector=selector,
        metric=metric,
        limits={"max_per_owner": most, "one_per_family": True},
        part=parts.part(part),
        **settings,
    )
    return tables.read_table(folder / "ranking.tsv", "ranking")


@pytest.mark.parametrize(("most", "expected"), [(None, "gbda"), (1, "gb")])
def test_bigger_rank_first(tmp_path, most, expected):
    table = ranked(tmp_path, most=most).dropna(subset="position")
    assert "".join(name[0] for name in table["adapter"]) == expected


def evidence(folder, scores):
    rows = [{"adapter": n, "metric": "cosine", "rows": 1, "score": s} for n, s in scores.items()]
    rows += [{**row, "metric": "nll", "score": -row["score"]} for row in rows]
    path = folder / f"{min(scores)}.tsv"
    tables.write_table(rows, path, "pool_scores")
    return str(path)


@pytest.mark.parametrize(
    ("selector", "metric", "expected"),
    [("cosine", "cosine", "dgba"), ("likelihood", "nll", "abgd")],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_a_ranking_reads_its_metric_from_all_shards(tmp_path, turn, selector, metric, expected):
    shards = [
        evidence(tmp_path, {"alpha": 1.0, "gamma": 3.0}),
        evidence(tmp_path, {"beta": 2.0, "delta": 4.0}),
    ][::turn]
    table = ranked(tmp_path, selector, metric, shards)
    assert "".join(name[0] for name in table["adapter"]) == expected


def test_a_subpool_is_ranked_by_names_of_owner_recipe_or_task(tmp_path):
    rows = [{"repo": "x", "recipe": "capitals", "task": "capital"}]
    tables.write_table(rows, tmp_path / "published.tsv", "published")
    made = [str(tmp_path / "published.tsv")]
    assert ranked(tmp_path, only=["ann"])["adapter"].tolist() == ["beta", "delta", "alpha"]
    with pytest.raises(InputError, match=r"pool.subpools: found 'capital', expected an adapter"):
        ranked(tmp_path, only=["capital"], published=made)


@given(
    st.sampled_from(["random", "rank"]),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.integers(0, 50),
    st.integers(1, 10),
)
def test_with_a_relative_the_first_k_differ_in_one_adapter(selector, scores, seed, k):
    unrelated = [f"u{i}" for i in range(10)]
    evidence = dict(zip([*unrelated, "a", "z"], map(float, scores), strict=True))

    def first(relatives):
        rows = selection.relative_first(
            relatives, unrelated, lambda names: selection.rank(selector, names, evidence, seed)
        )
        assert [row["position"] for row in rows] == list(range(1, len(rows) + 1))
        return [row["adapter"] for row in rows][:k]

    without = first([])
    for relatives in (["a"], ["a", "z"]):
        one, *others = first(relatives)
        assert one in relatives
        assert others == without[: k - 1]


def test_the_script_puts_the_relative_first(tmp_path):
    kinship = {"wanted": ["beta"], "related": ["beta", "delta"]}
    assert ranked(tmp_path, kinship=kinship)["adapter"].tolist() == ["beta", "gamma", "alpha"]
    kinship["wanted"] = []
    assert ranked(tmp_path, kinship=kinship)["adapter"].tolist() == ["gamma", "alpha"]


def test_the_script_ranks_a_pool_that_got_worse_and_no_other_has_what_is_harmful(tmp_path):
    recipes = {"beta": "two", "delta": "one", "gamma": "one-negated", "alpha": "two-negated"}
    rows = [{"repo": name, "recipe": recipe, "task": "t"} for name, recipe in recipes.items()]
    tables.write_table(rows, tmp_path / "published.tsv", "published")
    harmful = {f"{name}-negated": Harmful(name, "negated") for name in ("one", "two")}
    made = {"published": [str(tmp_path / "published.tsv")], "harmful": harmful}
    assert ranked(tmp_path, **made)["adapter"].tolist() == ["beta", "delta"]

    def worse(share, seed):
        given = {"related": ["one", "two"], "by": "negated", "share": share}
        return tuple(ranked(tmp_path, worsening=given, seed=seed, **made)["adapter"])

    assert worse(0, 1) == ("beta", "delta")
    assert {worse(0.5, seed) for seed in range(8)} == {("gamma", "beta"), ("delta", "alpha")}
    assert worse(1, 1) == ("gamma", "alpha")


def test_all_rankings_of_a_study_are_one_table(tmp_path):
    ranked(tmp_path, most=1)
    cells = [("rank", "all", "months", "0"), ("rank", "ann", "months", "1")]
    collect_rankings.main([str(tmp_path / "ranking.tsv")] * 2, cells, str(tmp_path / "s.tsv"))
    table = tables.read_table(tmp_path / "s.tsv", "selection")
    assert len(table) == 2 * len(NAMES)
    assert table.iloc[0].to_list() == ["gamma", "months", "0", "rank", "all", 8, 1]
    assert table["position"].isna().sum() == 4
    collect_rankings.main([], [], str(tmp_path / "none.tsv"))
    assert tables.read_table(tmp_path / "none.tsv", "selection").empty


def shard_of_adapters(base, folder):
    pool = [adapter(base, name, i, without=("mlp",)) for i, name in enumerate(NAMES, 1)]
    for one in pool:
        adapters.write(one, folder / "shard" / f"{one.name}.safetensors")
    blank = dict.fromkeys(tables.columns("shard"))
    index = [{**blank, "adapter": name, "status": "accepted"} for name in NAMES]
    tables.write_table(index, folder / "shard/index.tsv", "shard")
    fresh = adapter(base, "fresh", 9)
    peft_folder.write_peft(fresh, folder / "fresh", "toy/base")
    linears = base.linears.items()
    rows = [{"module": m, "out": x.out_features, "in": x.in_features} for m, x in linears]
    tables.write_table(rows, folder / "modules.tsv", "modules")
    return pool, fresh


def task_files(folder, model):
    write_examples(ROWS, folder / "rows.jsonl")
    tables.write_json({"device": "cpu", "dtype": "float32"}, folder / "runtime.json")
    counts = Counts(items=len(ROWS), train=len(ROWS), valid=0, test=0, dropped=0)
    write_task(PreparedTask("toy", INSTRUCTION, None, counts, {}), folder / "task.json")
    return {
        "model": str(model),
        "runtime": str(folder / "runtime.json"),
        "task": str(folder / "task.json"),
        "rows": [str(folder / "rows.jsonl")],
        "scores": str(folder / "scores.tsv"),
        "record": str(folder / "record.json"),
    }


def scored(folder, model, asked, most=None):
    """Adapter -> score by metric, and the tokens that were read."""
    files = task_files(folder, model)
    task = TaskFiles(
        files.pop("rows"),
        files.pop("task"),
        files["scores"],
        files["record"],
        str(folder / "s.tsv"),
    )
    tables.write_json({}, folder / "checksums.json")
    score_pool.main(
        files["model"],
        str(folder / "checksums.json"),
        files["runtime"],
        str(folder / "shard"),
        {"toy": task},
        folder / "store",
        metrics=asked,
        most=most,
        cap=3,
        code="code",
    )
    table = tables.read_table(files["scores"], "pool_scores")
    found = {
        metric: dict(zip(rows["adapter"], rows["score"], strict=True))
        for metric, rows in table.groupby("metric")
    }
    return found, tables.read_json(files["record"])["tokens"]


ASKED = ["choice_accuracy", "exact_match", "nll"]


def test_one_pass_gives_every_metric(toy_base, toy_folder, tmp_path):
    pool, _ = shard_of_adapters(toy_base, tmp_path)
    together, tokens = scored(tmp_path, toy_folder, ASKED)
    apart = {}
    for metric in ASKED:
        found, fewer = scored(tmp_path, toy_folder, [metric])
        apart |= found
        assert fewer <= tokens
    assert sorted(together) == ASKED
    for metric in ASKED:
        assert together[metric] == pytest.approx(apart[metric], rel=1e-5)
        assert set(together[metric]) == set(NAMES)
    with toy_base.wearing(pool[1]):
        read = scoring.predict(toy_base, INSTRUCTION, ROWS, 3)
    mean = sum(map(metrics.nll, read)) / len(read)
    assert together["nll"]["beta"] == pytest.approx(-mean, rel=1e-5)


def test_likelihood_alone_generates_nothing_and_reads_no_candidates(toy_folder, tmp_path, toy_base):
    shard_of_adapters(toy_base, tmp_path)
    _, tokens = scored(tmp_path, toy_folder, ["nll"])
    _, with_candidates = scored(tmp_path, toy_folder, ["choice_accuracy", "nll"])
    _, with_writing = scored(tmp_path, toy_folder, ["exact_match", "nll"])
    assert tokens < with_candidates
    assert tokens < with_writing


def test_cards_are_compared_with_the_labelled_rows(toy_base, toy_folder, tmp_path):
    files = task_files(tmp_path, toy_folder)
    texts = {"alpha": "numbers", "beta": None, "delta": "the words one, two and three"}
    lines = [{"adapter": name, "text": text, "problem": None} for name, text in texts.items()]
    tables.write_table(lines, tmp_path / "cards.tsv", "cards")
    given = {"cards": str(tmp_path / "cards.tsv"), "seconds": str(tmp_path / "s.tsv"), "most": 2}
    compare_cards.main(**files, **given)
    table = tables.read_table(files["scores"], "pool_scores").set_index("adapter")
    about = text_similarity.description(INSTRUCTION, ROWS[:2])
    expected = text_similarity.similarities(toy_base, about, {k: t or "" for k, t in texts.items()})
    assert table["score"].to_dict() == pytest.approx(expected, rel=1e-4)
    assert set(table["metric"]) == {"cards"}
    assert set(table["rows"]) == {2}
    assert tables.read_json(files["record"])["tokens"] > 0


def halved(folder, model, **settings):
    files = task_files(folder, model) | {"shards": [str(folder / "shard")]}
    given = {"metric": "nll", "most": 6, "first": 1, "cap": 3, "seed": 1} | settings
    halve_pool.main(**files, **given, seconds=str(folder / "seconds.tsv"))
    return (
        tables.read_table(files["scores"], "pool_scores").set_index("adapter"),
        tables.read_json(files["record"])["tokens"],
    )


def test_halving_with_all_rows_is_evaluation(toy_base, toy_folder, tmp_path):
    shard_of_adapters(toy_base, tmp_path)
    table, tokens = halved(tmp_path, toy_folder, first=6)
    full, all_tokens = scored(tmp_path, toy_folder, ["nll"])
    by_score = sorted(NAMES, key=full["nll"].get)
    assert table["score"].to_dict() == {name: place for place, name in enumerate(by_score)}
    assert set(table["rows"]) == {6}
    assert tokens == all_tokens
    _, fewer = halved(tmp_path, toy_folder)
    assert fewer < all_tokens


def test_a_shard_is_compared_with_the_fresh_lora_each_adapter_read_once(
    toy_base, tmp_path, monkeypatch
):
    pool, fresh = shard_of_adapters(toy_base, tmp_path)
    read, real = [], adapters.read
    monkeypatch.setattr(adapters, "read", lambda path: read.append(path.stem) or real(path))
    measures = {
        name: compare_pool.Made(
            *(str(tmp_path / f"{name}{end}") for end in (".tsv", ".json", "-s"))
        )
        for name in ("cosine", "clamp_micro", "l2")
    }
    compare_pool.main(
        fresh=str(tmp_path / "fresh/adapter_config.json"),
        modules=str(tmp_path / "modules.tsv"),
        shard=str(tmp_path / "shard"),
        measures=measures,
    )
    assert read == NAMES
    for measure, made in measures.items():
        table = tables.read_table(made.scores, "pool_scores")
        assert table["adapter"].tolist() == NAMES
        expected = [closeness(one, fresh, measure) for one in pool]
        assert table["score"].tolist() == pytest.approx(expected, rel=1e-5)
        assert tables.read_json(made.record) == {"tokens": 0}
        assert pd.read_csv(made.seconds, sep="\t")["s"].item() > 0


@pytest.mark.parametrize("at_fresh", [False, True])
def test_a_shard_is_screened_by_one_gradient(toy_base, toy_folder, tmp_path, monkeypatch, at_fresh):
    pool, fresh = shard_of_adapters(toy_base, tmp_path)
    files = task_files(tmp_path, toy_folder)
    made = [files["scores"], files["record"], str(tmp_path / "seconds.tsv")]
    fresh_file = str(tmp_path / "fresh/adapter_config.json") if at_fresh else ""

    tables.write_json({}, tmp_path / "checksums.json")

    def screen(shard="shard"):
        screen_pool.main(
            files["model"],
            str(tmp_path / "checksums.json"),
            files["runtime"],
            str(tmp_path / shard),
            {"toy": TaskFiles(files["rows"], files["task"], *made, fresh_file)},
            str(tmp_path / "store"),
            selector="gradient",
            most=2,
            code="code",
        )

    screen()
    with toy_base.wearing(fresh if at_fresh else None):
        gradient = gradients.weight_gradient(toy_base, INSTRUCTION, TRAIN[:2])
    table = tables.read_table(tmp_path / "scores.tsv", "pool_scores")
    expected = [gradients.first_order_gain(one, gradient) for one in pool]
    assert table["score"].tolist() == pytest.approx(expected, rel=1e-4)
    assert set(table["rows"]) == {2}
    assert tables.read_json(tmp_path / "record.json")["tokens"] > 0
    assert pd.read_csv(tmp_path / "seconds.tsv", sep="\t")["s"].item() > 0
    # A second run takes the task over, one with another LoRA does not.
    monkeypatch.setattr(gradients, "weight_gradient", None)
    screen()
    if at_fresh:
        peft_folder.write_peft(pool[0], tmp_path / "fresh", "toy/base")
        with pytest.raises(TypeError, match="not callable"):
            screen()


QUALITY = st.lists(
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=6, max_size=6), min_size=1, max_size=9
)


def rounds(values, first, seed=0):
    """The rows of `halve` and every row that it measured, for a table of values."""
    names = [f"a{i}" for i in range(len(values))]
    asked = []

    def measure(name, start, stop):
        asked.extend((name, row) for row in range(start, stop))
        return values[int(name[1:])][start:stop]

    return selection.halve(names, 6, first, measure, seed), asked


@given(QUALITY, st.integers(1, 8), st.integers(0, 5))
def test_halving_reads_no_row_twice_and_keeps_half_each_round(values, first, seed):
    found, asked = rounds(values, first, seed)
    assert len(asked) == len(set(asked)) == sum(row["rows"] for row in found)
    ends = [first]
    while ends[-1] < 6:
        ends.append(min(2 * ends[-1], 6))
    alive = len(values)
    for before, end in zip([0, *ends], [min(e, 6) for e in ends], strict=False):
        if before and alive == 1:
            break
        assert sum(row["rows"] >= end for row in found) == alive
        alive = (alive + 1) // 2


@given(QUALITY, st.integers(0, 5))
def test_halving_costs_more_with_more_rows_at_first_and_never_more_than_evaluation(values, seed):
    costs = [len(rounds(values, first, seed)[1]) for first in (1, 2, 4, 6, 8)]
    full = 6 * len(values)
    assert costs[-2:] == [full, full]
    assert max(costs) == full
    assert costs[0] == min(costs)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9, unique=True), st.integers(1, 7))
def test_where_rows_agree_halving_finds_the_order_of_evaluation(levels, first):
    found, _ = rounds([[level] * 6 for level in levels], first)
    best = max(found, key=lambda row: row["score"])
    assert levels[int(best["adapter"][1:])] == max(levels)
    places = [row["score"] for row in found]
    assert places == [sorted(levels).index(level) for level in levels]


def test_halving_cuts_ties_by_chance():
    winners = Counter(
        max(rounds([[0.5] * 6] * 4, 1, seed)[0], key=lambda row: row["score"])["adapter"]
        for seed in range(400)
    )
    assert all(70 <= winners[f"a{i}"] <= 130 for i in range(4))


def write_pool(folder):
    for number, name in enumerate(NAMES):
        shard = folder / f"shard-{number % 2}"
        adapters.write(
            Adapter(name, {"q": factors(1, 2, 3, number)}), shard / f"{name}.safetensors"
        )
    rows = [
        {"position": i, "adapter": n, "score": 1 - i, "passed_over": ""}
        for i, n in enumerate(NAMES[::-1], 1)
    ]
    rows.insert(1, {"position": None, "adapter": "omega", "score": 0, "passed_over": "1 better"})
    tables.write_table(rows, folder / "ranking.tsv", "ranking")
    return folder / "ranking.tsv", [folder / "shard-0", folder / "shard-1"]


@pytest.mark.parametrize("k", [0, 1, 3, 4, "all"])
def test_a_merge_takes_the_first_k(tmp_path, k):
    ranking, shards = write_pool(tmp_path)
    asked = 4 if k == "all" else k
    assert [a.name for a in first_k.first(ranking, shards, k)] == NAMES[::-1][:asked]


def test_a_pool_smaller_than_k(tmp_path):
    with pytest.raises(
        InputError, match="pool: accepted adapters: found 4, expected at least k = 5"
    ):
        first_k.first(*write_pool(tmp_path), 5)


def test_an_adapter_that_is_in_no_shard(tmp_path):
    ranking, shards = write_pool(tmp_path)
    with pytest.raises(InputError, match="pool: adapter: found 'gamma'"):
        first_k.first(ranking, shards[:1], 2)
