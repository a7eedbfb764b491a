"""Adapters of strangers: listed, inspected, vetted, converted, accounted for."""
