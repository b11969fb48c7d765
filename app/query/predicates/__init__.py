"""SQL predicates, one module per kind of filter."""
