"""A replay: files read right, numbers against scipy, closed forms and published figures."""

import hashlib
import http.server
import io
import itertools
import json
import threading
import urllib.error

import numpy as np
import pandas as pd
import pytest
import studies
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground import tables
from recycling.ground.errors import InputError
from recycling.output import style
from recycling.plan.study.file import complete
from recycling.plan.study.replay import Column, MethodContrast
from recycling.replay import (
    FIGURES,
    comparison,
    files,
    matrices,
    page,
    quality,
    quality_figures,
    resampling,
)
from recycling.statistics import variance

STUDY = yaml.safe_load((studies.ROOT / "workflow/studies/replay.yaml").read_text())
FOLDER = studies.ROOT / STUDY["folder"]
published = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no published files in {FOLDER}")

scores = st.lists(st.integers(0, 4).map(lambda x: x / 4), min_size=3, max_size=12)


# Numbers


@given(scores, st.integers(1, 12))
def test_overlap_is_the_mean_over_all_orders_of_ties(outcome, top):
    outcome, top = outcome[:6], min(top, len(outcome[:6]))
    shares = []
    for order in itertools.permutations(range(len(outcome))):
        best = sorted(order, key=lambda i: -outcome[i])[:top]
        shares.append(len(set(best) & set(range(top))) / top)
    found = quality._overlap(np.array(outcome), top)
    assert found == pytest.approx(np.mean(shares))


def test_quality_of_a_task_by_hand():
    labelled, outcome = np.array([0.9, 0.1, 0.7, 0.5]), np.array([0.4, 0.2, 0.6, 0.8])
    values = quality.task_quality(labelled, outcome, np.array([0, 2, 3, 1]), 2, 0.5)
    found = dict(zip(quality.QUANTITIES, values, strict=True))
    assert found == pytest.approx(
        {
            "spearman": 0.4 - 0.2,
            "spearman_top": -1,
            "claimed": 0.9,
            "pick": 0.4,
            "optimism": 0.5,
            "top": 0.5,
            "pool_mean": 0.5,
            "pool_median": 0.5,
            "worst": 0.2,
            "best": 0.8,
            "overlap": 0.5,
            "pick_is_best": 0,
            "pick_in_top": 0,
            "pick_rank": 3,
            "base": 0.5,
            "pick_gain": -0.1,
            "pick_beats_base": 0,
            "cells_beat_base": 0.5,
        }
    )


def planted(adapters=40, tasks=6, owners=8, noise=0.0, seed=0):
    """Adapters whose labelled score is their outcome and noise."""
    random = np.random.default_rng(seed)
    outcome = random.uniform(0.2, 0.8, (adapters, tasks))
    return resampling.Matrices(
        [f"owner{i % owners}/{i}" for i in range(adapters)],
        [f"task{t}" for t in range(tasks)],
        outcome + noise * random.standard_normal((adapters, tasks)),
        outcome,
        np.full(tasks, 0.5),
    )


def summarised(given, draws=200):
    summary, by_task = resampling.summary(given, top=5, tie_breaks=2, draws=draws, seed=1)
    return summary.set_index("quantity"), by_task


def test_a_perfect_score_chooses_the_best_without_optimism():
    summary, by_task = summarised(planted())
    spearman = summary.loc["spearman", ["value", "both_low", "both_high"]].tolist()
    assert spearman == pytest.approx([1, 1, 1])
    assert summary.loc[["optimism", "pick_rank"], "value"].tolist() == [0, 1]
    assert summary.loc["pick", "value"] == summary.loc["best", "value"]
    assert set(by_task["adapters"]) == {40}


def test_intervals_hold_what_they_are_of():
    summary, _ = summarised(planted(noise=0.3))
    means = summary.loc[["spearman", "pool_mean", "top", "pick"]]
    for scope in resampling.SCOPES:
        assert (means[f"{scope}_low"] < means["value"]).all(), scope
        assert (means["value"] < means[f"{scope}_high"]).all(), scope
    assert (summary["owners"] == 8).all()


