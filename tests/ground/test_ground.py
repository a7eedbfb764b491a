"""Seeds, tables, registry, digests and logs: what every other room stands on."""

import shutil
import subprocess
import sys
import textwrap

import pandas as pd
import pytest
import studies
import torch
from hypothesis import given
from hypothesis import strategies as st

from recycling import composition, preconditions, replay, verdict
from recycling.adapters import TWINS
from recycling.ground import provenance, registry, seeds, tables
from recycling.ground.errors import InputError
from recycling.merging import METHODS
from recycling.model import BASE_SOURCES
from recycling.tasks import SOURCES
from recycling.verdict.experiments import EXPERIMENTS


@given(st.integers(0, 2**40), st.lists(st.text(max_size=5), max_size=3))
def test_seed_depends_on_every_name_in_its_place(root, names):
    first = seeds.derive(root, *names)
    assert first == seeds.derive(root, *names)
    assert 0 <= first < 2**63
    assert first != seeds.derive(root + 1, *names)
    assert first != seeds.derive(root, *names, "")


def test_seed_is_the_same_in_every_process():
    assert seeds.derive(7, "replicate", "capital", 0) == 674330815834938917
    assert torch.rand(1, generator=seeds.torch_generator(1, "a")) != torch.rand(
        1, generator=seeds.torch_generator(1, "b")
    )
    assert seeds.numpy_generator(1, "a").random() == seeds.numpy_generator(1, "a").random()


def test_input_error_is_one_line_and_short():
    message = str(InputError("config", "arms", {"x": "y" * 500}, "a\nmapping", "mend it"))
    assert "\n" not in message
    assert len(message) < 250


ROWS = [{"position": 1, "adapter": "a--b", "shard": 0, "score": 0.123456789, "passed_over": ""}]


def test_table_round_trip_keeps_types_and_six_digits(tmp_path):
    path = tmp_path / "ranking.tsv"
    tables.write_table(ROWS, path, "ranking")
    assert (
        path.read_text() == "position\tadapter\tshard\tscore\tpassed_over\n1\ta--b\t0\t0.123457\t\n"
    )
    read = tables.read_table(path, "ranking")
    assert read["position"].dtype == "Int64"
    assert read["score"][0] == pytest.approx(0.123457)


def test_table_keeps_missing_values_and_booleans(tmp_path):
    path = tmp_path / "curve.tsv"
    row = {"step": 0, "train_loss": None, "valid_loss": 1.0, "kept": True}
    tables.write_table([row, row | {"kept": False}], path, "curve")
    read = tables.read_table(path, "curve")
    assert read["train_loss"].isna().all()
    assert read["kept"].tolist() == [True, False]


def test_empty_table_has_its_columns(tmp_path):
    tables.write_table([], tmp_path / "curve.tsv", "curve")
    assert tables.read_table(tmp_path / "curve.tsv", "curve").empty


def test_table_with_other_columns_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"columns: found .*'extra'.*expected .*'position'"):
        tables.write_table(pd.DataFrame([ROWS[0] | {"extra": 1}]), tmp_path / "x.tsv", "ranking")


def test_table_with_other_types_is_an_error(tmp_path):
    path = tmp_path / "ranking.tsv"
    path.write_text("position\tadapter\tshard\tscore\tpassed_over\nfirst\ta\t0\t1\t\n")
    with pytest.raises(InputError, match=r"values: found .* the types of table 'ranking'"):
        tables.read_table(path, "ranking")


