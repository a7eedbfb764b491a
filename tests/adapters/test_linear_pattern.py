"""Patterns of strangers: the matches of `re`, in linear time."""

import re
import time
import warnings

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recycling.adapters.linear_pattern import MOST_STATES, LinearPattern, UnsupportedPatternError
from recycling.adapters.peft_files import AdapterFileError
from recycling.adapters.peft_scaling import LONGEST_PATTERN, Scaling

NAMES = [
    f"model.layers.{layer}.{module}"
    for layer in range(32)
    for module in (
        *(f"self_attn.{letter}_proj" for letter in "qkvo"),
        *(f"mlp.{name}_proj" for name in ("gate", "up", "down")),
    )
]


def of_peft(pattern, name):
    """How PEFT matches, in `get_pattern_key`."""
    return re.match(rf"(.*\.)?({pattern})$", name) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        "q_proj",
        r".*\.layers\.3\..*(q_proj|k_proj)$",
        r"model\.layers\.(1|2[0-9])\.self_attn\.(?:q|v)_proj",
        r"^model.layers.0.*",
        r"layers\.\d+\.mlp\.(gate|up)_proj",
        r"[^.]*_proj",
        r"(layers.(0|1|2)|layers.1\d).*",
        r"layers\.\d{2}\..*?o_proj",
        r"(^model|x).*q_proj|mlp.down_proj$",
        r"\w+\.q_proj",
        r"layers\.[\d]{1,}\.self_attn\.[qk]_proj",
        r"(self_attn|mlp)\.(.*)+",
        "(q_proj)?",
        "",
    ],
)
def test_patterns_as_trainers_write_them(pattern):
    linear = LinearPattern(pattern)
    found = [name for name in NAMES if linear.matches(name)]
    assert found == [name for name in NAMES if of_peft(pattern, name)]


pieces = st.recursive(
    st.sampled_from(
        ["a", "b", ".", r"\.", "[ab]", "[^a]", "[]a]", r"\w", r"\D", "^", "$", "{", "}", "", "a-"]
    ),
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("{}|{}".format, inner, inner),
        st.builds(
            "({}){}".format,
            inner,
            st.sampled_from(["*", "+", "?", "*?", "{2}", "{1,2}", "{,2}", "{2,}", "{0}", "{}"]),
        ),
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=500)
@given(pieces, st.lists(st.text("ab.1]{}-", min_size=1, max_size=7), min_size=1, max_size=5))
def test_the_matches_are_those_of_re(pattern, names):
    try:
        linear = LinearPattern(pattern)
    except UnsupportedPatternError:
        assume(False)
    for name in names:
        assert linear.matches(name) == of_peft(pattern, name), (pattern, name)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(?=a)b", r"a group that begins with \(\?"),
        ("(?!a)b", r"a group that begins with \(\?"),
        ("(?i:a)", r"a group that begins with \(\?"),
        (r"(a)\1", r"\\1"),
        (r"\bq_proj", r"\\b"),
        ("a{401}", f"more than {MOST_STATES} states"),
        ("((a{9}){9}){9}", f"more than {MOST_STATES} states"),
    ],
)
def test_what_is_refused(pattern, what):
    re.compile(pattern)
    with pytest.raises(UnsupportedPatternError, match=what):
        LinearPattern(pattern)


def test_possessive_repeats_are_refused():
    with pytest.raises(UnsupportedPatternError, match="a possessive repeat"):
        LinearPattern("a*+b")


HOSTILE = [
    "(a|a)*b",
    "(a*)*b",
    "((a+)+)+b",
    "(.*)*(.*)*(.*)*x",
    ".*" * 100,
    "(a|a)" * 40,
    "(.|.)*" * 30 + "!",
    "(a?){60}a{60}",
    "(" * 90 + "a" + "*)" * 30 + ")" * 60,
    "((((((((.*)*)*)*)*)*)*)*)*!",
    "(.*_.*|.*_.*)+!",
    r"(\w+\.?)+!",
    "(?:" * 60 + "a" + ")*" * 7 + ")" * 53,
]
LONG = ["a" * 300, "a" * 299 + "b", *NAMES]


def seconds(config, names):
    start = time.process_time()
    try:
        scaling = Scaling(config)
        for name in names:
            scaling.factor(name)
    except AdapterFileError:
        pass
    return time.process_time() - start


@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_patterns_take_no_time(pattern):
    config = {"r": 1, "lora_alpha": 1, "alpha_pattern": {pattern: 1}}
    assert seconds(config, LONG) < 2


def test_a_table_full_of_hostile_patterns_takes_seconds():
    table = {f"{HOSTILE[n % len(HOSTILE)]}{n}"[-LONGEST_PATTERN:]: 1 for n in range(1000)}
    assert seconds({"r": 1, "lora_alpha": 1, "rank_pattern": table}, LONG) < 10
    table = {f"{'.*' * 95}{n}": 1 for n in range(1000)}
    assert seconds({"r": 1, "lora_alpha": 1, "rank_pattern": table}, LONG) < 10
    fitting = dict(list(table.items())[:34])
    Scaling({"alpha_pattern": fitting})
    assert seconds({"r": 1, "lora_alpha": 1, "rank_pattern": fitting}, LONG) < 10


hostile = st.recursive(
    st.sampled_from(["a", ".", r"\w", "[a-z_]", "proj", "(a|a)"]),
    lambda inner: st.one_of(
        st.builds(
            "({}){}".format, inner, st.sampled_from(["*", "+", "?", "{0,9}", "{3,}", "*?", "+?"])
        ),
        st.builds("({}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=200)
@given(hostile)
def test_no_pattern_takes_long(pattern):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = {"r": 1, "lora_alpha": 1, "rank_pattern": {f"({pattern})*!": 1}}
        assert seconds(config, ["a" * 200, *NAMES[:14]]) < 2
