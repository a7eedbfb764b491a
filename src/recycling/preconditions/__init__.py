"""The check of preconditions: would a user's own adapters answer two-hop questions together?"""

FIGURES = {
    "preconditions": "recycling.preconditions.shares_figure:preconditions",
}
