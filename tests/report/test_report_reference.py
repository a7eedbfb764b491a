"""Reports of stored runs: made where the committed tables suffice, else refused with what lacks."""

import pytest
import report_cases
import report_reference


def test_the_report_of_a_stored_run_is_made_from_what_is_committed(tmp_path, capsys):
    report = tmp_path / "new" / "report.html"
    report_reference.main("preconditions", report_cases.REFERENCE / "preconditions", report)
    assert report.read_text().startswith("<!DOCTYPE html>")
    assert capsys.readouterr().out == f"{report}\n"


def test_a_study_whose_answers_are_not_committed_is_refused_with_what_to_do(tmp_path):
    report = tmp_path / "report.html"
    absent = (
        r"files of the report are not committed, .* run the study, which writes results/smollm2"
    )
    with pytest.raises(SystemExit, match=absent):
        report_reference.main("smollm2", report_cases.REFERENCE / "smollm2", report)
    assert not report.exists()
