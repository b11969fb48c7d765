"""A server's threads take memory from one place: what one of them needed for a moment is there for all others."""

import ctypes
import subprocess
import sys

import pytest

COUNTS = """
import ctypes, re, sys, threading
from app.malloc import limit_malloc_arenas

if sys.argv[1] == "together":
    limit_malloc_arenas()
meeting = threading.Barrier(4)

def needs():
    meeting.wait()
    held = ctypes.create_string_buffer(50_000)
    meeting.wait()

threads = [threading.Thread(target=needs) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_info"), reason="THIS MACHINE HAS NO glibc, which is tested")
@pytest.mark.parametrize(("how", "one"), [("together", True), ("apart", False)])
def test_threads_take_memory_from_one_place_if_they_are_told_to(how: str, one: bool) -> None:
    told = subprocess.run([sys.executable, "-c", COUNTS, how], capture_output=True, text=True, check=True).stdout
    assert (told.count("<heap nr=") == 1) == one
