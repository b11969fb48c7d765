"""Published datasets of events, read from the files in which their makers publish them."""
