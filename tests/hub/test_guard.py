"""Whatever a repository sets off costs it alone, where it is listed, read and vetted."""

import pytest
from pool_cases import BASE, MemoryHub, fit, rules, store

from recycling.ground.errors import InputError
from recycling.hub import front_matter
from recycling.hub.address import HubError
from recycling.hub.folder import FolderHub
from recycling.hub.guard import guarded
from recycling.pool import adapter_config, inspection, ledger
from recycling.pool.vetting import vet

pytestmark = pytest.mark.hostile

ERRORS = [
    RecursionError("deep"),
    MemoryError(),
    IndexError("pop from empty list"),
    OverflowError("int too large"),
    UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"),
    AssertionError("\x1b]0;a title\x07 of\n|a table|"),
    KeyError("k"),
    ZeroDivisionError(),
]
EACH = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def raising(error):
    def function(*_):
        raise error

    return function


def check_log(log, error):
    """One line that names the exception, and nothing in it that steers a terminal."""
    [line] = log.splitlines()
    assert line.startswith(f"ana/lora: unreadable_repository: {type(error).__name__} at test_guard")
    assert line.isprintable()


@EACH
def test_a_listing(tmp_path, monkeypatch, capsys, error):
    store(tmp_path, fit())
    store(tmp_path, fit(), "bob/lora")
    parse = front_matter.parse
    first = iter([raising(error)])
    monkeypatch.setattr(front_matter, "parse", lambda data: next(first, parse)(data))
    ana, bob = FolderHub(tmp_path).repositories([BASE], [])
    assert (ana.repo, ana.problem, bob.problem) == ("ana/lora", "unreadable_repository", "")
    assert type(error).__name__ in ana.detail
    check_log(capsys.readouterr().out, error)


@EACH
def test_an_inspection(capsys, error):
    hub = MemoryHub(fit())
    hub.read = raising(error)
    found = inspection.inspect(hub, hub.listing())
    assert found.problem == "unreadable_repository"
    assert (vet(found, rules()).stage, vet(found, rules()).reason) == ("header", found.problem)
    check_log(capsys.readouterr().out, error)


@EACH
def test_vetting(monkeypatch, capsys, error):
    hub = MemoryHub(fit())
    found = inspection.inspect(hub, hub.listing())
    monkeypatch.setattr(adapter_config.Candidate, "named_base", property(raising(error)))
    [row] = ledger._vetted_rows([found], rules(aliases={"x/y": "same_weights"}))
    assert (row["status"], row["reason"]) == ("rejected", "unreadable_repository")
    check_log(capsys.readouterr().out, error)


@pytest.mark.parametrize(
    "error", [HubError("gone", "found nothing"), InputError("hub", "k", 1, "2", "mend it")]
)
def test_what_is_known_passes(error):
    with pytest.raises(type(error)) as passed, guarded("ana/lora"):
        raise error
    assert passed.value is error


def test_an_end_that_the_user_wants_passes():
    with pytest.raises(KeyboardInterrupt), guarded("ana/lora"):
        raise KeyboardInterrupt
