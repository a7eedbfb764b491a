# Stage: tables, figures and the verdict.
# REQUIRED INPUTS: <results>/tables/{scores.tsv,examples.parquet}, <results>/pool/, benchmarks
# OUTPUTS: <results>/tables/*.tsv, <results>/figures/*, <results>/verdict.md, provenance.json
