"""What a process sets before it reaches out."""

import os

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recycling.ground import online
from recycling.ground.errors import InputError

SECRET = "hf_s3cr3ts3cr3ts3cr3t"


@pytest.mark.parametrize("around", ["\n", "\r\n", " ", "\t", "\x0b", "\u2028", "\xa0"])
def test_white_space_around_a_token_is_taken_away(monkeypatch, around):
    monkeypatch.setenv("HF_TOKEN", f"{around}{SECRET}{around}")
    assert online.token() == SECRET


@pytest.mark.parametrize("given", ["", " ", "\n"])
def test_an_empty_token_is_none(monkeypatch, given):
    monkeypatch.setenv("HF_TOKEN", given)
    assert online.token() == ""


@pytest.mark.hostile
@pytest.mark.parametrize(
    "inside", ["\n", "\r", " ", "\t", "\x1b", "\x7f", "\xe9", "\u200b", "\udc80"]
)
def test_a_token_that_is_none_is_one_line_and_not_shown(monkeypatch, inside):
    monkeypatch.setenv("HF_TOKEN", f"{SECRET}{inside}{SECRET}")
    with pytest.raises(InputError, match=r"hub: HF_TOKEN: found .* odd character in it") as error:
        online.token()
    assert "s3cr3t" not in str(error.value)
    assert str(error.value).isprintable()


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30))
@example("Bearer x")
def test_any_token_fits_a_header_or_is_refused(text):
    before = os.environ.get("HF_TOKEN")
    os.environ["HF_TOKEN"] = text
    try:
        found = online.token()
        assert found.isascii()
        assert found.isprintable()
        assert " " not in found
        assert found == text.strip()
    except InputError:
        assert not text.strip().isascii() or not text.strip().isprintable() or " " in text.strip()
    finally:
        os.environ.pop("HF_TOKEN") if before is None else os.environ.update(HF_TOKEN=before)


def test_caches_lie_in_the_study_unless_the_user_names_a_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {"HF_HUB_CACHE": "/shared", "HF_TOKEN": f"{SECRET}\n"})
    online.prepare(tmp_path)
    assert os.environ == {
        "HF_TOKEN": SECRET,
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_CACHE": "/shared",
        "HF_XET_CACHE": str(tmp_path / "xet"),
        "HF_ASSETS_CACHE": str(tmp_path / "assets"),
        "HF_DATASETS_CACHE": str(tmp_path / "datasets"),
    }
