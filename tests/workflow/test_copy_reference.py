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
    assert copied == kept | {"disk.tsv"}
    said = "left out, since it has 3,000,001 bytes and not 3,000,000 at most: "
    assert f"{said}{run / 'report.html'}" in capsys.readouterr().out
    (run / "report.html").write_text("a report")
    copy_reference.main(run, reference)
    assert (reference / "report.html").read_text() == "a report"


def test_what_a_run_takes_on_disk_is_kept(tmp_path):
    run, reference = tmp_path / "run", tmp_path / "reference"
    (run / "pool/deep").mkdir(parents=True)
    (run / "hub").mkdir()
    (run / "pool/one").write_bytes(b"x" * 10)
    (run / "pool/deep/two").write_bytes(b"x" * 5)
    (run / "pool/deep/same").hardlink_to(run / "pool/one")
    (run / "hub/three").write_bytes(b"x" * 20)
    (run / "hub/far").symlink_to(run / "pool")
    (run / "provenance.json").write_text("{}")
    copy_reference.main(run, reference)
    lines = (reference / "disk.tsv").read_text().splitlines()
    assert lines[0] == "folder\tfiles\tbytes"
    link = len(str(run / "pool"))
    assert lines[1:] == [f"hub\t2\t{20 + link}", "pool\t3\t15"]


def test_unfinished_run_is_refused(tmp_path):
    with pytest.raises(SystemExit, match=r"no provenance.json, expected a finished run"):
        copy_reference.main(tmp_path, tmp_path / "reference")
