"""Another user changes files of a hub folder: before, between and while they are read."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from hub_cases import refused
from pool_cases import BASE, COMMIT, CONFIG, WEIGHTS, fit, rules, store

from recycling.adapters import peft_files
from recycling.ground.errors import InputError
from recycling.hub import beneath, content
from recycling.hub.adapter_folder import AdapterFolder
from recycling.hub.folder import FolderHub
from recycling.pool import inspection
from recycling.pool.vetting import vet

pytestmark = pytest.mark.hostile

SECRET = b"secret-7c1f"


@contextmanager
def within(seconds):
    """The block ends in this time, or the test fails: nothing may wait for a stranger."""

    def late(*_):
        raise TimeoutError(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture
def place(tmp_path):
    """A hub folder with a file, beside a folder with a secret of the same name."""
    for folder, text in (("hub/sub", b"public"), ("outside/sub", SECRET)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "file").write_bytes(text)
    return tmp_path


def read(place, path="sub/file"):
    with beneath.regular(place / "hub", path) as source:
        return source.read()


# name -> (what is made at hub/x, the path that is asked for, the reason or the text)
KINDS = {
    "a file": (lambda hub: (hub / "x").write_bytes(b"x"), "x", b"x"),
    "a link to a file": (lambda hub: (hub / "x").symlink_to("sub/file"), "x", b"public"),
    "an absolute link": (lambda hub: (hub / "x").symlink_to(hub / "sub/file"), "x", b"public"),
    "a link to a folder": (lambda hub: (hub / "x").symlink_to("sub"), "x/file", b"public"),
    "there and back": (lambda hub: (hub / "x").symlink_to("sub/../sub/./file"), "x", b"public"),
    "a link out": (lambda hub: (hub / "x").symlink_to("../outside/sub/file"), "x", "outside_hub"),
    "an absolute link out": (
        lambda hub: (hub / "x").symlink_to(hub.parent / "outside/sub/file"),
        "x",
        "outside_hub",
    ),
    "a folder out": (lambda hub: (hub / "x").symlink_to("../outside"), "x/sub/file", "outside_hub"),
    "out and in": (lambda hub: (hub / "x").symlink_to("../hub/sub/file"), "x", "outside_hub"),
    "far up": (lambda hub: (hub / "x").symlink_to("../" * 50 + "etc/passwd"), "x", "outside_hub"),
    "up in the path": (lambda hub: None, "sub/../../outside/sub/file", "outside_hub"),
    "itself": (lambda hub: (hub / "x").symlink_to("x"), "x", "unreadable_repository"),
    "an absolute loop": (lambda hub: (hub / "x").symlink_to(hub / "x"), "x", "unreadable"),
    "nothing": (lambda hub: (hub / "x").symlink_to("gone"), "x", "unreadable_repository"),
    "a folder": (lambda hub: (hub / "x").mkdir(), "x", "unreadable_repository"),
    "a file as a folder": (lambda hub: None, "sub/file/x", "unreadable_repository"),
    "a pipe": (lambda hub: os.mkfifo(hub / "x"), "x", "unreadable_repository"),
    "a pipe as a folder": (lambda hub: os.mkfifo(hub / "x"), "x/y", "unreadable_repository"),
    "a socket": (lambda hub: _socket(hub / "x"), "x", "unreadable_repository"),
    "a device": (lambda hub: (hub / "x").symlink_to("/dev/zero"), "x", "outside_hub"),
    "the memory": (lambda hub: (hub / "x").symlink_to("/proc/self/environ"), "x", "outside_hub"),
    "a long name": (lambda hub: None, "x" * 300, "unreadable_repository"),
    "a long path": (lambda hub: None, "x/" * 3000, "unreadable_repository"),
}


def _socket(path):
    with socket.socket(socket.AF_UNIX) as made, tempfile.TemporaryDirectory() as short:
        made.bind(f"{short}/s")
        Path(short, "s").rename(path)


@pytest.mark.parametrize(("make", "path", "expected"), KINDS.values(), ids=KINDS)
def test_what_may_lie_at_a_name(place, make, path, expected):
    make(place / "hub")
    with within(2):
        if isinstance(expected, bytes):
            assert read(place, path) == expected
            assert beneath.size(place / "hub", path) == len(expected)
        else:
            assert refused(read, place, path).startswith(expected)
            assert refused(beneath.size, place / "hub", path).startswith(expected)


def link(path):
    path.symlink_to(path.parents[2] / "outside/sub" / path.name)


def folder_link(path):
    path.parent.rename(path.parent.with_name("old"))
    path.parent.symlink_to("../outside/sub")


SWAPS = {
    "a link": lambda path: (path.unlink(), link(path)),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "nothing": lambda path: path.unlink(),
    "a link as folder": folder_link,
}


@pytest.mark.parametrize("swap", SWAPS.values(), ids=SWAPS)
@pytest.mark.parametrize("moment", range(12))
def test_a_swap_at_any_moment_shows_no_secret_and_waits_for_nobody(
    place, monkeypatch, swap, moment
):
    """The file is swapped before each of the calls that look at it, open it and read it."""
    calls = iter(range(1000))

    def first(function):
        def called(*arguments, **options):
            if next(calls) == moment:
                swap(place / "hub/sub/file")
            return function(*arguments, **options)

        return called

    with monkeypatch.context() as patched, within(2):
        for name in ("open", "stat", "fstat", "readlink", "fdopen"):
            patched.setattr(beneath.os, name, first(getattr(os, name)))
        try:
            found = read(place)
        except beneath.HubError as error:
            found = error.reason
    assert found in (b"public", "unreadable_repository", "outside_hub")


def test_swaps_all_the_time_show_no_secret_and_wait_for_nobody(place):
    path, spare = place / "hub/sub/file", place / "hub/sub/.spare"
    ended = threading.Event()

    def put_pipe(path):
        os.mkfifo(path)

    def put_file(path):
        path.write_bytes(b"public")

    def put_link(path):
        path.symlink_to(place / "outside/sub/file")

    def swapping():
        while not ended.is_set():
            for put in (put_link, put_file, put_pipe, put_file):
                put(spare)
                spare.rename(path)

    thread = threading.Thread(target=swapping)
    thread.start()
    found = {}
    try:
        with within(20):
            until = time.monotonic() + 1.5
            while time.monotonic() < until:
                try:
                    key = read(place)
                except beneath.HubError as error:
                    key = error.reason
                found[key] = found.get(key, 0) + 1
    finally:
        ended.set()
        thread.join()
    print(found)
    assert set(found) <= {b"public", b"", "outside_hub", "unreadable_repository"}
    assert found[b"public"]


def test_a_repository_with_very_deep_folders_costs_no_time(tmp_path):
    repository = store(tmp_path, fit())
    deep = repository / "snapshots" / COMMIT
    for _ in range(1200):
        deep = deep / "d"
        deep.mkdir()
    try:
        started = time.monotonic()
        [found] = FolderHub(tmp_path).repositories([BASE], [])
        alone = next(AdapterFolder(repository / "snapshots" / COMMIT, "x").repositories())
        assert time.monotonic() - started < 1
    finally:
        # Python's own removal is recursive.
        subprocess.run(["rm", "-rf", str(repository)], check=True)
    for listing in (found, alone):
        assert (listing.problem, listing.detail) == (
            "too_large",
            "found folders more than 20 deep",
        )


def inspected(folder):
    """What vetting says of the repositories of a folder, by name."""
    hub, given = FolderHub(folder), rules(max_bytes=10**14)
    listings = hub.repositories([BASE], [])
    return {found.repo: vet(inspection.inspect(hub, found), given) for found in listings}


@pytest.mark.parametrize("size", [1_500_000_000, 10**13])
def test_a_file_of_holes_is_neither_read_nor_copied(tmp_path, size):
    """8 kB on disk that say they are a large adapter, in both layouts."""
    files = fit()
    path = store(tmp_path / "hub", files) / "snapshots" / COMMIT / WEIGHTS
    french = tmp_path / "hub" / "french"
    french.mkdir()
    for name, data in files.items():
        (french / name).write_bytes(data)
    header = peft_files.header_end(files[WEIGHTS], len(files[WEIGHTS]), 10_000)
    for weights in (path, french / WEIGHTS):
        os.truncate(weights, header)
        os.truncate(weights, size)
    started = time.monotonic()
    found = inspected(tmp_path / "hub")
    assert {repo: verdict.reason for repo, verdict in found.items()} == {
        "ana/lora": "unreadable_repository",
        "french": "unreadable_repository",
    }
    assert "nearly all are a hole" in found["french"].detail
    hub = FolderHub(tmp_path / "hub")
    reason = refused(hub.fetch, "ana/lora", COMMIT, WEIGHTS, tmp_path / "copy", 10**14)
    assert reason == "unreadable_repository"
    assert not list(tmp_path.glob("*copy*"))
    assert time.monotonic() - started < 2


def test_an_adapter_with_some_zeros_is_no_hole(tmp_path):
    data = bytes(3 << 20) + b"x" * (1 << 20) + bytes(3 << 20) + b"y"
    (tmp_path / "file").write_bytes(data)
    os.truncate(tmp_path / "file", len(data) + (1 << 20))
    with beneath.regular(tmp_path, "file") as source:
        assert source.read() == data + bytes(1 << 20)


def test_the_digest_of_a_folder_reads_no_more_than_it_found(tmp_path, monkeypatch):
    """Somebody adds to a file for ever, or it is larger than any adapter."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    with path.open("rb") as source:
        first = content.digest([("file", source)])
    grown = path.open("rb")

    class Growing:
        def __getattr__(self, name):
            return getattr(grown, name)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            grown.close()

        def read(self, size):
            with path.open("ab") as more:
                more.write(b"y" * 100)
            return grown.read(size)

    assert content.digest([("file", Growing())]) == first
    monkeypatch.setattr(content, "MOST_BYTES", 99)
    assert refused(content.digest, [("file", path.open("rb"))]) == "too_large"


