"""What follows from claims: pure functions, each the definition of one rule of the contract."""
