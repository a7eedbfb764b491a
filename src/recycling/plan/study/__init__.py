"""The study file: its keys as records, with type, default, range and meaning in one place."""
