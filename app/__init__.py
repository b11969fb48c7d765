"""Oxus: a self-hosted REST API over a curated database of conflict events."""

__version__ = "0.1.0"