def test_both_is_wider_than_either_where_owners_and_tasks_differ():
    given = planted(adapters=60, owners=6)
    given.outcome[:] += np.arange(60)[:, None] % 6 / 20 + np.arange(6) / 20
    summary, _ = summarised(given, draws=400)
    row = summary.loc["pool_mean"]
    width = {scope: row[f"{scope}_high"] - row[f"{scope}_low"] for scope in resampling.SCOPES}
    spread = np.std([given.outcome[owner::6].mean() for owner in range(6)])
    assert width["owners"] == pytest.approx(2 * 1.96 * spread / np.sqrt(6), rel=0.2)
    assert width["both"] > 1.1 * max(width["tasks"], width["owners"])


def test_one_owner_one_task_and_missing_scores():
    given = planted(adapters=4, tasks=1, owners=1)
    given.outcome[0, 0] = np.nan
    summary, by_task = summarised(given)
    assert summary.loc["pool_mean", ["owners_low", "owners_high"]].nunique() == 1
    assert not any(name.startswith("share_") for name in summary.index)
    assert set(by_task["adapters"]) == {3}


def test_without_a_base_nothing_is_said_of_it():
    given = planted()
    given.base[:] = np.nan
    summary, _ = summarised(given)
    assert not {"base", "pick_gain", "pick_beats_base", "cells_beat_base"} & set(summary.index)


def test_same_seed_same_numbers():
    one, two = summarised(planted(noise=0.2))[0], summarised(planted(noise=0.2))[0]
    pd.testing.assert_frame_equal(one, two)


def test_ties_are_broken_by_chance():
    given = planted(adapters=10, tasks=1)
    given.labelled[:] = 0.5
    orders = resampling.rankings(given, 3, 50)[0]
    assert len({order[0] for order in orders}) > 5


METHODS = {
    "a": Column(file="a.csv", column="score", expected=0.7),
    "b": Column(file="b.csv", column="score"),
}


def test_methods_are_averaged_and_compared_on_the_tasks_of_both():
    a = pd.Series({"x": 0.5, "y": 0.7, "z": 0.9})
    b = pd.Series({"x": 0.4, "y": 0.6})
    random = np.random.default_rng(0)
    means = comparison.means({"a": a, "b": b}, METHODS, 200, random)
    assert means[["tasks", "value"]].to_numpy().tolist() == [[3, pytest.approx(0.7)], [2, 0.5]]
    pairs = [MethodContrast(method="a", reference="b")]
    [row] = comparison.differences({"a": a, "b": b}, pairs, 200, random).to_dict("records")
    assert (row["tasks"], row["wins"], row["losses"]) == (2, 2, 0)
    assert [row["difference"], row["low"], row["high"]] == pytest.approx([0.1] * 3)


# Files


