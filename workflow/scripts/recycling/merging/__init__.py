"""Merging methods by name. Adding one is a function and a line here; see the README."""

METHODS = {
    "none": "recycling.merging.static:alone",
    "average": "recycling.merging.static:average",
    "ties": "recycling.merging.static:ties",
    "ties_span": "recycling.merging.static:ties_span",
    "learned": "recycling.merging.learned:learned",
}
