"""Programs that people already have, against a server as they would start it.

What is not installed is skipped, and the end of the run says so; `tests/clients/install` installs all of it.
"""