def stored(tmp_path, text, name="matrix.csv"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


TWICE = "idx,Model ID,Mean,golf,chess,golf\n0,o/a,7.5,0.1,0.2,0.3\n1,o/b,8,,0.5,0.6\n"


def test_twin_headers_are_told_apart_and_the_rest_is_listed(tmp_path):
    path = stored(tmp_path, TWICE)
    read = matrices.of_csv(
        path, ["golf", "chess", "go"], adapter="Model ID", columns={"golf": "golf.1"}
    )
    assert read.scores.loc["o/a"].to_dict() == {"golf": 0.3, "chess": 0.2}
    assert [row.id for row in read.dropped] == ["column idx", "column Mean", "column golf"]


READING = {
    "ambiguous": (TWICE, {}, "column golf: found 'twice'"),
    "no such header": (TWICE, {"columns": {"golf": "golf.2"}}, "expected also 'golf.2'"),
    "no names": ("golf\n0.5\n", {}, "expected also 'Model ID'"),
    "empty": ("", {}, "expected also 'Model ID'"),
    "name twice": ("Model ID,golf\na,0\na,1\n", {}, "Model ID: found 'a', expected each once"),
    "not a share": ("Model ID,golf\na,1.5\n", {}, "found '1.5', expected a share from 0 to 1"),
    "not a number": ("Model ID,golf\na,good\n", {}, "found 'good', expected a share"),
}


@pytest.mark.parametrize(("text", "options", "message"), READING.values(), ids=READING)
def test_unusable_matrix_is_refused(tmp_path, text, options, message):
    with pytest.raises(InputError, match=message):
        matrices.of_csv(stored(tmp_path, text), ["golf"], adapter="Model ID", **options)


def test_relative_changes_are_undone(tmp_path):
    content = {
        "golf": {"o---a": 0.5, "o---b": None, "zero_shot": 0.4},
        "chess": {"o---a": None, "zero_shot": None},
        "go": {"o---a": 0, "zero_shot": 1},
    }
    read = matrices.of_relative_changes(stored(tmp_path, json.dumps(content)), ["golf", "chess"])
    assert read.scores["golf"].to_dict() == pytest.approx({"o/a": 0.6, "o/b": np.nan}, nan_ok=True)
    assert list(read.scores) == ["golf"]
    assert [row.id for row in read.dropped] == ["column go", "column chess"]


def test_no_score_follows_from_a_base_of_zero(tmp_path):
    path = stored(tmp_path, json.dumps({"golf": {"o---a": 1, "zero_shot": 0}}))
    with pytest.raises(InputError, match=r"golf.zero_shot: found 0, expected a positive score"):
        matrices.of_relative_changes(path, ["golf"])


def test_pool_gives_order_and_reasons(tmp_path):
    text = "adapter,golf,chess\na,0,0\nb,1,\nc,0.5,1\n"
    read = matrices.of_csv(stored(tmp_path, text), ["golf", "chess"])
    kept = matrices.restricted(read, ["d", "b", "a"], complete=True)
    assert list(kept.scores.index) == ["b", "a"]
    assert list(kept.scores) == ["golf"]
    assert [tuple(row) for row in kept.dropped] == [
        ("c", "not in the list of adapters"),
        ("d", "listed without scores"),
        ("column chess", "1 adapters without a score"),
    ]
    with pytest.raises(InputError, match="expected at least one adapter and task"):
        matrices.restricted(read, ["d"], complete=False)


def test_column_of_tasks_with_old_names(tmp_path):
    path = stored(tmp_path, "task,x\nmain,0.5\ngo,0.1\nchess,\n")
    found = matrices.column(path, ["chess", "gsm8k"], column="x", names={"main": "gsm8k"})
    assert found.to_dict() == {"gsm8k": 0.5}
    with pytest.raises(InputError, match="expected also 'y'"):
        matrices.column(path, ["go"], column="y")
    with pytest.raises(InputError, match="found 'go', expected each task once"):
        matrices.column(path, ["go"], column="x", names={"main": "go"})


def test_outcome_without_common_adapters_is_refused():
    cells = pd.DataFrame(
        [("labelled", "a", "t", 0.5), ("later", "b", "t", 0.5)],
        columns=["measure", "adapter", "task", "score"],
    )
    with pytest.raises(InputError, match="outcome later: adapters and tasks: found"):
        matrices.paired(cells, "later")


def test_expected_value_of_no_quantity_is_refused():
    with pytest.raises(InputError, match="found 'median', expected one of"):
        matrices.check_expected({"median": 1}, ["spearman"], "outcomes.x.expected")


def digest(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def server(tmp_path):
    """Address of a server of `tmp_path/served`."""
    (tmp_path / "served").mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(tmp_path / "served"))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{httpd.server_port}"
        httpd.shutdown()


def test_file_comes_from_the_folder_or_by_its_address(tmp_path, server):
    content = b"adapter,golf\n"
    (tmp_path / "served/x.csv").write_bytes(content)
    for name, local in (("here", str(tmp_path / "served/x.csv")), ("there", None)):
        files.obtain(tmp_path / name, local=local, url=f"{server}/x.csv", sha256=digest(content))
        assert (tmp_path / name).read_bytes() == content


def test_another_file_is_refused_and_leaves_nothing(tmp_path, server):
    (tmp_path / "served/x.csv").write_bytes(b"new")
    with pytest.raises(InputError, match="sha256: found"):
        files.obtain(tmp_path / "x", local=None, url=f"{server}/x.csv", sha256=digest(b"old"))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("path", "message"),
    [("/none.csv", "404.*expected an address that answers"), (None, "expected an http address")],
)
def test_address_without_the_file_says_what_to_do(tmp_path, server, path, message):
    url = f"{server}{path}" if path else "file:///etc/hosts"
    with pytest.raises(InputError, match=message):
        files.obtain(tmp_path / "x", local=None, url=url, sha256=digest(b""))


