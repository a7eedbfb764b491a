"""Parts of a job: made once, taken over, made anew when anything of them has changed."""

import errno
import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
import studies
from hypothesis import given
from hypothesis import strategies as st

from recycling.ground import parts
from recycling.ground.errors import InputError
from recycling.ground.parts import Part, Parts

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def job(folder, **keys):
    """A job whose part of each name gives the outputs `NAME/text` and `NAME/more`."""
    given = {
        name: Part(key, (folder / "out" / name / "text", folder / "out" / name / "more"))
        for name, key in keys.items()
    }
    return Parts(folder / "store", given)


def write(name, folder):
    (folder / "text").write_text(f"text of {name}")
    (folder / "more").write_text(f"more of {name}")


def run(folder, **keys):
    """Run the job as a script does; the parts that it made."""
    these = job(folder, **keys)
    for name in these.missing:
        with these.making(name) as place:
            write(name, place)
    these.deliver()
    return these.missing


def outputs(folder):
    files = [path for path in (folder / "out").rglob("*") if path.is_file()]
    return {str(path.relative_to(folder / "out")): path.read_text() for path in files}


WHOLE = {f"{name}/{file}": f"{file} of {name}" for name in "ab" for file in ("text", "more")}


def remove_outputs(folder):
    for path in (folder / "out").rglob("*"):
        if path.is_file():
            path.unlink()


# keys


@given(st.dictionaries(st.text(min_size=1), JSON, min_size=1), st.text(min_size=1), JSON)
def test_a_key_is_of_all_that_a_part_is_made_from_and_of_no_order(made_from, name, value):
    before = parts.key(**made_from)
    assert parts.key(**dict(reversed(made_from.items()))) == before
    changed = {**made_from, name: value}
    same = json.dumps(changed, sort_keys=True) == json.dumps(made_from, sort_keys=True)
    assert (parts.key(**changed) == before) is same


def test_another_version_of_a_package_is_another_key(monkeypatch):
    before = parts.key(seed=1)
    version = parts.metadata.version
    monkeypatch.setattr(
        parts.metadata, "version", lambda name: "0" if name == "torch" else version(name)
    )
    assert parts.key(seed=1) != before


# made and taken over


def test_each_part_is_made_once_and_gives_its_outputs(tmp_path, capsys):
    assert run(tmp_path, a="1", b="1") == ["a", "b"]
    assert outputs(tmp_path) == WHOLE
    assert capsys.readouterr().out == "a: made, 0.0 s\nb: made, 0.0 s\n"
    remove_outputs(tmp_path)
    assert run(tmp_path, a="1", b="1") == []
    assert outputs(tmp_path) == WHOLE
    assert capsys.readouterr().out == "a: taken over\nb: taken over\n"


def test_outputs_take_no_space_of_their_own(tmp_path):
    run(tmp_path, a="1")
    assert (tmp_path / "out/a/text").samefile(tmp_path / "store/a/text")
    assert not (tmp_path / "out/a/part.json").exists()


