"""Figures of libraries and rules: the controlled world and the word problems."""

from collections.abc import Mapping, Sequence
from math import nan

import pandas as pd
from matplotlib.figure import Figure

from recycling.composition import figure_parts
from recycling.composition.results import LISTS
from recycling.output import names, style


def libraries(*, shares: str, fresh: Mapping[str, str]) -> Figure:
    """Every library on fresh entities by base: chain of thought above, direct answers below."""
    table = figure_parts.read(shares)
    return _by_library(
        table,
        [["chain", "direct_choice"]],
        {name: f"base {base}: " for name, base in figure_parts.known(table, fresh).items()},
        "What libraries compose, by what the base has read",
        "Two-hop questions about fresh entities. Dotted: chance. ",
    )


def hops(*, shares: str, fresh: Mapping[str, str]) -> Figure:
    """The single hops after combining, on fresh entities: where they fail, nothing can compose."""
    table = figure_parts.read(shares)
    return _by_library(
        table,
        [["hop1", "hop2"]],
        {name: f"base {base}: " for name, base in figure_parts.known(table, fresh).items()},
        "Whether a library still knows each hop",
        "Where a hop fails, a failed composition is interference. ",
    )


def math(*, shares: str, scenes: Sequence[str]) -> Figure:
    """Word problems by level and style of the library; level 3 is in no lesson."""
    return _by_library(
        figure_parts.read(shares),
        [["level1"], ["level2"], ["level3"]],
        dict.fromkeys(scenes, ""),
        "Word problems: libraries by the style of their answers",
        "Level 3 is in no lesson; dotted: the commonest answer. ",
    )


def word_lists(*, shares: str, bases: Mapping[str, str], settings: Mapping[str, str]) -> Figure:
    """Problems in invented words by style and base: those that need both lists, then each list.

    `bases` and `settings` have those of each scene.
    """
    return _by_library(
        figure_parts.read(shares),
        [list(LISTS)],
        {name: f"{style}, base {bases[name]}\n" for name, style in settings.items()},
        "Problems in invented words: one list for each expert, and problems that need both",
        "Dotted: the commonest answer. ",
    )


def places(*, shares: str, settings: Mapping[str, str]) -> Figure:
    """A fetched base by how familiar the entities are; `settings` has that of each scene.

    What the bare base knows of a hop is the likeliest of N answers; an adapter has to say it.
    """
    table = figure_parts.read(shares)
    bare, hops = table["library"] == "base", ["hop1", "hop2"]
    known = table[bare & table["measure"].isin([f"{hop}_choice" for hop in hops])]
    known = known.assign(measure=known["measure"].str.removesuffix("_choice"), chance=nan)
    return _by_library(
        pd.concat([known, table[~(bare & table["measure"].isin(hops))]]),
        [[*hops, "direct_choice", "chain"]],
        {name: f"{setting}: " for name, setting in settings.items()},
        "Familiarity on a real model: invented, half real and real places",
        "F all invented; H real answers; R all real and true; X real, dealt anew. Hops of the base "
        "alone: the likeliest of N.\nDotted: chance. ",
    )


def rules(*, shares: str, fresh: Mapping[str, str]) -> Figure:
    """Every rule on two fact adapters, alone and with the template, and what it leaves of hops."""
    table = figure_parts.read(shares)
    shown = figure_parts.known(table, fresh)
    wanted = [name for name in ("L2", "L2+T") if name in set(table["library"])]
    rows = table[table["scene"].isin(shown) & table["library"].isin(wanted)]
    every = {name: names.of_arm(name) for name in dict.fromkeys(rows["rule"])}
    figure = style.page(
        1.6 + 0.36 * len(every) * len(wanted),
        "Every rule on fresh entities",
        f"L2: two fact adapters; L2+T: with the template of the tested relations. "
        f"{figure_parts.sizes(rows)}",
    )
    grid = figure.subplots(len(wanted), len(shown), sharex=True, sharey=True, squeeze=False)
    for line, library in zip(grid, wanted, strict=True):
        for axes, (scene, base) in zip(line, shown.items(), strict=True):
            part = rows[(rows["scene"] == scene) & (rows["library"] == library)]
            figure_parts.dots(axes, part, "rule", every, "measure", figure_parts.PARTS)
            axes.set_title(f"{library}, base {base}")
    figure_parts.legend(figure, figure_parts.PARTS, list(figure_parts.PARTS))
    return figure


def _by_library(
    table: pd.DataFrame,
    columns: Sequence[Sequence[str]],
    scenes: Mapping[str, str],
    title: str,
    note: str,
) -> Figure:
    """Panels with libraries on the y axis: scenes by one of `columns` of measures each.

    The measures of a column lie below each other; `scenes` says what stands above their panels.
    """
    rows = table[table["scene"].isin(scenes) & table["rule"].isin(figure_parts.RULES)]
    every = {name: name for name in dict.fromkeys(rows["library"])}
    panels = [(scene, measures) for scene in scenes for measures in columns]
    deep = len(columns[0])
    figure = style.page(
        1.7 + deep * (0.5 + 0.3 * len(every)), title, f"{note}{figure_parts.sizes(rows)}"
    )
    grid = figure.subplots(deep, len(panels), sharex=True, sharey=True, squeeze=False)
    for along, (scene, measures) in enumerate(panels):
        for down, measure in enumerate(measures):
            axes = grid[down][along]
            part = rows[(rows["scene"] == scene) & (rows["measure"] == measure)]
            figure_parts.dots(axes, part, "library", every, "rule", figure_parts.RULES)
            text = scenes[scene] + figure_parts.MEASURES.get(measure, style.named(measure))
            axes.set_title(text, fontsize=9)
    figure_parts.legend(figure, figure_parts.RULES, rows["rule"])
    return figure
