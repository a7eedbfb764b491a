"""Scores, statistics, figures and the verdict, from stored predictions; no torch."""
