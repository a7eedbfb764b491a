"""Rules of one kind ask for the same, whatever their number."""

from collections.abc import Iterable

from snakemake.settings.types import ResourceSettings


def share(settings: ResourceSettings, name: str, rules: Iterable[str]) -> None:
    """Give `rules` what a profile or the command line asks for rule `name`.

    Snakemake knows `set-resources` and `set-threads` by the names of rules alone, and how many
    rules there are of a kind follows from the study. Call it before the rules are made.
    """
    for asked in (settings._parsed_overwrite_resources, settings._parsed_overwrite_threads):
        if name in asked:
            for rule in rules:
                asked.setdefault(rule, asked[name])
