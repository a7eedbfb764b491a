"""The reference copy takes the small results of a finished run, and only of a finished one."""

import copy_reference
import pytest


def test_small_results_are_copied_and_old_ones_go(tmp_path, capsys):
    run, reference = tmp_path / "run", tmp_path / "reference"
    kept = {"verdict.md", "experiments.md", "provenance.json", "tables/a.tsv", "figures/a.png"}
    for name in (*kept, "pool/x.tsv"):
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(name)
    (run / "report.html").write_text("x" * (copy_reference.MOST + 1))
    (reference / "tables").mkdir(parents=True)
    (reference / "tables" / "old.tsv").write_text("old")
    copy_reference.main(run, reference)
    copied = {str(file.relative_to(reference)) for file in reference.rglob("*") if file.is_file()}
    assert copied == kept
    said = "left out, since it has 3,000,001 bytes and not 3,000,000 at most: "
    assert f"{said}{run / 'report.html'}" in capsys.readouterr().out
    (run / "report.html").write_text("a report")
    copy_reference.main(run, reference)
    assert (reference / "report.html").read_text() == "a report"


def test_unfinished_run_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"no provenance.json, expected a finished run"):
        copy_reference.main(tmp_path, tmp_path / "reference")