def test_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "record.json"
    tables.write_json({"a": 1}, path)

    def fail() -> None:
        with tables.replacing(path) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert tables.read_json(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


def test_what_a_killed_writer_left_is_taken_over(tmp_path):
    path = tmp_path / "record.json"

    code = "import os; from recycling.ground import tables\n"
    code += f"with tables.replacing({str(path)!r}) as temporary:\n"
    code += "    temporary.write_text('more than what comes next'); os._exit(9)"
    source = studies.ROOT / "src"
    assert subprocess.run([sys.executable, "-c", code], cwd=source).returncode == 9
    assert len(list(tmp_path.iterdir())) == 1
    tables.write_json({"a": 1}, path)
    assert tables.read_json(path) == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


TABLES = {
    "methods": registry.entries(METHODS),
    "twins": registry.entries(TWINS),
    "subjects": registry.entries(composition.SUBJECTS),
    "merges of composition": composition.METHODS,
    "oracles": composition.ORACLES,
    "task sources": SOURCES,
    "base sources": BASE_SOURCES,
    "experiments": {name: row.entry for name, row in EXPERIMENTS.items()},
    "figures": verdict.FIGURES,
    "figures of composition": composition.FIGURES,
    "figures of preconditions": preconditions.FIGURES,
    "figures of a replay": replay.FIGURES,
}


@pytest.mark.parametrize("entries", TABLES.values(), ids=TABLES)
def test_every_entry_of_every_table_exists(entries):
    assert entries
    for entry in entries.values():
        assert callable(registry.load(entry))
        registry.options(entry)


def test_options_are_the_keyword_only_arguments():
    options = registry.options("recycling.merging.ties:ties")
    assert options == {"density": ("float", 0.2), "scale": ("float", 1.0)}


def test_missing_function_is_named():
    with pytest.raises(LookupError, match="no top-level function absent"):
        registry.options("recycling.merging.static:absent")


def digests(folder, *modules):
    code = f"""
        import sys
        sys.path.insert(0, {str(folder)!r})
        from recycling.ground.provenance import source_digest
        print(source_digest("merging/merge_adapters", *{modules!r}))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_digest_follows_imports_and_ignores_comments(tmp_path):
    folder = tmp_path / "src"
    shutil.copytree(studies.ROOT / "src", folder)
    shutil.copytree(studies.ROOT / "workflow/scripts", tmp_path / "workflow/scripts")
    static = "recycling.merging.static"
    before, other = digests(folder, static), digests(folder, "recycling.merging.learned")
    file = folder / "recycling/merging/static.py"
    file.write_text(file.read_text().replace('"""Merges', '"""The merges') + "# nothing\n")
    assert digests(folder, static) == before
    file.write_text(file.read_text() + "NEW = 1\n")
    assert digests(folder, static) != before
    assert digests(folder, "recycling.merging.learned") == other
    deep = folder / "recycling/adapters/canonical.py"
    deep.write_text(deep.read_text() + "NEW = 1\n")
    assert digests(folder, "recycling.merging.learned") != other


def test_digest_of_every_script_reaches_the_library():
    for script in provenance.SCRIPTS.glob("*/*.py"):
        assert len(provenance.source_digest(f"{script.parent.name}/{script.stem}")) == 16


def test_run_record_names_commit_versions_and_config():
    record = provenance.run_record({"study": "x"})
    assert record["config"] == {"study": "x"}
    assert set(record["packages"]) == set(provenance.PACKAGES)
    assert {"commit", "uncommitted_changes", "processor", "system", "python"} <= set(record)


def test_seconds_by_rule_add_up_over_jobs(tmp_path):
    header = "s\th:m:s\tmax_rss\n"
    (tmp_path / "merge" / "a").mkdir(parents=True)
    (tmp_path / "merge" / "a" / "0.tsv").write_text(f"{header}1.5\t0:00:01\t10\n")
    (tmp_path / "merge" / "1.tsv").write_text(f"{header}2.5\t0:00:02\t30\n")
    (tmp_path / "fetch.tsv").write_text(f"{header}4\t0:00:04\t-\n")
    assert provenance.seconds_by_rule(tmp_path) == {
        "fetch": {"jobs": 1, "seconds": 4.0, "max_rss_mb": 0.0},
        "merge": {"jobs": 2, "seconds": 4.0, "max_rss_mb": 30.0},
    }


def logged(tmp_path, body):
    """What a script leaves in its log, and its exit code."""
    log = tmp_path / "logs" / "x.log"
    code = f"""
        import os, sys
        sys.path.insert(0, {str(studies.ROOT / "src")!r})
        from recycling.ground import runlog
        from recycling.ground.errors import InputError
        runlog.start({str(log)!r}, 1)
        {body}
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True)
    assert done.stdout == b""
    return done.returncode, log.read_text()


def test_log_takes_both_streams_and_what_c_libraries_print(tmp_path):
    code, text = logged(
        tmp_path,
        "print('one'); print('two', file=sys.stderr); sys.stdout.flush(); "
        "os.write(2, b'three'); print(os.environ['OMP_NUM_THREADS'], flush=True)",
    )
    assert code == 0
    assert {"one", "two", "three1"} <= set(text.split())


def test_input_error_in_a_script_is_one_line_without_traceback(tmp_path):
    code, text = logged(tmp_path, "raise InputError('a', 'b', 1, 'two', 'mend')")
    assert code == 1
    assert text == "ERROR a: b: found 1, expected two; mend\n"


@pytest.mark.parametrize(
    "error",
    ["MemoryError()", "RuntimeError('DefaultCPUAllocator: can\\'t allocate memory: 8 bytes')"],
)
def test_a_script_out_of_memory_says_what_to_change(tmp_path, error):
    code, text = logged(tmp_path, f"sys.argv = ['/x/tmp1.predict.py']; raise {error}")
    assert code == 1
    assert text.startswith("ERROR memory: predict: found ")
    assert "raise mem_mb of predict in the profile" in text
    assert text.count("\n") == 1


def test_a_script_is_offline_unless_it_says_otherwise(tmp_path):
    show = "print(os.environ.get('HF_HUB_OFFLINE'), flush=True)"
    _, text = logged(tmp_path, show)
    assert text == "1\n"
    again = f"runlog.start({str(tmp_path / 'x')!r}, 1, online=True); {show}"
    logged(tmp_path, f"del os.environ['HF_HUB_OFFLINE']; {again}")
    assert (tmp_path / "x").read_text() == "None\n"


def test_other_errors_in_a_script_keep_their_traceback(tmp_path):
    code, text = logged(tmp_path, "1 / 0")
    assert code == 1
    assert "Traceback" in text
    assert "ZeroDivisionError" in text


def test_progress_tells_count_and_time_left(capsys):
    from recycling.ground.runlog import Progress

    progress = Progress("rows", 3, every=2)
    for _ in range(3):
        progress.step("fine")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" [")[0] for line in lines] == ["rows 2/3 fine", "rows 3/3 fine"]
    assert "s left]" in lines[0]
