"""Figures of a composition study: they draw, and show what their captions promise."""

import pandas as pd
import pytest

from recycling.composition import FIGURES, figure_parts
from recycling.composition.sweep_figures import read_traces
from recycling.ground import registry, tables
from recycling.output import style

SCENES = ("F_Pci", "F_Pcr", "Rn_Pcr")
FRESH = {"fresh": {"F_Pci": "Pci", "F_Pcr": "Pcr"}}
SCALES = {"sum": 1.0, "sum_05": 0.5, "sum_03": 0.3}
WORD_LISTS = ("code", "direct")
LIBRARIES = ("base", "AB", "L2", "L2+T", "L2+Tx", "L2+T25")
MEASURES = ("hop1", "hop2", "chain", "chain_steps", "direct_choice")
RULES = ("uniform", "sum", "sum_05", "sum_03", "arrow", "learned")
ROLES = ("start", "entity", "before the bridge")


def shares(scenes, libraries, measures, replicates):
    keys = [
        (scene, library, rule, measure)
        for scene in scenes
        for library in libraries
        for rule in ({"base": ["none"], "AB": ["alone"]}.get(library, RULES))
        for measure in measures
    ]
    return [
        {
            **dict.fromkeys(tables.columns("composition")),
            **dict(zip(("scene", "library", "rule", "measure"), key, strict=True)),
            "n": 8,
            "replicates": replicates,
            "right": 4,
            "share": 0.5,
            "low": 0.4,
            "high": 0.7,
            "chance": 1 / 8 if key[3] == "direct_choice" else None,
            "majority": 0.25,
        }
        for key in keys
    ]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Figure name -> its named tables and settings."""
    folder = tmp_path_factory.mktemp("figures")

    def stored(rows, schema, name):
        path = folder / f"{name}.tsv"
        tables.write_table(rows, path, schema)
        return str(path)

    two_hop = stored(shares(SCENES, LIBRARIES, MEASURES, 1), "composition", "two_hop")
    levels = ("level1", "level2", "level3")
    math = stored(shares(["problems"], ("AB", "L2"), levels, 3), "composition", "math")
    forms = ("words_a", "words_b", "mixed")
    lists = stored(shares(WORD_LISTS, ("A", "words"), forms, 3), "composition", "word_lists")
    named = ("hop1", "hop1_choice", "hop2", "hop2_choice", "direct_choice", "chain")
    real = stored(shares(["F_real", "H_real"], ("base", "L2"), named, 1), "composition", "places")
    weights = [
        (*at, 8, 1, 0.5 + (0.2 if at[-1] == "AB" else -0.2), 0.4, 0.8, 0.6)
        for scene in SCENES
        for place, role in enumerate(ROLES)
        for layer in (0, 1)
        for expert in ("AB", "BC")
        for at in [(scene, "L2", "arrow", "chain", place, role, layer, expert)]
    ]
    frame = pd.DataFrame(weights, columns=[*tables.columns("routing")])
    world = {"two_hop": two_hop, **FRESH}
    settings = {"F_Pcr": "F", "Rn_Pcr": "Rn"}
    return {
        **dict.fromkeys(("libraries", "hops", "rules"), world),
        "familiarity": {"two_hop": two_hop, "base": "Pcr", "settings": settings},
        "templates": {**world, "traces": 40},
        "scales": {**world, "scales": SCALES},
        "math": {"math": math, "scenes": ["problems"]},
        "word_lists": {
            "word_lists": lists,
            "bases": dict.fromkeys(WORD_LISTS, "problems"),
            "settings": {name: name for name in WORD_LISTS},
        },
        "places": {"places": real, "settings": {"F_real": "F", "H_real": "H"}},
        "routing": {"routing": stored(frame, "routing", "routing"), **FRESH},
    }


def draw(name, inputs):
    return registry.load(FIGURES[name])(**inputs[name])


def places(axes):
    """The x and y values of all marks."""
    found = [container.lines[0].get_data() for container in axes.containers]
    return [{float(v) for x in found for v in x[side]} for side in (0, 1)]


@pytest.mark.parametrize("name", sorted(set(FIGURES) - {"theory"}))
def test_the_same_figure_twice_has_the_same_bytes(name, inputs, tmp_path):
    for run in ("one", "two"):
        paths = [str(tmp_path / f"{run}.{kind}") for kind in ("svg", "png")]
        style.save(registry.load(FIGURES[name]), inputs[name], *paths)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()


def test_one_world_is_said_so_and_three_are_too(inputs):
    assert "n = 8 questions from one world with" in draw("libraries", inputs).get_supxlabel()
    assert "from 3 worlds with their own bases" in draw("math", inputs).get_supxlabel()


def test_the_number_of_templates_begins_at_none(inputs):
    _, right = draw("templates", inputs).axes
    assert places(right)[0] == {0, 25, 40}
    assert [text.get_text() for text in right.get_xticklabels()] == ["0", "25", "40"]


@pytest.mark.parametrize(
    ("library", "traces"),
    [("L2", 0), ("L2+T", 40), ("L2+T25", 25), ("L2+Tx", None), ("L3", None), ("joint+T", None)],
)
def test_how_many_right_chains_a_pair_has_read(library, traces):
    assert read_traces(library, 40) == traces


def test_scales_are_those_of_the_rules(inputs):
    figure = draw("scales", inputs)
    assert len(figure.axes) == 2 * 2
    assert all(places(axes)[0] == {0.3, 0.5, 1.0} for axes in figure.axes)


def test_routing_shows_the_first_expert_by_layer_on_fresh_entities(inputs):
    figure = draw("routing", inputs)
    assert [axes.get_title() for axes in figure.axes] == ["base Pci", "base Pcr"]
    for axes in figure.axes:
        assert len(axes.containers) == 2
        assert places(axes) == [{0, 1, 2}, {0.7}]
    assert [text.get_text() for text in figure.axes[-1].get_xticklabels()] == list(ROLES)


def test_familiarity_has_a_column_for_each_setting_and_a_row_for_the_bare_base(inputs):
    figure = draw("places", inputs)
    assert len(figure.axes) == 4 * 2
    assert {axes.get_title()[:3] for axes in figure.axes} == {"F: ", "H: "}
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["base", "L2"]


def dotted(figure):
    """Where each panel has a dotted line."""
    return [
        [float(line.get_xdata()[0]) for line in axes.lines if line.get_linestyle() == ":"]
        for axes in figure.axes
    ]


def test_chance_is_drawn_where_it_is_known_of_what_is_shown(inputs):
    assert dotted(draw("libraries", inputs)) == [[], [], [1 / 8], [1 / 8]]
    assert dotted(draw("math", inputs)) == [[0.25]] * 3
    assert dotted(draw("word_lists", inputs)) == [[0.25]] * 6
    assert not any(dotted(draw("rules", inputs)))


def test_every_library_and_every_rule_has_a_row(inputs):
    for axes in draw("libraries", inputs).axes:
        assert len(axes.get_yticks()) == len(LIBRARIES)
    for axes in draw("rules", inputs).axes:
        assert len(axes.get_yticks()) == len(RULES)
        assert len(axes.containers) == len(figure_parts.PARTS)
