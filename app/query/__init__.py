"""Queries: parameters as data, predicates, cursors, and the statements they become. No HTTP here."""
