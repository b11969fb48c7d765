"""Schemas of rows and envelopes as they are served. Fields of rows have no default, so none can be left out."""
