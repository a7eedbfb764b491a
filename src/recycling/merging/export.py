"""Save a merge: what is kept of it, with its record and tables; an adapter with card and NOTICE."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from recycling.adapters import card, licences, peft_folder, routed
from recycling.adapters.canonical import Adapter
from recycling.ground import tables
from recycling.merging import combination
from recycling.merging.combination import Combination
from recycling.merging.problem import Merged
from recycling.merging.recipe import Kept


def write(
    merged: Merged,
    folder: Path,
    *,
    arm: str,
    method: str,
    sources: Sequence[Adapter],
    base_name: str,
    kept: Kept = "adapter",
    task: str = "",
    data: str = "",
    settings: str = "",
) -> None:
    """Write what is `kept` of a merge, with the record of it.

    That is a PEFT folder, or one of routed adapters, with a card and a NOTICE; the same without
    these two where its weights will go; or gates. `data` is the hash of the labelled rows; a merge
    that is for no task has neither. `settings` says on the card what the method was told. Licence
    and title follow from the sources that have a repository: those that were trained or drawn here
    have no terms of their own.

    Raises TypeError for gates of a merge that is no combination of its sources.
    """
    if kept == "gates":
        if not isinstance(merged.modules, Combination):
            raise TypeError(
                f"merge {method}: found factors of its own, expected a Combination of its sources;"
                " correct `combines` in its row of METHODS"
            )
        combination.write(merged.modules, folder)
    elif merged.routed:
        routed.write(merged.routed, folder, base_name)
    else:
        # Put together once, where they are not yet.
        merged = replace(merged, modules=dict(merged.modules))
        peft_folder.write_peft(Adapter(arm, merged.modules), folder, base_name)
    record = merged.record(arm, method, sources)
    tables.write_json(asdict(record), folder / "merge.json")
    tables.write_table(merged.coefficient_table(), folder / "coefficients.tsv", "coefficients")
    tables.write_table(merged.curve_table(), folder / "curve.tsv", "curve")
    if kept != "adapter":
        return
    others = [source for source in record.sources if source.repo]
    stated = [source.licence for source in others]
    title = licences.title(base_name, stated, f"{arm} for {task}" if task else arm)
    licence, means = licences.strictest(stated), merged.coefficient_means(sources)
    texts = {
        "README.md": card.render(title, licence, base_name, task, data, record, means, settings),
        "NOTICE": licences.notice(base_name, title, others),
    }
    for file, text in texts.items():
        with tables.replacing(folder / file) as temporary:
            temporary.write_text(text)
