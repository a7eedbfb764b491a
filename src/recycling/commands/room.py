"""What a study takes of a disk and asks of a hub, as far as its files tell before it runs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from recycling.ground import tables
from recycling.ground.disk import held
from recycling.plan.study.file import Study
from recycling.plan.study.merging import MergingStudy
from recycling.plan.study.preconditions import PreconditionsStudy
from recycling.plan.study.replay import ReplayStudy
from recycling.plan.work import merging, pool, units

NUMBER = 4  # bytes of a float32
# docs/vetting.md has what each stage asks for.
HEADER, LONG_HEADER, WEIGHTS = 3, 5, 2


def disk(study: Study, results: Path) -> Iterator[str]:
    """Lines on the disk: what is there, and what can be computed of what will be."""
    yield f"{_megabytes(held(results).size)} in {results} now (measured)"
    base = None if isinstance(study, ReplayStudy) else study.base
    source = base.source if base is not None else None
    if source is not None and not (results / "base" / "model").exists():
        if source.kind == "path":
            files = Path(source.options["path"]).expanduser().glob("*.safetensors")
            size = sum(file.stat().st_size for file in files)
            yield f"{_megabytes(size)} for the copy of the base (size of its files)"
        else:
            yield "base: unknown before it is fetched"
    if isinstance(study, MergingStudy):
        yield from _adapters(study, results)


def _adapters(study: MergingStudy, results: Path) -> Iterator[str]:
    """Fresh LoRAs and merges, by ranks and the widths of the base's linear modules."""
    modules, accepted = results / "base" / "modules.tsv", results / "pool" / "accepted.tsv"
    if not modules.exists():
        yield "adapters: unknown before the base is fetched, which tells the widths of its modules"
        return
    widths = tables.read_table(modules, "modules")
    of_rank = int((widths["out"] + widths["in"]).sum()) * NUMBER
    count = len(units.units(study))
    fresh = sum(recipe.rank for recipe in study.fresh_recipes.values()) * count
    yield f"at most {_megabytes(fresh * of_rank)} for fresh LoRAs (ranks and widths)"
    ranks: list[int] = []
    if accepted.exists():
        ranks = tables.read_table(accepted, "accepted")["rank"].astype(int).tolist()
    elif any(merging.pool_count(study, arm) for arm in merging.merged_arms(study)):
        yield "merges: unknown before the pool is vetted, which tells its ranks"
        return
    total = {"adapter": 0, "gates": 0, "answers": 0}
    for arm in merging.merged_arms(study):
        merges = len(units.units(study, study.arms[arm].targets))
        total[merging.kept(study, arm)] += largest_rank(study, arm, ranks) * merges * of_rank
    how = "(sums of the largest ranks and widths)"
    yield f"at most {_megabytes(total['adapter'])} for merges {how}"
    if total["answers"]:
        passing = _megabytes(total["answers"])
        yield f"at most {passing} for merges that go once they are answered with"


def largest_rank(study: MergingStudy, arm: str, ranks: Sequence[int]) -> int:
    """The largest rank that the merge of an arm can have, `ranks` being those of the pool."""
    chosen, count = study.arms[arm], merging.pool_count(study, arm)
    taken = sorted(ranks, reverse=True)[: None if count == "all" else count]
    joined = merging.fresh_recipe(study, _recipe(chosen.fresh)).rank if chosen.fresh else 0
    whole = sum(taken) + joined
    return min(whole, chosen.merge.export_rank or whole, chosen.merge.compress_rank or whole)


def _recipe(fresh: bool | str) -> str:
    return fresh if isinstance(fresh, str) else "fresh"


def requests(study: Study, results: Path) -> Iterator[str]:
    """Lines on what the pool asks of the Hugging Face Hub; none where it does not."""
    if not isinstance(study, MergingStudy | PreconditionsStudy):
        return
    if study.pool.hub.kind != "huggingface":
        return
    listed, ids = results / "pool" / "candidates.tsv", study.pool.hub.ids
    if listed.exists():
        count, source = len(tables.read_table(listed, "candidates")), "as listed before"
    elif ids is not None:
        from recycling.pool.ledger import read_ids

        count, source = len(read_ids(ids)), f"as {ids} names"
    else:
        yield f"{len(pool.bases(study))} requests or more for the list, 1,000 adapters in each"
        yield f"then {HEADER} to {LONG_HEADER} for each adapter that is listed, how many is unknown"
        yield f"then {WEIGHTS} for each that is accepted (docs/vetting.md)"
        return
    most = count * (LONG_HEADER + WEIGHTS) + count + len(pool.bases(study))
    yield f"{count * HEADER} to {most} requests for {count} repositories, {source}"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
