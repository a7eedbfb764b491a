"""Scores of stored predictions, and their means, differences and intervals; no torch."""
