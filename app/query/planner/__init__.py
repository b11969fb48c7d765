"""Choose the access path of a query on SQLite: `planner.Planner.choose` is the entry; see README.md."""
