"""HTTP only: one path for every list, one table of problems, the pages."""
