import hashlib
import os
import re
from pathlib import Path

import huggingface_hub
import pytest
from hub_cases import refused
from pool_cases import BASE, COMMIT, CONFIG, WEIGHTS, fit, store

from recycling.ground.errors import InputError
from recycling.hub import beneath
from recycling.hub.folder import FolderHub


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "hub"
    root.mkdir()
    return root


def listed(folder, ids=()):
    return {found.repo: found for found in FolderHub(folder).repositories([BASE], ids)}


def test_listing(folder):
    store(folder, fit() | {"sub/x.txt": b"12345"})
    found = listed(folder)["ana/lora"]
    assert (found.commit, found.owner, found.licence) == (COMMIT, "ana", "mit")
    assert (found.base_model, found.card, found.problem) == (BASE, "readable", "")
    assert found.files["sub/x.txt"] == 5
    assert set(found.files) == {CONFIG, WEIGHTS, "README.md", "sub/x.txt"}


def test_layout_is_that_of_the_hugging_face_cache(folder):
    store(folder, fit())
    cache = huggingface_hub.scan_cache_dir(folder)
    assert {repo.repo_id: repo.nb_files for repo in cache.repos} == {"ana/lora": 3}
    path = huggingface_hub.hf_hub_download(
        "ana/lora", CONFIG, cache_dir=folder, local_files_only=True
    )
    assert Path(path).read_bytes() == FolderHub(folder).read("ana/lora", COMMIT, CONFIG, 10_000)


def test_links_to_blobs_are_followed_inside_the_hub_only(folder):
    repository = store(folder, fit())
    weights = repository / "snapshots" / COMMIT / WEIGHTS
    (repository / "blobs").mkdir()
    weights.rename(repository / "blobs" / "abc")
    weights.symlink_to(Path("..", "..", "blobs", "abc"))
    assert listed(folder)["ana/lora"].files[WEIGHTS] == len(fit()[WEIGHTS])
    (repository / "blobs" / "abc").rename(folder.parent / "secret")
    assert listed(folder)["ana/lora"].problem == "unreadable_repository"
    weights.unlink()
    weights.symlink_to(folder.parent / "secret")
    assert listed(folder)["ana/lora"].problem == "outside_hub"
    assert refused(FolderHub(folder).read, "ana/lora", COMMIT, WEIGHTS, 10) == "outside_hub"


def test_hub_may_itself_be_a_link(folder):
    store(folder, fit())
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert listed(link)["ana/lora"].problem == ""


def test_a_repository_may_not_be_a_link_out(folder):
    store(folder.parent / "elsewhere", fit())
    (folder / "models--ana--lora").symlink_to(folder.parent / "elsewhere" / "models--ana--lora")
    assert listed(folder)["ana/lora"].problem == "outside_hub"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: (path / "refs" / "main").write_text("main"), "no_revision"),
        (lambda path: (path / "refs" / "main").write_bytes(b"\xff" * 999), "no_revision"),
        (lambda path: (path / "refs" / "main").write_text("a" * 40), "unreadable_repository"),
        (lambda path: os.mkfifo(path / "snapshots" / COMMIT / "pipe"), "unreadable_repository"),
        (lambda path: (path / "snapshots" / COMMIT / "l").symlink_to("."), "unreadable_repository"),
        (lambda path: (path / "snapshots" / COMMIT / "l").symlink_to("l"), "unreadable_repository"),
    ],
)
def test_a_broken_repository_is_a_row_with_a_reason(folder, change, reason):
    change(store(folder, fit()))
    store(folder, fit(), "bob/lora")
    found = listed(folder)
    assert found["ana/lora"].problem == reason
    assert found["ana/lora"].detail.startswith("found ")
    assert found["bob/lora"].problem == ""


def test_without_a_ref_a_single_snapshot_is_meant(folder):
    repository = store(folder, fit())
    (repository / "refs" / "main").unlink()
    assert listed(folder)["ana/lora"].commit == COMMIT
    (repository / "snapshots" / ("a" * 40)).mkdir()
    assert listed(folder)["ana/lora"].problem == "no_revision"


@pytest.mark.parametrize("name", ["gpt2", "a--b--c", "-a--b", "a--..", "a--b\nc", "--"])
def test_names_that_are_no_repository(folder, name):
    (folder / f"models--{name}").mkdir()
    (found,) = listed(folder).values()
    assert found.problem == "repo_name"


def test_data_sets_and_locks_are_not_listed(folder):
    (folder / "datasets--a--b").mkdir()
    (folder / ".locks").mkdir()
    assert listed(folder) == {}


def test_an_id_list_finds_its_repositories_and_names_the_missing(folder):
    for repo in ("ana/lora", "bob/lora"):
        store(folder, fit(), repo)
    found = listed(folder, ["bob/lora", "zoe/gone", "bob/lora", "../x"])
    assert {repo: row.problem for repo, row in found.items()} == {
        "../x": "repo_name",
        "bob/lora": "",
        "zoe/gone": "gone",
    }


