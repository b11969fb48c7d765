"""Describe UCDP GED to the importer."""
