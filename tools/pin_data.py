"""Pin the data sets of a catalogue: ask the Hub for the commits that are not known, write them.

Where other public code pins another commit of a data set, a line says so.
"""

import argparse
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter, SafeRepresenter

CONVERTED = "refs/convert/parquet"


class Representer(RoundTripRepresenter):
    """Writes a null as null; ruamel's own would leave the place empty."""


Representer.add_representer(type(None), SafeRepresenter.represent_none)


def commit(repo: str) -> str:
    """The commit to pin: of main where it holds parquet files, else of their conversion."""
    from huggingface_hub import HfApi

    refs = HfApi().list_repo_refs(repo, repo_type="dataset")
    heads = {ref.name: ref.target_commit for ref in refs.branches}
    heads |= {ref.ref: ref.target_commit for ref in refs.converts}
    for name in ("main", CONVERTED):
        if name in heads and has_parquet(repo, heads[name]):
            print(f"{repo}: {heads[name]} ({name})")
            return heads[name]
    raise SystemExit(f"{repo}: no parquet files in {sorted(heads)}; the task cannot be read")


def has_parquet(repo: str, revision: str) -> bool:
    """Whether a commit of a data set holds parquet files."""
    from huggingface_hub import HfApi

    files = HfApi().list_repo_files(repo, repo_type="dataset", revision=revision)
    return any(file.endswith(".parquet") for file in files)


def difference(repo: str, pin: str, elsewhere: str) -> str:
    """In what the pin of a data set differs from `elsewhere`, the commit that other code pins."""
    from huggingface_hub.errors import RevisionNotFoundError

    if pin == elsewhere:
        return f"{repo}: the commit is that of public code"
    try:
        state = "has parquet files too" if has_parquet(repo, elsewhere) else "has no parquet files"
    except RevisionNotFoundError:
        state = "is not on the Hub"
    return f"{repo}: DIFFERS from public code, whose commit {elsewhere} {state}"


def main(catalogue: Path) -> None:
    """Pin every data set of the file that has no commit; comments, order and quotes stay."""
    from recycling.ground import tables

    yaml = YAML()
    yaml.Representer = Representer
    yaml.preserve_quotes, yaml.width = True, 1000  # no line is broken
    yaml.indent(mapping=2, sequence=4, offset=2)
    content = yaml.load(catalogue)
    for repo, pin in content["pins"].items():
        if pin is None:
            content["pins"][repo] = commit(repo)
            if repo in (known := content.get("commits_in_public_code", {})):
                print(difference(repo, content["pins"][repo], known[repo]))
    with tables.replacing(catalogue) as temporary:
        yaml.dump(content, temporary)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    main(**vars(parser.parse_args()))