def test_a_hard_link_to_a_secret_shows_nothing_of_it(tmp_path, capsys):
    """It is a file like any other; no reason, no table and no log holds what is in it."""
    secret = tmp_path / "secret"
    for name in (CONFIG, WEIGHTS, "README.md"):
        for text in (SECRET * 20, b"---\n" + SECRET + b"\n---\n", b'{"' + SECRET + b'": '):
            hub = tmp_path / "hub"
            snapshot = store(hub, fit()) / "snapshots" / COMMIT
            secret.write_bytes(text)
            (snapshot / name).unlink()
            (snapshot / name).hardlink_to(secret)
            found = inspected(hub)
            listed = list(FolderHub(hub).repositories([BASE], []))
            assert SECRET.decode() not in f"{found}{listed}{capsys.readouterr()}"
            shutil.rmtree(hub)


@pytest.fixture
def ordinary():
    """A folder of an ordinary user, as whom the test goes on."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o777)
    user = os.geteuid()
    if not user:
        os.seteuid(65534)
    yield folder
    if not user:
        os.seteuid(0)
    shutil.rmtree(folder)


LOCKED = {
    "config": (lambda repository: repository / "snapshots" / COMMIT / CONFIG, 0),
    "weights": (lambda repository: repository / "snapshots" / COMMIT / WEIGHTS, 0),
    "card": (lambda repository: repository / "snapshots" / COMMIT / "README.md", 0),
    "snapshot": (lambda repository: repository / "snapshots" / COMMIT, 0),
    "listing": (lambda repository: repository / "snapshots" / COMMIT, 0o311),
    "names": (lambda repository: repository / "snapshots" / COMMIT, 0o644),
    "snapshots": (lambda repository: repository / "snapshots", 0),
    "ref": (lambda repository: repository / "refs" / "main", 0),
    "all": (lambda repository: repository, 0),
}


@pytest.mark.parametrize(("locked", "mode"), LOCKED.values(), ids=LOCKED)
def test_what_an_ordinary_user_may_not_read_costs_that_repository(ordinary, locked, mode):
    path = locked(store(ordinary, fit()))
    store(ordinary, fit(), "bob/lora")
    before = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode)
    found = inspected(ordinary)
    path.chmod(before)
    assert found["bob/lora"].reason == ""
    assert found["ana/lora"].reason in ("unreadable_repository", "no_revision")


def test_a_hub_that_an_ordinary_user_may_not_read_is_one_line(ordinary):
    store(ordinary / "hub", fit())
    for mode in (0, 0o444, 0o111):
        (ordinary / "hub").chmod(mode)
        with pytest.raises(InputError, match=r"hub: path: .* or its permissions"):
            FolderHub(ordinary / "hub")
    (ordinary / "hub").chmod(0o755)


def test_the_folder_of_the_command_line_is_not_waited_for_either(place):
    folder = place / "adapter"
    folder.mkdir()
    for name, data in fit().items():
        (folder / name).write_bytes(data)
    (folder / CONFIG).unlink()
    os.mkfifo(folder / CONFIG)
    (folder / "elsewhere").symlink_to(place / "outside/sub/file")
    with within(2):
        hub = AdapterFolder(folder, "adapter")
        found = next(hub.repositories())
        assert set(found.files) == {WEIGHTS, "README.md", "elsewhere"}
        assert refused(hub.read, "", "", CONFIG, 10) == "unreadable_repository"
