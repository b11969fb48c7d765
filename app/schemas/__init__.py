"""What is said: the shape of every row and envelope. Nothing has a default, so nothing is left out."""
