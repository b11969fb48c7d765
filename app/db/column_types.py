"""Column types with one meaning on both databases."""

from sqlalchemy import String

BinaryText = String().with_variant(String(collation="C"), "postgresql")
"""Ids and codes: compared byte by byte, so that both databases sort them alike."""
