"""Describe ACLED to the importer."""