@pytest.mark.parametrize(
    ("problems", "waited"),
    [(["503", "reset"], [5, 20]), (["503"] * 4, [5, 20, 60]), (["404"], [])],
    ids=["passing", "lasting", "refused"],
)
def test_only_a_failure_that_may_pass_is_asked_again(
    tmp_path, monkeypatch, capsys, problems, waited
):
    naps, answers = [], iter(problems)

    def answer(url, timeout):
        problem = next(answers, None)
        if problem == "reset":
            raise ConnectionResetError("reset")
        if problem:
            raise urllib.error.HTTPError(url, int(problem), problem, {}, io.BytesIO())
        return io.BytesIO(b"late")

    monkeypatch.setattr(files._read.retry, "sleep", naps.append)
    monkeypatch.setattr(files.urllib.request, "urlopen", answer)
    wanted = {"local": None, "url": "http://there/x", "sha256": digest(b"late")}
    if "reset" in problems:
        files.obtain(tmp_path / "x", **wanted)
        assert (tmp_path / "x").read_bytes() == b"late"
    else:
        with pytest.raises(InputError, match=f"{problems[0]}.*expected an address that answers"):
            files.obtain(tmp_path / "x", **wanted)
    assert naps == waited
    said = [line.partition("; ")[2] for line in capsys.readouterr().out.splitlines()]
    assert said == [f"another try in {seconds} s" for seconds in waited]


def test_too_large_a_file_is_refused(tmp_path, server, monkeypatch):
    monkeypatch.setattr(files, "LARGEST", 2)
    (tmp_path / "served/x").write_bytes(b"long")
    with pytest.raises(InputError, match="bytes: found 4, expected at most 2"):
        files.obtain(tmp_path / "y", local=None, url=f"{server}/x", sha256=digest(b"long"))


# Configuration


FAULTS = {
    "unknown key": (("tasks2",), [], r"\(top level\): found 'tasks2'"),
    "file": (("labelled", "file"), "x.csv", r"labelled.file: found 'x.csv', expected a file"),
    "pool": (("adapters",), "x.txt", r"adapters: found 'x.txt', expected a file"),
    "column": (
        ("outcomes", "as_published", "columns"),
        {"bowls": "x"},
        r"outcomes.as_published.columns: found 'bowls', expected a task",
    ),
    "base": (
        ("outcomes", "as_published", "base", "file"),
        "x.csv",
        r"outcomes.as_published.base.file: found 'x.csv'",
    ),
    "method": (("methods", "ties", "file"), "x.csv", r"methods.ties.file: found 'x.csv'"),
    "pair": (
        ("contrasts",),
        [{"method": "ties", "reference": "dare"}],
        r"contrasts.0.reference: found 'dare', expected a method",
    ),
    "digest": (("files", "zero_shot_performance.csv", "sha256"), "abc", "sha256: found 'abc'"),
    "kind": (("kind",), "dance", r"kind: found 'dance', expected a kind of study, one of"),
}


@pytest.mark.parametrize(("path", "value", "message"), FAULTS.values(), ids=FAULTS)
def test_fault_in_the_config_is_named(path, value, message):
    study = json.loads(json.dumps(STUDY))
    place = study
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(InputError, match=message):
        complete(study)


def test_defaults_are_filled():
    full = complete(STUDY)
    assert full.outcomes["as_published"].form == "csv"
    assert full.statistics.top == 30


