import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pool_cases import BASE, fit, rules, verdict

from recycling.ground.errors import InputError
from recycling.hub import front_matter
from recycling.pool.base_name import BaseName, parse

COMMIT = "49e3418f" * 5
CACHE = "/root/.cache/huggingface/hub/models--lab--base-1b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lab/base-1b", BaseName("lab/base-1b")),
        (" lab/base-1b/ ", BaseName("lab/base-1b")),
        ("lab/base-1b@main", BaseName("lab/base-1b", "main")),
        (f"lab/base-1b@{COMMIT}", BaseName("lab/base-1b", COMMIT)),
        (f"{CACHE}/snapshots/{COMMIT}", BaseName("lab/base-1b", COMMIT)),
        (f"{CACHE}/snapshots/{COMMIT}/", BaseName("lab/base-1b", COMMIT)),
        (CACHE, BaseName("lab/base-1b")),
        (f"models--lab--base-1b/snapshots/{COMMIT}", BaseName("lab/base-1b", COMMIT)),
        (rf"C:\hub\models--lab--base-1b\snapshots\{COMMIT}", BaseName("lab/base-1b", COMMIT)),
        ("models/k2", BaseName("models/k2", folder=True)),
        ("pretrained_models/base-1b", BaseName("pretrained_models/base-1b", folder=True)),
        ("modelscope/base-1b", BaseName("modelscope/base-1b")),
        ("base-1b", BaseName()),
        ("./base", BaseName()),
        ("../lab/base-1b", BaseName()),
        ("~/base-1b", BaseName()),
        ("/data/lab/base-1b", BaseName()),
        ("data/lab/base-1b", BaseName()),
        ("lab\\base-1b", BaseName()),
        ("lab/base-1b@", BaseName()),
        ("", BaseName()),
        (None, BaseName()),
        (["lab/base-1b"], BaseName()),
        ("a/" + "b" * 500, BaseName()),
    ],
)
def test_what_a_name_says(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("named", "flags"),
    [
        ("LAB/Base-1B", ()),
        ("lab/BASE-1b-bnb-4bit", ("trained_on_4bit",)),
        (f"{BASE}/", ()),
        (f"{BASE}@main", ()),
        (CACHE, ()),
        ("models/k2", ("base_from_card",)),
        ("Saved_Models/base-1b", ("base_from_card",)),
    ],
)
def test_names_of_the_base_in_other_words(named, flags):
    found = verdict(fit(base_model_name_or_path=named))
    assert (found.reason, found.flags) == ("", flags)


@pytest.mark.parametrize(
    ("named", "card", "reason"),
    [
        # A repository of that name is another base, whatever the card says.
        ("lab/base-1b-DPO", BASE, "base_mismatch"),
        ("ana/k2", BASE, "base_mismatch"),
        (CACHE.replace("base-1b", "base-2b"), BASE, "base_mismatch"),
        # What may be a folder names a base only by its card.
        ("models/k2", "", "base_unknown"),
        ("models/k2", "lab/base-2b", "base_unknown"),
        # Characters that nobody sees, and letters that look like others, make no path of a name.
        ("lab/base\u200b-1b", BASE, "base_mismatch"),
        ("\u202elab/base-1b", BASE, "base_mismatch"),
        ("lab/base-1b\x00", BASE, "base_mismatch"),
        (f"/data\u2060{CACHE}", BASE, "base_mismatch"),
        ("l\u0430b/base-1b", BASE, "base_mismatch"),
        ("lab/base\u20111b", BASE, "base_mismatch"),
        ("models/k\u0430", "", "base_unknown"),
        ("/data/mod\u00e8le", "", "base_unknown"),
    ],
)
def test_names_of_another_base(named, card, reason):
    assert verdict(fit(base_model_name_or_path=named), base_model=card).reason == reason


UNSEEN = st.sampled_from([chr(code) for code in (0, 27, 173, 0x200B, 0x202E, 0x2066, 0xFEFF)])


@pytest.mark.hostile
@given(st.text(max_size=3), UNSEEN, st.integers(0, len(BASE)), st.booleans())
def test_no_name_with_a_character_that_nobody_sees_is_the_base(text, unseen, place, on_card):
    """Neither in the config, where a card would decide for a path, nor on the card."""
    named = f"{BASE[:place]}{text}{unseen}{BASE[place:]}"
    parsed = front_matter.parse(f"---\nbase_model: {json.dumps(named)}\n---\n".encode())
    card = parsed.base_model if on_card else BASE
    config = {"base_model_name_or_path": None if on_card else named}
    assume(not named.strip().isprintable())  # spaces at the ends are no part of a name
    assert verdict(fit(**config), base_model=card).reason in ("base_mismatch", "base_unknown")


def test_a_card_in_other_letters_and_an_alias_that_is_a_path():
    named = fit(base_model_name_or_path="/data/base")
    assert verdict(named, base_model="LAB/base-1B").flags == ("base_from_card",)
    given = rules(aliases={BASE: "same_weights", "/Data/base": "quantised"})
    assert verdict(named, given).flags == ("trained_on_4bit",)


def test_one_name_in_two_spellings_is_one_kind():
    assert rules(aliases={"A/b": "quantised", "a/B": "quantised"}).alias("a/b") == "a/B"
    with pytest.raises(
        InputError,
        match=r"base.aliases.a/B: found 'quantised', expected 'same_weights', as the same name",
    ):
        rules(aliases={"A/b": "same_weights", "a/B": "quantised"})
