"""The only writers: drafts are read and checked as a whole, then written in one transaction."""
