"""Pin the data sets of a catalogue: ask the Hub for the commits that are not known, write them."""

import argparse
from pathlib import Path

CONVERTED = "refs/convert/parquet"


def commit(repo: str) -> str:
    """The commit to pin: of main where it holds parquet files, else of their conversion."""
    from huggingface_hub import HfApi

    refs = HfApi().list_repo_refs(repo, repo_type="dataset")
    heads = {ref.name: ref.target_commit for ref in refs.branches}
    heads |= {ref.ref: ref.target_commit for ref in refs.converts}
    for name in ("main", CONVERTED):
        if name in heads:
            files = HfApi().list_repo_files(repo, repo_type="dataset", revision=heads[name])
            if any(file.endswith(".parquet") for file in files):
                print(f"{repo}: {heads[name]} ({name})")
                return heads[name]
    raise SystemExit(f"{repo}: no parquet files in {sorted(heads)}; the task cannot be read")


def main(catalogue: Path) -> None:
    """Pin every data set of the file that has no commit."""
    from recycling.ground import tables
    from recycling.tasks import catalogue as catalogues

    text = catalogues.pinned(catalogue.read_text(), commit)
    with tables.replacing(catalogue) as temporary:
        temporary.write_text(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    main(**vars(parser.parse_args()))
