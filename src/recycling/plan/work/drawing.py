"""A figure of a study: what it is drawn from, by what, and how Snakemake's report shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recycling.plan.work.base import code


@dataclass(frozen=True)
class Drawing:
    """One figure; `rules/output/figures.smk` makes a rule `plot_{name}` of each."""

    name: str
    entry: str
    """The function that draws it, as `package.module:name`."""
    inputs: Mapping[str, str | Sequence[str]]
    """Argument of that function -> the file or files that it reads."""
    category: str
    label: str
    caption: str
    """Its text is `workflow/report/{caption}.rst`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The other arguments of that function."""
    about: Any = None
    """What only the caption is told."""

    @property
    def file(self) -> str:
        """The figure that is asked for; PNG and PDF lie beside it."""
        return f"<results>/figures/{self.name}.svg"

    @property
    def code(self) -> str:
        """Digest of the script and of the figure's module."""
        return code("output/plot_figure", self.entry)
