"""The Hub's client, with which bases and data sets are fetched, is bounded too."""

import json
from types import SimpleNamespace

import huggingface_hub
import ill_formed
import pytest
from huggingface_hub.utils import _http as library
from pool_cases import COMMIT

from recycling.ground.errors import InputError
from recycling.hub import retry, session
from recycling.model import fetch
from recycling.tasks import parquet

pytestmark = pytest.mark.hostile
PAGES = {kind: answer for kind, (answer, _) in ill_formed.PAGES.items()}
LISTS = {kind: ill_formed.answer(body) for kind, body in ill_formed.NOT_LISTS.items()}
ROWS = {
    kind: ill_formed.answer(json.dumps([row]).encode())
    for kind, (row, _) in ill_formed.ROWS.items()
}


@pytest.fixture
def hub(start_hub, monkeypatch, tmp_path):
    """A hub that is asked by the Hub's client, which does not wait and keeps nothing."""
    naps = []
    monkeypatch.setattr(library, "time", SimpleNamespace(sleep=naps.append, time=lambda: 0.0))
    monkeypatch.setattr(session, "ANSWER_SECONDS", 0.3)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield start_hub({})
    assert all(nap <= retry.LONGEST_WAIT for nap in naps)
    huggingface_hub.set_client_factory(library.default_client_factory)


def one_line(error):
    text = str(error.value)
    assert text.isprintable()
    assert len(text) < 600
    return text


@pytest.mark.parametrize("kind", [*PAGES, *LISTS, *ROWS])
def test_a_data_set_that_is_none_is_one_line(hub, kind):
    hub.raw["data_set"] = (PAGES | LISTS | ROWS)[kind]
    with pytest.raises(InputError) as error:
        parquet.from_hub("lab/nli", COMMIT, "default", "train")
    assert one_line(error).startswith(("hub: answer: found ", "data set lab/nli"))
    assert hub.requests["data_set"] <= 10


@pytest.mark.parametrize("kind", PAGES)
def test_a_base_that_is_none_is_one_line(hub, kind, tmp_path):
    for asked in ("resolve", "info", "tree"):
        hub.raw[asked] = PAGES[kind]
    with pytest.raises(InputError) as error:
        fetch.from_hub(tmp_path / "base", repo="lab/base", commit=COMMIT)
    assert one_line(error).startswith("base: repo: found 'lab/base at ")
    assert not (tmp_path / "base").exists()


def test_pages_of_a_data_set_end(hub, monkeypatch):
    monkeypatch.setattr(session, "MOST_QUESTIONS", 20)
    link = f'<{hub.url}/api/datasets/lab/nli/tree?cursor=1>; rel="next"'
    hub.raw["data_set"] = ill_formed.answer(b"[]", Link=link)
    with pytest.raises(InputError, match=r"hub: answer: found 'more than 20 pages', expected a"):
        parquet.from_hub("lab/nli", COMMIT, "default", "train")
    # Asked again where the hub had hung up, a question counts though it did not arrive.
    assert 0 < hub.requests["data_set"] <= 20


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("compressed", "a compressed answer"),
        ("has no end", "an answer above 16000000 bytes"),
        ("a chunk that creeps", "an answer that creeps"),
        ("a wait of years", "a wait of 999999999 s"),
    ],
)
def test_what_is_refused_is_said(hub, kind, said):
    hub.raw["data_set"] = PAGES[kind]
    with pytest.raises(InputError, match=f"hub: answer: found '{said}', expected a short one"):
        parquet.from_hub("lab/nli", COMMIT, "default", "train")


def test_a_short_wait_is_waited(hub, monkeypatch):
    naps = []
    monkeypatch.setattr(library, "time", SimpleNamespace(sleep=naps.append, time=lambda: 0.0))
    limit = '"api";r=0;t=6'
    hub.raw["data_set"] = ill_formed.answer(status="429 Slow", RateLimit=limit, Retry_After="x")
    with pytest.raises(InputError, match="HfHubHTTPError"):
        parquet.from_hub("lab/nli", COMMIT, "default", "train")
    assert min(naps) >= 7
