"""Adapters as files and as algebra: read, twin, combine, export."""
