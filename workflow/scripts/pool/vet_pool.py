"""Accept or reject every candidate by its config and header, and deal the accepted into shards."""

from typing import TYPE_CHECKING, Any

from recycling.ground import runlog

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake


def main(inspected: str, modules: str, rules: dict[str, Any], shard_size: int, vetted: str) -> None:
    """`rules` holds the config's part of `candidate.Rules`; `licences` has allow and deny."""
    from recycling.adapters.licences import Filter
    from recycling.ground import tables
    from recycling.ground.foreign_text import shown
    from recycling.pool import inspection, ledger, newer_peft, reasons
    from recycling.pool.candidate import Rules

    shapes = ledger.shapes(tables.read_table(modules, "modules"))
    sets = {key: frozenset(rules[key]) for key in ("denylist", "harmless_keys", "keywords")}
    licences = Filter(**{key: frozenset(names) for key, names in rules["licences"].items()})
    defaults = newer_peft.defaults(inspection.read(inspected))
    for key, value in sorted(defaults, key=str):
        print(f"taken for a default of a newer PEFT: {shown(key)} = {shown(value)}")
    found = {"licences": licences, "newer_defaults": defaults}
    given = Rules(shapes, **rules | sets | found)
    table = ledger.vetted(inspection.read(inspected), given, shard_size)
    print(reasons.grouped(table["reason"].fillna("accepted")).value_counts().to_string())
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
