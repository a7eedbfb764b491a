"""Figures of the controlled world and of the word problems."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recycling import tables
from recycling.analysis import style

SHOWN = {
    "alone": (style.INK, "one LoRA"),
    "uniform": (style.SKY, "uniform"),
    "sum": (style.BLUE, "sum"),
    "ties": (style.PURPLE, "TIES"),
    "arrow": (style.ORANGE, "Arrow"),
    "arrow_random": (style.YELLOW, "Arrow, random prototypes"),
    "twins": (style.RED, "uniform of random twins"),
    "hop_oracle": (style.GREEN, "hop oracle"),
}
LABELS = {
    "chain": "chain of thought, bridge and answer right",
    "direct_choice": "direct, the likeliest of N answers",
    "hop1": "first hop",
    "hop2": "second hop",
    "chain_steps": "chain of thought, bridge right",
}
Scenes = Mapping[str, Mapping[str, str]]


def libraries(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """Every library on fresh entities by base: chain of thought above, direct answers below."""
    table, shown = _fresh(two_hop, scenes)
    return _grid(
        table,
        shown,
        ["chain", "direct_choice"],
        "What libraries compose, by what the base has read",
        "Two-hop questions about fresh entities. ",
        lambda scene: f"base {scenes[scene]['base']}",
    )


def hops(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """The single hops after combining, on fresh entities: where they fail, nothing can compose."""
    table, shown = _fresh(two_hop, scenes)
    return _grid(
        table,
        shown,
        ["hop1", "hop2"],
        "Whether a library still knows each hop",
        "Where a hop fails, a failed composition is interference. ",
        lambda scene: f"base {scenes[scene]['base']}",
    )


def rules(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """Every rule on the library that composes best, and what each leaves of the hops."""
    table, shown = _fresh(two_hop, scenes)
    pooled = table[table["rule"] != "alone"]
    wanted = [name for name in ("L2", "L2+T") if name in set(pooled["library"])]
    names = list(dict.fromkeys(pooled["rule"]))
    names = [name for name in names if name != "none"]
    figure = style.page(
        1.6 + 0.42 * len(names) * len(wanted),
        "Every rule on fresh entities",
        f"L2: two fact adapters; L2+T: with the template of the tested relations. {_sizes(pooled)}",
    )
    grid = figure.subplots(len(wanted), len(shown), sharex=True, squeeze=False)
    measures = {
        "hop1": style.FAINT,
        "hop2": style.GREY,
        "chain_steps": style.SKY,
        "chain": style.BLUE,
    }
    for line, library in zip(grid, wanted, strict=True):
        for axes, scene in zip(line, shown, strict=True):
            rows = pooled[(pooled["scene"] == scene) & (pooled["library"] == library)]
            _rows_axis(axes, [style.named(name) for name in names], axes is line[0])
            axes.set_title(f"{library}, base {scenes[scene]['base']}")
            for shift, (measure, tint) in enumerate(measures.items()):
                _points(axes, rows[rows["measure"] == measure], "rule", names, tint, shift, 4)
    handles = [
        style.key(
            color=tint, marker="o", linestyle="", label=LABELS[measure].split(",")[-1].strip()
        )
        for measure, tint in measures.items()
    ]
    for handle, label in zip(
        handles, ("hop 1", "hop 2", "bridge", "chain of thought"), strict=True
    ):
        handle.set_label(label)
    figure.legend(handles=handles, loc="outside upper right", ncols=4)
    return figure


def familiarity(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """Two fact adapters by what is familiar, on the base that has been asked most settings."""
    table = _read(two_hop)
    bases = pd.Series({name: scene["base"] for name, scene in scenes.items()})
    base = bases.value_counts().index[0]
    shown = [name for name in scenes if bases[name] == base]
    rows = table[table["library"].isin(["L2", "base"]) & table["scene"].isin(shown)]
    figure = style.page(
        1.9 + 0.5 * len(shown),
        f"Familiarity: the library L2 on base {base}",
        "F all entities fresh; H answers familiar; K bridge familiar, its fact pre-trained; Rn "
        f"relations unseen;\nRin facts of pre-training, base alone. {_sizes(rows)}",
    )
    measures = ("hop2", "chain", "direct_choice")
    for axes, measure in zip(figure.subplots(1, 3, sharex=True), measures, strict=True):
        _rows_axis(axes, [scenes[name]["setting"] for name in shown], measure == measures[0])
        axes.set_title(LABELS[measure], fontsize=9)
        part = rows[rows["measure"] == measure]
        tints = {**SHOWN, "none": (style.INK, "base alone")}
        for shift, (rule, (tint, _)) in enumerate(tints.items()):
            _points(axes, part[part["rule"] == rule], "scene", shown, tint, shift, len(tints))
        _chance(axes, part)
    _legend(figure, rows)
    return figure


def templates(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """Left: which template the library has read; right: how many chains of the right one."""
    table, _ = _fresh(two_hop, scenes)
    counts = table.groupby("scene", sort=False)["library"].nunique()
    scene = counts.idxmax()
    rows = table[(table["scene"] == scene) & (table["measure"] == "chain")]
    kinds = [name for name in ("L2", "L2+Tx", "L2+Ta", "L2+T") if name in set(rows["library"])]
    names = {"L2": "none", "L2+Tx": "one wrong pair", "L2+Ta": "all other pairs", "L2+T": "right"}
    figure = style.page(
        3.9,
        f"Which template, and how much of it (base {scenes[scene]['base']}, fresh entities)",
        f"{_sizes(rows)}\nWrong templates that help as much as the right one would contradict the "
        "paper.",
    )
    left, right = figure.subplots(1, 2)
    _rows_axis(left, [names[kind] for kind in kinds], True)
    left.set_title("relations of the template")
    for shift, (rule, (tint, _)) in enumerate(SHOWN.items()):
        _points(left, rows[rows["rule"] == rule], "library", kinds, tint, shift, len(SHOWN))
    known = {"L2": 0, "L2+T": traces}
    number = rows["library"].map(
        lambda name: known.get(name, int(name[4:]) if name[4:].isdigit() else -1)
    )
    right.set_title("chains of thought that each expert has read")
    for rule, (tint, _) in SHOWN.items():
        line = rows[(number >= 0) & (rows["rule"] == rule)].assign(number=number)
        line = line.sort_values("number")
        right.errorbar(line["number"], line["share"], yerr=_bars(line), color=tint, marker="o")
    right.set_ylim(-0.03, 1.03)
    right.set_xscale("symlog", linthresh=25)
    shown = sorted({count for count in number if count >= 0})
    right.set_xticks(shown, shown)
    _legend(figure, rows)
    return figure


def scales(*, two_hop: str, scenes: Scenes, traces: int) -> Figure:
    """The sum of two adapters by its scale: what each hop and the chain of thought keep."""
    table, shown = _fresh(two_hop, scenes)
    known = {"sum_03": 0.3, "uniform": 0.5, "sum_07": 0.7, "sum": 1.0}
    wanted = [name for name in ("L2", "L2+T") if name in set(table["library"])]
    figure = style.page(
        1.6 + 2.0 * len(wanted),
        "The scale of the sum: hops and chains of thought",
        f"Fresh entities; 0.5 is the uniform mean of two. {_sizes(table)}",
    )
    grid = figure.subplots(len(wanted), len(shown), sharex=True, sharey=True, squeeze=False)
    measures = {
        "hop1": style.GREY,
        "hop2": style.INK,
        "chain_steps": style.SKY,
        "chain": style.BLUE,
    }
    for line, library in zip(grid, wanted, strict=True):
        for axes, scene in zip(line, shown, strict=True):
            rows = table[(table["scene"] == scene) & (table["library"] == library)]
            rows = rows[rows["rule"].isin(list(known))]
            rows = rows.assign(scale=rows["rule"].map(known)).sort_values("scale")
            axes.set_title(f"{library}, base {scenes[scene]['base']}")
            for (measure, tint), label in zip(
                measures.items(), ("hop 1", "hop 2", "bridge", "chain of thought"), strict=True
            ):
                part = rows[rows["measure"] == measure]
                axes.errorbar(
                    part["scale"],
                    part["share"],
                    yerr=_bars(part),
                    color=tint,
                    marker="o",
                    label=label,
                )
            axes.set_ylim(-0.03, 1.03)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=4)
    return figure


def math(*, math: str, scenes: Scenes) -> Figure:
    """Word problems by level and style of the library; level 3 is in no lesson."""
    table = _read(math)
    shown = [name for name in scenes if name in set(table["scene"])]
    return _grid(
        table,
        shown,
        ["level1", "level2", "level3"],
        "Word problems: libraries by the style of their answers",
        "Level 3 is in no lesson; black: the commonest answer. ",
        lambda scene: "",
        across=True,
    )


def _grid(
    table: pd.DataFrame,
    scenes: Sequence[str],
    measures: Sequence[str],
    title: str,
    note: str,
    head: Callable[[str], str],
    across: bool = False,
) -> Figure:
    """Panels of scenes by measures, turned with `across`; libraries on the y axis."""
    rows = table[table["scene"].isin(scenes) & table["rule"].isin(list(SHOWN))]
    every = list(dict.fromkeys(rows["library"]))
    shape = (len(scenes), len(measures)) if across else (len(measures), len(scenes))
    figure = style.page(1.7 + shape[0] * (0.5 + 0.3 * len(every)), title, f"{note}{_sizes(rows)}")
    grid = figure.subplots(*shape, sharex=True, squeeze=False)
    for down in range(shape[0]):
        for along in range(shape[1]):
            scene, measure = (
                (scenes[down], measures[along]) if across else (scenes[along], measures[down])
            )
            axes = grid[down][along]
            part = rows[(rows["scene"] == scene) & (rows["measure"] == measure)]
            _rows_axis(axes, every, along == 0)
            parts = [
                text for text in (head(scene), LABELS.get(measure, style.named(measure))) if text
            ]
            axes.set_title(": ".join(parts), fontsize=9)
            for shift, (rule, (tint, _)) in enumerate(SHOWN.items()):
                chosen = part[part["rule"] == rule]
                _points(axes, chosen, "library", every, tint, shift, len(SHOWN))
            _chance(axes, part)
    _legend(figure, rows)
    return figure


def _read(path: str) -> pd.DataFrame:
    """The table `composition` with plain floats, as matplotlib takes them."""
    table = tables.read_table(path, "composition")
    return table.astype(dict.fromkeys(("share", "low", "high", "chance", "majority"), float))


def _fresh(two_hop: str, scenes: Scenes) -> tuple[pd.DataFrame, list[str]]:
    table = _read(two_hop)
    shown = [name for name, scene in scenes.items() if scene["setting"] == "F"]
    return table[table["scene"].isin(shown)], shown


def _points(
    axes: Axes,
    rows: pd.DataFrame,
    key: str,
    order: Sequence[str],
    tint: str,
    shift: int,
    of: int,
) -> None:
    offset = (shift - (of - 1) / 2) * 0.8 / of
    places = [order.index(name) + offset for name in rows[key] if name in order]
    rows = rows[rows[key].isin(list(order))]
    axes.errorbar(
        rows["share"],
        places,
        xerr=_bars(rows),
        color=tint,
        linestyle="",
        marker="o",
        markersize=4,
        linewidth=1.2,
    )


def _bars(rows: pd.DataFrame) -> list[pd.Series]:
    return [
        (rows["share"] - rows["low"]).clip(lower=0),
        (rows["high"] - rows["share"]).clip(lower=0),
    ]


def _chance(axes: Axes, rows: pd.DataFrame) -> None:
    """Exact chance where there is one, the commonest answer of word problems elsewhere."""
    line = rows["chance"].dropna()
    if line.empty and not rows.empty and rows["measure"].iloc[0].startswith("level"):
        line = rows["majority"]
    if not line.empty:
        axes.axvline(float(line.mean()), color=style.INK, linewidth=1, linestyle=":")


def _rows_axis(axes: Axes, labels: Sequence[str], named: bool) -> None:
    axes.set_ylim(len(labels) - 0.45, -0.55)
    axes.set_yticks(range(len(labels)), labels if named else [])
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)
    axes.set_xlim(-0.03, 1.03)
    for row in range(0, len(labels), 2):
        axes.axhspan(row - 0.5, row + 0.5, color="#F6F6F6", zorder=0, linewidth=0)


def _legend(figure: Figure, rows: pd.DataFrame) -> None:
    used = set(rows["rule"])
    handles = [
        style.key(color=tint, marker="o", linestyle="", label=label)
        for rule, (tint, label) in SHOWN.items()
        if rule in used
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=4)


def _sizes(rows: pd.DataFrame) -> str:
    low, high = rows["n"].min(), rows["n"].max()
    number = f"{low}" if low == high else f"{low} to {high}"
    return (
        f"n = {number} questions from {rows['replicates'].max()} worlds with their own bases; "
        "lines are 95% intervals over worlds and questions."
    )
