"""Query parameters: parsing, name resolution, and the filters that lists share."""
