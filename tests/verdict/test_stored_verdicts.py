"""The stored verdicts say what today's code says of the stored tables."""

from shutil import copytree

import pytest
import rewrite_verdicts


@pytest.mark.parametrize("run", rewrite_verdicts.stored(), ids=lambda run: run.name)
def test_a_stored_verdict_is_what_its_tables_say(run):
    say = "expected what its tables say; `make verdicts` writes it anew"
    assert rewrite_verdicts.rewritten(run) == (run / "verdict.md").read_text(), say


def test_a_verdict_of_older_wording_is_written_anew_and_named(tmp_path, monkeypatch, capsys):
    run = rewrite_verdicts.stored()[0]
    copytree(run, tmp_path / run.name)
    monkeypatch.setattr(rewrite_verdicts, "REFERENCE", tmp_path)
    file = tmp_path / run.name / "verdict.md"
    was = file.read_text()
    rewrite_verdicts.main()
    assert capsys.readouterr().out == ""
    file.write_text(was.replace("## The evidence", "## Evidence"))
    rewrite_verdicts.main()
    assert (file.read_text(), capsys.readouterr().out) == (was, f"{file}\n")
