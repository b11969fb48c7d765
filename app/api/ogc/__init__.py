"""OGC API - Features."""
