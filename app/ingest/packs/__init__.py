"""Seed packs: reading, checking, loading."""
