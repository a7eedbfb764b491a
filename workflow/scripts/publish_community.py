"""Publish the trained community adapters, and some unfit ones, as strangers do: a hub folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(adapters: list[str], base_name: str, seed: int, hub: str) -> None:
    """`adapters` are PEFT folders; their names become part of the repositories' names."""
    from recycling.pool import community

    repositories = community.publish([Path(path) for path in adapters], Path(hub), base_name, seed)
    print("\n".join(repositories))


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        adapters=[str(Path(path).parent) for path in snakemake.input.weights],
        base_name=snakemake.params.base_name,
        seed=snakemake.params.seed,
        hub=snakemake.output.hub,
    )
