"""Limit glibc's malloc to one arena."""

import ctypes
import sys

M_ARENA_MAX = -8
"""Parameter of glibc's mallopt(3): the number of arenas."""


def limit_malloc_arenas() -> None:
    """Set glibc's `M_ARENA_MAX` to 1; call before any thread starts. Does nothing without glibc.

    Otherwise each thread has an arena that keeps what the thread once needed, and a server would grow by megabytes a
    minute without holding more.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_ARENA_MAX, 1)
