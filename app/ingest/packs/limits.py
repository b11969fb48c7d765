"""Largest sizes of a pack. Each is checked before work of its kind begins, so that a check ends within seconds."""

from datetime import date

MAX_FILE_BYTES = 1024 * 1024
MAX_PACK_BYTES = 8 * 1024 * 1024
"""Bytes of all TOML files of a pack."""
MAX_PACK_FILES = 500
"""TOML files of a pack."""
MAX_FOLDER_ENTRIES = 10_000
"""Names in the folders of a pack, whatever they are."""
MAX_ENTRIES = 20_000
"""Sources, actors, places, events, claims and merged ids of a pack together."""
MAX_LIST = 1000
"""Members of one list, such as the aliases of an actor."""
MAX_ANCESTORS = 50
"""Entities that one entity lies in, is part of or belongs to, at any depth."""
MAX_DOTS = 16
"""Dots outside of quotes in a line: the parser takes the square of the length of a dotted key."""
MAX_NESTING = 16
"""Brackets and braces inside each other."""
MAX_PROBLEMS = 1000
"""Problems that are told; others are counted."""
MAX_SUGGESTED = 100
"""Different unknown ids and keys for which similar ones are looked up."""
MAX_VALUE_CHARS = 80
"""Characters of a value that a problem repeats."""
EARLIEST_DAY = date(1000, 1, 1)
LATEST_DAY = date(2999, 12, 31)
"""Bounds of days: others are misprints, and leave no room for relative dates."""
MAX_INTEGER = 2_000_000_000
"""Largest whole number that a column of either database holds."""