def test_where_there_are_no_hard_links_outputs_are_copies(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    run(tmp_path, a="1", b="1")
    assert outputs(tmp_path) == WHOLE
    assert not (tmp_path / "out/a/text").samefile(tmp_path / "store/a/text")
    assert run(tmp_path, a="1", b="1") == []


def test_an_output_that_is_there_is_replaced_and_what_a_killed_job_left_is_taken_over(tmp_path):
    run(tmp_path, a="1")
    (tmp_path / "out/a/text").unlink()
    (tmp_path / "out/a/text").write_text("another")
    (tmp_path / "out/a/.more.tmp").write_text("half")
    run(tmp_path, a="1")
    assert outputs(tmp_path) == {"a/text": "text of a", "a/more": "more of a"}


def test_an_edit_of_one_part_costs_that_part(tmp_path, capsys):
    run(tmp_path, a="1", b="1")
    capsys.readouterr()
    assert run(tmp_path, a="1", b="2") == ["b"]
    said = "a: taken over\nb: what it is made from has changed, made anew\nb: made, 0.0 s\n"
    assert capsys.readouterr().out == said


def test_a_part_that_the_study_has_no_more_is_removed_and_that_of_another_job_is_not(
    tmp_path, capsys
):
    run(tmp_path, a="1", b="1", c="1")
    capsys.readouterr()
    these = Parts(tmp_path / "store", {"a": Part("1")}, named=("a", "b"))
    assert these.missing == []
    assert sorted(path.name for path in (tmp_path / "store").iterdir()) == ["a", "b"]
    assert capsys.readouterr().out == "c: removed, the study has it no more\na: taken over\n"


# damage


@given(st.sampled_from(["text", "more"]), st.binary())
def test_a_file_that_was_changed_is_made_anew(tmp_path_factory, file, content):
    folder = tmp_path_factory.mktemp("job")
    run(folder, a="1", b="1")
    before = (folder / "out/a" / file).read_bytes()
    # In place, as an editor may do it: the output and the file of the part are one.
    (folder / "out/a" / file).write_bytes(content)
    assert run(folder, a="1", b="1") == (["a"] if content != before else [])
    assert outputs(folder) == WHOLE


def test_a_changed_and_a_lost_file_are_named(tmp_path, capsys):
    run(tmp_path, a="1", b="1")
    (tmp_path / "store/a/text").write_text("another")
    (tmp_path / "store/b/more").unlink()
    capsys.readouterr()
    assert job(tmp_path, a="1", b="1").missing == ["a", "b"]
    assert capsys.readouterr().out == (
        "a: text is not what was made, made anew\nb: more is not what was made, made anew\n"
    )


@given(st.binary())
def test_a_damaged_record_never_stops_the_job(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("job")
    run(folder, a="1")
    (folder / "store/a/part.json").write_bytes(content)
    assert run(folder, a="1") == ["a"]


DAMAGED = (b"", b"[]", b"{", b"\xff", b'{"key": "1"}', b'{"key": "1", "files": [1]}')


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_record_is_named(tmp_path, capsys, content):
    run(tmp_path, a="1")
    (tmp_path / "store/a/part.json").write_bytes(content)
    capsys.readouterr()
    these = job(tmp_path, a="1")
    assert these.missing == ["a"]
    assert capsys.readouterr().out == "a: part.json is damaged, made anew\n"
    with pytest.raises(InputError, match=r"part\.json: content: found"):
        these.record("a")


def test_a_part_from_before_an_output_was_asked_of_it_is_made_anew(tmp_path, capsys):
    run(tmp_path, a="1")
    capsys.readouterr()
    wanted = Part("1", (tmp_path / "out/a/new",))
    assert Parts(tmp_path / "store", {"a": wanted}).missing == ["a"]
    assert capsys.readouterr().out == "a: new is not what was made, made anew\n"


# kills and faults


def test_a_kill_costs_the_part_that_was_being_made(tmp_path):
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(studies.ROOT / "src")!r})
        from recycling.ground.parts import Part, Parts
        these = Parts({str(tmp_path / "store")!r}, dict.fromkeys("abc", Part("1")))
        for name in these.missing:
            with these.making(name) as folder:
                (folder / "text").write_text("text of " + name)
                if name == "b":
                    os.kill(os.getpid(), signal.SIGKILL)
                (folder / "more").write_text("more of " + name)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / "store/b/text").exists()
    assert run(tmp_path, a="1", b="1", c="1") == ["b", "c"]
    assert outputs(tmp_path) == {**WHOLE, "c/text": "text of c", "c/more": "more of c"}


def test_a_part_that_fails_leaves_those_before_it(tmp_path):
    these = job(tmp_path, a="1", b="1")
    with these.making("a") as folder:
        write("a", folder)

    def fail():
        with these.making("b") as folder:
            (folder / "text").write_text("half")
            raise InputError("pool", "k", 9, "fewer", "lower it")

    with pytest.raises(InputError, match="k: found 9"):
        fail()
    assert not (tmp_path / "out").exists()
    assert run(tmp_path, a="1", b="1") == ["b"]
    assert outputs(tmp_path) == WHOLE


def test_a_script_that_does_not_make_an_output_is_told_so(tmp_path):
    these = job(tmp_path, a="1")
    message = "a: more was not made; mend the script"
    with pytest.raises(FileNotFoundError, match=message), these.making("a") as folder:
        (folder / "text").write_text("alone")
    assert job(tmp_path, a="1").missing == ["a"]


# time


def test_seconds_are_those_of_the_part_alone_and_stay_when_it_is_taken_over(tmp_path):
    these = job(tmp_path, a="1")
    with these.making("a") as folder:
        write("a", folder)
        with these.for_all():
            time.sleep(0.5)
        time.sleep(0.05)
    taken = these.record("a")
    assert 0.05 <= taken.seconds < 0.5
    assert 0 <= taken.cpu_seconds < 0.5
    again = job(tmp_path, a="1")
    assert again.record("a") == taken
    again.write_seconds("a", tmp_path / "seconds" / "a.tsv")
    assert (tmp_path / "seconds/a.tsv").read_text() == (
        f"s\tcpu_time\n{taken.seconds:.4f}\t{taken.cpu_seconds:.4f}\n"
    )


# what is needed for a while


def test_what_passes_is_handed_over_and_made_anew(tmp_path, capsys):
    out = tmp_path / "out"
    part = Part("1", (out / "text",), (out / "more",))

    def run():
        these = Parts(tmp_path / "store", {"a": part})
        for name in these.missing:
            with these.making(name) as place:
                write(name, place)
        these.deliver()
        return these.missing

    assert run() == ["a"]
    assert [path.name for path in (tmp_path / "store/a").iterdir() if path.name == "more"] == []
    assert (out / "more").stat().st_nlink == 1
    assert run() == ["a"]
    assert "a: more was handed over, made anew" in capsys.readouterr().out
    (out / "more").unlink()
    assert run() == ["a"]
    assert (out / "more").read_text() == "more of a"
