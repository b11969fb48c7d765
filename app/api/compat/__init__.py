"""The response shapes of UCDP's and ACLED's own APIs."""