def test_too_many_files(folder, monkeypatch):
    monkeypatch.setattr(beneath, "MOST_FILES", 2)
    store(folder, fit())
    assert listed(folder)["ana/lora"].problem == "too_large"


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("../../refs/main", "outside_hub"),
        ("/etc/hostname", "outside_hub"),
        ("a\\b", "outside_hub"),
        ("a\0b", "outside_hub"),
        ("missing", "unreadable_repository"),
        ("", "unreadable_repository"),
    ],
)
def test_files_that_are_not_given(folder, file, reason):
    store(folder, fit())
    assert refused(FolderHub(folder).read, "ana/lora", COMMIT, file, 10) == reason


def test_commit_and_repository_are_checked(folder):
    store(folder, fit())
    hub = FolderHub(folder)
    assert refused(hub.read, "ana/lora", "main", CONFIG, 10) == "no_revision"
    assert refused(hub.read, "ana/../lora", COMMIT, CONFIG, 10) == "repo_name"
    assert refused(hub.read, "ana/other", COMMIT, CONFIG, 10) == "gone"


def test_reads_are_bounded(folder, tmp_path):
    store(folder, {"f": b"0123456789"})
    hub = FolderHub(folder)
    assert hub.read("ana/lora", COMMIT, "f", 10) == b"0123456789"
    assert refused(hub.read, "ana/lora", COMMIT, "f", 9) == "too_large"
    assert hub.read_range("ana/lora", COMMIT, "f", 2, 5) == (b"234", 10)
    assert hub.read_range("ana/lora", COMMIT, "f", 8, 50) == (b"89", 10)
    target = tmp_path / "copy"
    assert refused(hub.fetch, "ana/lora", COMMIT, "f", target, 9) == "too_large"
    assert list(tmp_path.glob("*copy*")) == []
    digest = hub.fetch("ana/lora", COMMIT, "f", target, 10)
    assert target.read_bytes() == b"0123456789"
    assert digest == hashlib.sha256(b"0123456789").hexdigest()


def test_unreadable_file(folder):
    repository = store(folder, fit())
    if os.geteuid():
        (repository / "snapshots" / COMMIT / CONFIG).chmod(0)
        assert (
            refused(FolderHub(folder).read, "ana/lora", COMMIT, CONFIG, 10)
            == "unreadable_repository"
        )


def test_home_is_known(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert FolderHub("~/hub").root == folder


# a folder for each adapter


def on_disk(folder, name="french", files=None):
    """An adapter as people have it on disk."""
    for file, data in (files or fit()).items():
        path = folder / name / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder / name


def test_a_folder_for_each_adapter(folder, tmp_path):
    on_disk(folder)
    on_disk(folder, "sums-v2", {name: data for name, data in fit().items() if name != "README.md"})
    found = listed(folder)
    assert list(found) == ["french", "sums-v2"]
    french = found["french"]
    assert (french.owner, french.licence, french.problem) == ("", "mit", "")
    assert set(found["french"].files) == {CONFIG, WEIGHTS, "README.md"}
    assert (found["sums-v2"].card, found["sums-v2"].licence) == ("missing", "")
    hub, commit = FolderHub(folder), french.commit
    assert hub.read("french", commit, CONFIG, 10_000) == fit()[CONFIG]
    digest = hub.fetch("french", commit, WEIGHTS, tmp_path / "copy", 100_000)
    assert digest == hashlib.sha256(fit()[WEIGHTS]).hexdigest()


def test_both_layouts_side_by_side(folder):
    store(folder, fit(), "ana/lora")
    on_disk(folder)
    (folder / ".locks").mkdir()
    (folder / "notes.txt").write_text("not a folder")
    assert list(listed(folder)) == ["french", "ana/lora"]
    assert list(listed(folder, ["french"])) == ["french"]
    assert listed(folder, ["german"])["german"].problem == "gone"


def test_the_commit_of_a_folder_is_a_digest_of_what_is_read(folder):
    path = on_disk(folder)
    first = listed(folder)["french"].commit
    on_disk(folder.parent / "copy", "other")
    assert re.fullmatch("[0-9a-f]{40}", first)
    assert listed(folder.parent / "copy")["other"].commit == first
    (path / "trainer_state.json").write_text("{}")
    assert listed(folder)["french"].commit == first
    with (path / WEIGHTS).open("r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\x7f")
    assert listed(folder)["french"].commit != first


@pytest.mark.parametrize("name", ["my adapter", "a--b", "-x", "été"])
def test_names_of_folders_that_no_adapter_can_have(folder, name):
    on_disk(folder, name)
    (found,) = listed(folder).values()
    assert found.problem == "repo_name"
    assert found.detail == f"found {name}, expected a name of letters, digits, _, . and -"


def test_a_folder_may_not_be_a_link_out(folder):
    on_disk(folder.parent / "elsewhere")
    (folder / "french").symlink_to(folder.parent / "elsewhere" / "french")
    assert listed(folder)["french"].problem == "outside_hub"
    assert refused(FolderHub(folder).read, "french", COMMIT, CONFIG, 10) == "outside_hub"


def test_an_adapter_itself_is_no_hub(folder):
    path = on_disk(folder)
    with pytest.raises(InputError, match=r"hub: path: .* not the adapter itself; name the"):
        FolderHub(path)
