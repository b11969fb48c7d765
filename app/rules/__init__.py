"""Rules that derive events from claims: pure functions, each of which defines one rule of the contract."""
