"""What every other room stands on: errors, seeds, tables, logs, digests. It knows no study."""
