"""Merging methods by name. Adding one is a function and a line here; see the README."""

METHODS = {
    "none": "recycling.merging.static:alone",
    "average": "recycling.merging.static:average",
    "task_arithmetic": "recycling.merging.static:task_arithmetic",
    "dare": "recycling.merging.static:dare",
    "ties": "recycling.merging.ties:ties",
    "ties_span": "recycling.merging.ties:ties_span",
    "ties_factors": "recycling.merging.ties:ties_factors",
    "knots": "recycling.merging.ties:knots",
    "tsv": "recycling.merging.spectral:tsv",
    "iso_c": "recycling.merging.spectral:iso_c",
    "ridge": "recycling.merging.closed_form:ridge",
    "learned": "recycling.merging.learned:learned",
    "stacked": "recycling.merging.stacked:stacked",
    "adamerging": "recycling.merging.learned:adamerging",
    "adamerging_entropy": "recycling.merging.learned:adamerging_entropy",
    "pi_tuning": "recycling.merging.learned:pi_tuning",
    "line_search": "recycling.merging.blackbox:line_search",
    "lorahub": "recycling.merging.blackbox:lorahub",
    "arrow": "recycling.merging.routing:arrow",
    "arrow_trained": "recycling.merging.routing:arrow_trained",
    "subspace": "recycling.merging.subspace:subspace",
}
# Methods whose result cannot be folded into one adapter; the workflow asks before they run.
ROUTED = ("arrow", "arrow_trained")
# Methods that merge several adapters without a row of data or a pass through the base.
FREE_OF_DATA = (
    "average",
    "task_arithmetic",
    "dare",
    "ties",
    "ties_span",
    "ties_factors",
    "knots",
    "tsv",
    "iso_c",
    "arrow",
)
# Methods that learn a coefficient for each part of the model, which a heat map can show.
LEARNED = ("learned", "stacked", "adamerging", "adamerging_entropy", "pi_tuning")
