"""The library of Recycle or Retrain: everything that computes, free of Snakemake."""
