"""Accept or reject every candidate by its config and header, and deal the accepted into shards."""

from typing import TYPE_CHECKING, Any

from recycling import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(inspected: str, modules: str, rules: dict[str, Any], shard_size: int, vetted: str) -> None:
    """`rules` holds aliases, max_bytes, max_rank and denylist (repositories and owners)."""
    from recycling import tables
    from recycling.pool import inspection, ledger
    from recycling.pool.candidate import Rules

    shapes = ledger.shapes(tables.read_table(modules, "modules"))
    denied = frozenset(rules["denylist"])
    table = ledger.vetted(
        inspection.read(inspected), Rules(shapes, **rules | {"denylist": denied}), shard_size
    )
    print(table.fillna({"reason": "accepted"})["reason"].value_counts().to_string())
    tables.write_table(table, vetted, "vetted")


if __name__ == "__main__":
    runlog.start(snakemake.log[0], snakemake.threads)
    main(
        inspected=snakemake.input.inspected,
        modules=snakemake.input.modules,
        rules=snakemake.params.rules,
        shard_size=snakemake.params.shard_size,
        vetted=snakemake.output.vetted,
    )
