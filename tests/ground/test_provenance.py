"""What made a result: the digest of its code and the record of its run."""

import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest
import studies

from recycling.ground import provenance


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


def test_a_new_row_of_a_table_reruns_no_other_merge(tmp_path):
    folder = tmp_path / "src"
    shutil.copytree(studies.ROOT / "src", folder)
    shutil.copytree(studies.ROOT / "workflow/scripts", tmp_path / "workflow/scripts")
    static = "recycling.merging.static"
    before = digests(folder, static)
    table = folder / "recycling/merging/__init__.py"
    table.write_text(
        table.read_text() + "METHODS['new'] = Method('recycling.merging.static:alone', 'new')\n"
    )
    assert digests(folder, static) == before
    table = folder / "recycling/adapters/__init__.py"
    table.write_text(table.read_text() + "TWINS['new'] = TWINS['norm']\n")
    assert digests(folder, static) != before  # twins are drawn by the table


def test_digest_of_every_script_reaches_the_library():
    for script in provenance.SCRIPTS.glob("*/*.py"):
        assert len(provenance.source_digest(f"{script.parent.name}/{script.stem}")) == 16


def test_run_record_names_commit_versions_and_config():
    record = provenance.run_record({"study": "x"})
    assert record["config"] == {"study": "x"}
    assert set(record["packages"]) == set(provenance.PACKAGES)
    keys = {"commit", "commit_unknown", "uncommitted_changes", "processor", "system", "python"}
    assert keys <= set(record)


def checkout_of(folder, **variables):
    """What the record of a run says of the code in `folder`."""
    code = "import json; from recycling.ground import provenance; print(json.dumps(%s))"
    done = subprocess.run(
        [sys.executable, "-c", code % "provenance.run_record({})"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(folder / "src"), **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    record = json.loads(done.stdout)
    return [record[key] for key in ("commit", "uncommitted_changes", "commit_unknown")]


def repository(folder):
    """A new repository with what lies in `folder`; its commit."""
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.example"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *arguments], check=True)
    command = [*git, "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def project(tmp_path):
    """The library alone, in a folder of another one."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(studies.ROOT / "src", tmp_path / "other/project/src", ignore=ignored)
    return tmp_path / "other/project"


def test_the_commit_is_that_of_the_project_itself(project):
    commit = repository(project)
    quiet = {"PYTHONDONTWRITEBYTECODE": "1"}
    assert checkout_of(project, **quiet) == [commit, False, None]
    (project / "new").touch()
    assert checkout_of(project, **quiet) == [commit, True, None]


def test_the_commit_of_another_repository_around_the_project_is_not_recorded(project):
    repository(project.parent)
    why = f"{project} lies inside another repository, {project.parent}"
    assert checkout_of(project) == [None, None, why]


def test_without_a_repository_the_record_has_the_words_of_git(project):
    commit, changes, why = checkout_of(project, GIT_CEILING_DIRECTORIES=str(project.parents[2]))
    assert (commit, changes) == (None, None)
    assert why.startswith("git says: fatal: not a git repository")


def test_without_git_the_record_says_so(project, tmp_path):
    found = checkout_of(project, PATH=str(tmp_path))
    assert found == [None, None, "there is no program git on PATH"]


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
