"""Where a process takes memory from."""

import ctypes

M_ARENA_MAX = -8
"""The parameter of glibc's mallopt(3) for the number of places from which threads take memory (M_ARENA_MAX)."""


def limit_malloc_arenas() -> None:
    """Have all threads take memory from one place; to be told before there are any.

    glibc gives threads places of their own and keeps what was once needed there: a server that answers from threads
    would grow by megabytes a minute, without holding more. Other libraries have no such places, and no such parameter.
    """
    tune = getattr(ctypes.CDLL(None), "mallopt", None)
    if tune is not None:
        tune(M_ARENA_MAX, 1)
