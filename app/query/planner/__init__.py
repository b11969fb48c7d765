"""Choose an access path for a query on SQLite."""
