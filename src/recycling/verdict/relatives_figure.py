"""The figure of relatives: how many of a target's stand among the first k of each ranking."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from recycling.ground import tables
from recycling.output import style
from recycling.output.counts import counted

GRADES = {"same": "learnt the same task", "sibling": "learnt a sibling task"}


def relatives(*, relatives: str) -> Figure:
    """A row for each grade of kin, a column for each target; the whole pool alone."""
    table = tables.read_table(relatives, "relatives")
    table = table[table["subpool"] == "all"]
    tasks, grades = list(table["task"].unique()), [g for g in GRADES if g in {*table["kin"]}]
    runs = counted(table["replicate"].nunique(), "run")
    figure = style.page(
        1.8 + 2.4 * len(grades),
        "Relatives of the target among the first k of the whole pool",
        f"Points are single runs ({runs}), lines their means; chance is the mean of random draws.",
    )
    axes = figure.subplots(len(grades), len(tasks), squeeze=False, sharex=True)
    selectors = list(table["selector"].unique())
    # Points are single runs, so lines have no marks of their own.
    looks = {name: style.look(i) | {"marker": ""} for i, name in enumerate(selectors)}
    for (row, grade), (column, task) in (
        (r, c) for r in enumerate(grades) for c in enumerate(tasks)
    ):
        place = axes[row, column]
        part = table[(table["kin"] == grade) & (table["task"] == task)]
        chance = part.groupby("k")["expected"].mean()
        place.plot(chance.index, chance, color=style.GREY, linestyle="--", linewidth=1.2)
        for name, ranked in part.groupby("selector", sort=False):
            mean = ranked.groupby("k")["found"].mean()
            place.plot(mean.index, mean, **looks[name], linewidth=1.6)
            place.plot(ranked["k"], ranked["found"], ".", color=looks[name]["color"], alpha=0.6)
        place.set_xscale("log")
        ticks = sorted(part["k"].unique())
        place.set_xticks(ticks, [f"{k}" for k in ticks])
        place.minorticks_off()
        most = part["relatives"].max() if len(part) else 0
        place.set_title(f"{style.named(task)}\n{most} {GRADES[grade]}")
        place.set_ylim(0, max(1, 1.05 * most))
        place.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        if row == len(grades) - 1:
            place.set_xlabel("first k adapters")
        if column == 0:
            place.set_ylabel("relatives found")
    handles = [style.key(**looks[name], label=style.named(name)) for name in selectors]
    handles.append(style.key(color=style.GREY, linestyle="--", label="chance"))
    figure.legend(handles=handles, loc="outside right center")
    return figure