# Figures and the page


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Inputs of the figures, from planted scores."""
    folder = tmp_path_factory.mktemp("replay")
    summary, by_task = resampling.summary(planted(noise=0.2), top=5, tie_breaks=2, draws=50, seed=1)
    summary["expected"] = summary["quantity"].map({"spearman": 0.75, "pick_rank": 26})
    random = np.random.default_rng(0)
    methods = {"ties": pd.Series({"a": 0.3, "b": 0.4})}
    printed = Column(file="ties.csv", column="score", published=0.36)
    inputs = {
        "quality": summary.assign(outcome="later")[[*tables.columns("quality")]],
        "quality_by_task": by_task.assign(outcome="later")[[*tables.columns("quality_by_task")]],
        "methods": comparison.means(methods, {"ties": printed}, 50, random),
    }
    for schema, table in inputs.items():
        tables.write_table(table, folder / f"{schema}.tsv", schema)
    return {
        "quality": str(folder / "quality.tsv"),
        "by_task": str(folder / "quality_by_task.tsv"),
        "methods": str(folder / "methods.tsv"),
        "top": 5,
    }


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_is_saved_and_says_n(drawn, tmp_path, name):
    draw = getattr(quality_figures, FIGURES[name].split(":")[1])
    style.save(draw, drawn, str(tmp_path / "x.svg"), str(tmp_path / "x.png"))
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    note = draw(**drawn).get_supxlabel()
    assert "40 adapters of 8 owners on 6 tasks" in note or "95% intervals over tasks" in note


def test_caption_says_what_would_refute():
    caption = (studies.ROOT / "workflow/report/replay.rst").read_text()
    for name in FIGURES:
        assert f"*{name}*" in caption
    assert "refuted" in caption


def test_the_page_holds_ours_beside_the_others(drawn):
    text = page.write(
        tables.read_table(drawn["quality"], "quality"),
        tables.read_table(drawn["methods"], "methods"),
        pd.DataFrame(),
        5,
    )
    assert "## Labelled score against outcome: later" in text
    assert "| rank of the adapter ranked first, median | 6 | 26 |" in text
    assert "| ties | 2 | 0.360 |  | 0.350 |" in text
    assert "Differences" not in text


# The published files


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """All published scores in one table, read as the workflow does."""
    import gather_scores

    folder = tmp_path_factory.mktemp("published")
    study = complete(STUDY)
    gather_scores.main(
        files={name: str(FOLDER / name) for name in study.files},
        tasks=study.tasks,
        adapters=study.adapters,
        labelled=study.labelled,
        outcomes=study.outcomes,
        methods=study.methods,
        scores=str(folder / "scores.parquet"),
        dropped=str(folder / "dropped.tsv"),
    )
    return pd.read_parquet(folder / "scores.parquet")


def listed(given: resampling.Matrices) -> list[list[np.ndarray]]:
    """Rankings whose ties keep the order of the published list, as the other computation did."""
    ids = (FOLDER / STUDY["adapters"]).read_text().split()
    place = {name: i for i, name in enumerate(given.adapters)}
    rows = np.array([place[name] for name in ids if name in place])
    orders = []
    for t in range(len(given.tasks)):
        known = rows[~np.isnan(given.labelled[rows, t]) & ~np.isnan(given.outcome[rows, t])]
        orders.append([known[np.argsort(-given.labelled[known, t], kind="stable")]])
    return orders


@published
def test_published_files_are_those_that_are_pinned():
    for name, file in STUDY["files"].items():
        assert digest((FOLDER / name).read_bytes()) == file["sha256"], name


@published
def test_selection_from_the_published_matrices(cells):
    given = matrices.paired(cells, "as_published")
    assert (len(given.adapters), len(given.tasks)) == (960, 48)
    by_task = resampling.measure(given, listed(given), 30)
    found = dict(zip(quality.QUANTITIES, resampling.centres(by_task), strict=True))
    assert found["spearman"] == pytest.approx(0.750, abs=5e-4)
    assert np.median(by_task[:, 0]) == pytest.approx(0.812, abs=5e-4)
    assert found["spearman_top"] == pytest.approx(0.22, abs=5e-3)
    assert found["claimed"] == pytest.approx(0.669, abs=5e-4)
    assert found["pick"] == pytest.approx(0.588, abs=5e-4)
    assert found["optimism"] == pytest.approx(0.081, abs=5e-4)
    assert found["overlap"] == pytest.approx(0.315, abs=1e-2)
    assert found["pick_rank"] == 26
    column = list(quality.QUANTITIES).index
    assert by_task[:, column("pick_rank")].mean() == pytest.approx(129, abs=0.5)
    assert (by_task[:, column("pick_rank")] <= 10).sum() == 19
    assert by_task[:, column("pick_in_top")].sum() == 27
    with_base = ~np.isnan(given.base)
    middle = dict(zip(quality.QUANTITIES, resampling.centres(by_task[with_base]), strict=True))
    expected = {
        "base": 0.505,
        "pool_mean": 0.443,
        "pool_median": 0.486,
        "pick": 0.587,
        "top": 0.568,
        "best": 0.633,
    }
    assert with_base.sum() == 46
    assert {name: middle[name] for name in expected} == pytest.approx(expected, abs=1.2e-3)
    assert middle["cells_beat_base"] == pytest.approx(0.35, abs=5e-3)
    assert by_task[with_base, column("pick_beats_base")].sum() == 39


@published
def test_tuning_of_single_adapters(cells):
    given = matrices.paired(cells, "after_tuning")
    assert given.outcome.shape == (296, 50)
    by_task = resampling.measure(given, listed(given), 30)
    found = dict(zip(quality.QUANTITIES, resampling.centres(by_task), strict=True))
    expected = {
        "spearman": 0.14,
        "worst": 0.480,
        "pool_median": 0.570,
        "best": 0.638,
        "base": 0.487,
        "cells_beat_base": 0.88,
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=5e-3)
    rho = dict(zip(given.tasks, by_task[:, 0], strict=True))
    assert min(rho, key=rho.get) == "glue_mnli"
    assert rho["glue_mnli"] == pytest.approx(-0.27, abs=5e-3)
    assert rho["multistep_arithmetic"] == pytest.approx(0.65, abs=5e-3)
    shares = variance.shares(given.outcome.T)
    assert shares == pytest.approx([0.963, 0.008, 0.029], abs=6e-4)


@published
def test_means_and_differences_of_published_methods(cells):
    by_task = {
        name: cells[cells["measure"] == name].set_index("task")["score"]
        for name in STUDY["methods"]
    }
    random = np.random.default_rng(0)
    study = complete(STUDY)
    means = comparison.means(by_task, study.methods, 100, random)
    assert (means["value"] - means["expected"]).abs().max() < 6e-4
    pairs = comparison.differences(by_task, study.contrasts, 2000, random)
    assert (pairs["difference"] - pairs["expected"]).abs().max() < 6e-4
    first = pairs.iloc[0]
    assert [first["low"], first["high"]] == pytest.approx([0.019, 0.052], abs=2e-3)


# The workflow


@pytest.mark.workflow
def test_another_matrix_goes_through_by_its_config_alone(tmp_path):
    folder = studies.copy(tmp_path / "project")
    given = planted(adapters=12, tasks=3, owners=4, noise=0.1)
    content = {}
    for name, scores_ in (("seen", given.labelled), ("later", given.outcome)):
        frame = pd.DataFrame(scores_.clip(0, 1), columns=given.tasks)
        frame.insert(0, "adapter", given.adapters)
        content[f"{name}.csv"] = frame.to_csv(index=False)
    (folder / "scores").mkdir()
    for name, text in content.items():
        (folder / "scores" / name).write_text(text)
    study = {
        "kind": "replay",
        "study": "other",
        "folder": "scores",
        "url": "http://127.0.0.1:9",
        "files": {
            name: {"path": name, "sha256": digest(text.encode())} for name, text in content.items()
        },
        "tasks": given.tasks,
        "labelled": {"file": "seen.csv"},
        "outcomes": {"later": {"file": "later.csv"}},
        "statistics": {"top": 3, "tie_breaks": 2, "resamples": 100},
    }
    (folder / "other.yaml").write_text(yaml.safe_dump(study))
    done = studies.snakemake(folder, "--configfile", "other.yaml")
    assert done.returncode == 0, done.stdout[-3000:]
    results = folder / "results/other"
    found = tables.read_table(results / "tables/quality.tsv", "quality").set_index("quantity")
    assert found.loc["spearman", "value"] > 0.5
    assert {file.stem for file in results.glob("figures/*.svg")} == {"selection", "tasks"}
    assert "Nothing to be done" in studies.snakemake(folder, "--configfile", "other.yaml").stdout
