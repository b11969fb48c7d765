"""The importer that every dataset shares."""
