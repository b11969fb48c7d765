"""Queries in the shapes of UCDP's and ACLED's own APIs."""
