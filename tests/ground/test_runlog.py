"""What a script leaves in its log, whether it ends well or not."""

import subprocess
import sys
import textwrap

import pytest
import studies


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


def test_the_console_is_heard_beside_the_log():
    code = f"""
        import sys
        sys.path.insert(0, {str(studies.ROOT / "src")!r})
        from recycling.ground import runlog
        console = runlog.console()
        runlog.start("/dev/null", 1)
        print("for the log", flush=True)
        print("for the user", file=console, flush=True)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"for the user\n")


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


@pytest.mark.hostile
def test_the_message_of_an_unexpected_error_steers_no_terminal(tmp_path):
    code, text = logged(tmp_path, "raise KeyError('x') from ValueError('a\\x1b[2Jb\\u202ec\\nd')")
    assert code == 1
    assert r"ValueError: a\x1b[2Jb\u202ec" in text.splitlines()
    assert text.splitlines()[-1] == "KeyError: 'x'"
    assert all(line.isprintable() for line in text.splitlines())
