"""Packs, rows and files that tests load."""
