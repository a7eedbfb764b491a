"""The report of a study: one HTML file that is read without a network and without a server.

Texts of strangers stand in it, so everything is escaped by the templates, and the policy at its
head lets a browser run no script but ours and ask nothing of any network.
"""

# Kind of study -> the function that makes its report.
KINDS = {
    "merging": "recycling.report.merging:report",
    "composition": "recycling.report.tables_and_figures:report",
    "preconditions": "recycling.report.tables_and_figures:report",
    "replay": "recycling.report.tables_and_figures:report",
}
