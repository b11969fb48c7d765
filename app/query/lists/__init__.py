"""Lists: their definitions, cursors, and how a page of one is fetched."""
