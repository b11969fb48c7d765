"""Rows computed on request: control, totals, contradictions, counts, names."""
