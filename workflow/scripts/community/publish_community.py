"""Publish the trained adapters as a hub folder, with some repositories that cannot be used."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling.community.recipe import Publication
from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(
    adapters: list[str],
    base_name: str,
    publications: dict[str, Publication],
    seed: int,
    hub: str,
    published: str,
    cards: str = "topic",
) -> None:
    """`adapters` are PEFT folders named after recipes; the repositories' names contain these.

    `publications` has the task, owner and defect of each recipe, and what it is a version of.
    `cards` is topic or wild: what their cards say.
    """
    from recycling.community import publishing
    from recycling.ground import tables

    folders = [Path(path) for path in adapters]
    repositories = publishing.publish(folders, Path(hub), base_name, seed, cards, publications)
    print("\n".join(repositories))
    published_first = publishing.in_order(folders, publications)
    rows = [
        {"repo": repo, "recipe": folder.name, "task": publications[folder.name].task}
        for repo, folder in zip(repositories, published_first, strict=False)
    ]
    tables.write_table(rows, published, "published")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        # By their names: Snakemake puts a file of its own into a folder that is an output.
        adapters=[
            str(Path(snakemake.input.adapters) / name) for name in snakemake.params.publications
        ],
        base_name=snakemake.params.base_name,
        publications={
            name: Publication(**given) for name, given in snakemake.params.publications.items()
        },
        seed=snakemake.params.seed,
        hub=snakemake.output.hub,
        published=snakemake.output.published,
        cards=snakemake.params.cards,
    )
