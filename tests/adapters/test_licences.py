import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recycling.adapters import licences
from recycling.adapters.licences import CLASSES, HUB, Filter, kind, name, strictest
from recycling.adapters.merge_record import Source

LLAMA = "meta-llama/Llama-3.1-8B-Instruct"


@pytest.mark.parametrize(
    ("stated", "expected", "group"),
    [
        ("apache-2.0", "Apache-2.0", "permissive"),
        ("MIT", "MIT", "permissive"),
        ("cc0-1.0", "CC0-1.0", "permissive"),
        ("apache-2.0 OR mit", "Apache-2.0 OR MIT", "permissive"),
        ("mit AND gpl-3.0", "MIT AND GPL-3.0-only", "share-alike"),
        ("lgpl-3.0", "LGPL-3.0-only", "share-alike"),
        ("agpl-3.0", "AGPL-3.0-only", "share-alike"),
        ("cc-by-sa-4.0", "CC-BY-SA-4.0", "share-alike"),
        ("cc-by-nc-4.0", "CC-BY-NC-4.0", "non-commercial"),
        ("cc-by-nc-sa-4.0", "CC-BY-NC-SA-4.0", "non-commercial"),
        ("llama3.1", "llama3.1", "use-restricted"),
        ("Gemma", "gemma", "use-restricted"),
        ("openrail", "openrail", "use-restricted"),
        ("bsd", "bsd", "permissive"),
        ("other", "other", "unknown"),
        ("", "unknown", "unknown"),
        ("my own words", "unknown", "unknown"),
        ("mit OR nonsense", "unknown", "unknown"),
    ],
)
def test_names_and_classes(stated, expected, group):
    assert (name(stated), kind(stated)) == (expected, group)


# Pieces of expressions of licences, in any order: the parser knows no end of faults in them.
PIECES = st.lists(
    st.sampled_from(
        ["(", ")", " AND ", " OR ", " WITH ", "mit", "GPL-2.0-only", "+", " ", "|", "\n", "x"]
    ),
    max_size=8,
)


@pytest.mark.hostile
@given(st.text(max_size=60) | PIECES.map("".join))
@example("()")
@example("( AND x")
def test_any_words_have_a_class(words):
    assert kind(words) in CLASSES
    assert kind(name(words)) == kind(words)
    assert name(name(words)) == name(words)


def test_every_class_of_the_table_exists():
    assert set(HUB.values()) <= set(CLASSES)


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ([], "unknown"),
        (["mit", "MIT"], "MIT"),
        (["mit", "apache-2.0"], "Apache-2.0"),
        (["mit", "cc-by-sa-4.0"], "CC-BY-SA-4.0"),
        (["gpl-3.0", "cc-by-sa-4.0"], "other"),
        (["mit", "llama3.1", "cc-by-sa-4.0"], "llama3.1"),
        (["llama3.1", "gemma"], "other"),
        (["cc-by-nc-4.0", "llama3.1"], "CC-BY-NC-4.0"),
        (["mit", ""], "other"),
        (["", "no such"], "unknown"),
        (["other", "other"], "other"),
    ],
)
def test_the_strictest(stated, expected):
    assert strictest(stated) == strictest(stated[::-1]) == expected


@given(st.lists(st.sampled_from(["mit", "gpl-3.0", "llama3.1", "cc-by-nc-4.0", ""]), min_size=1))
def test_nothing_is_laxer_than_a_source(stated):
    strict = max(CLASSES.index(kind(each)) for each in stated)
    assert CLASSES.index(kind(strictest(stated))) >= strict


@pytest.mark.parametrize(
    ("given_filter", "licence", "refused"),
    [
        (Filter(), "", False),
        (Filter(allow=frozenset({"mit"})), "MIT", False),
        (Filter(allow=frozenset({"mit"})), "apache-2.0", True),
        (Filter(allow=frozenset({"permissive", "unknown"})), "", False),
        (Filter(deny=frozenset({"non-commercial"})), "cc-by-nc-4.0", True),
        (Filter(deny=frozenset({"unknown"})), "other", True),
        (Filter(deny=frozenset({"other"})), "", False),
        (Filter(allow=frozenset({"mit"}), deny=frozenset({"permissive"})), "mit", True),
    ],
)
def test_the_filter(given_filter, licence, refused):
    assert bool(given_filter.objection(licence)) == refused


@pytest.mark.parametrize(
    ("base", "stated", "word"),
    [
        (LLAMA, [], "Llama 3.1 is licensed under the Llama 3.1 Community License"),
        ("meta-llama/Meta-Llama-3-8B", [], "Llama 3 is licensed"),
        ("x/y", ["llama3.2"], "Llama 3.2 is licensed"),
        ("x/y", ["gemma"], "Gemma is provided under and subject to the Gemma Terms of Use"),
        ("google/gemma-2-2b-it", ["mit"], "Gemma is provided"),
        ("google/gemma-3-270m", [], "Gemma is provided"),
    ],
)
def test_duties(base, stated, word):
    assert any(sentence.startswith(word) for sentence in licences.duties(base, stated))
    assert len(licences.duties(base, stated * 2)) == 2


def test_no_duties_of_others():
    for base in ("HuggingFaceTB/SmolLM2-135M", "x/not-llama-3.1", "lab/llama-30b"):
        assert licences.duties(base, ["mit", ""]) == []
        assert licences.title(base, ["mit"], "average for x") == "average for x"
    assert licences.title(LLAMA, [], "average for x") == "Llama average for x"


def test_the_notice_names_every_source():
    sources = [
        Source("ana--x", repo="ana/x", commit="a" * 40, owner="ana", licence="mit"),
        Source("bob--y", repo="bob/y", commit="b" * 40, owner="bob"),
    ]
    text = licences.notice(LLAMA, "Llama average for x", sources)
    for part in (
        f"* ana/x at revision {'a' * 40}, by ana: MIT (permissive)",
        f"* bob/y at revision {'b' * 40}, by bob: unknown (unknown)",
        "Licence, the strictest of them: other.",
        "A licence is not known.",
        "Copyright (c) Meta",
        '"Built with Llama"',
        f"Base model: {LLAMA}",
    ):
        assert part in text
    alone = licences.notice("lab/base", "fresh for x", [])
    assert alone == (
        "fresh for x, made by Recycle or Retrain.\n\nBase model: lab/base, under its own terms.\n"
    )
