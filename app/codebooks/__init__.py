"""Code lists of others: countries, ACLED, UCDP."""
