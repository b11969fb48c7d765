"""All threads of a server allocate from one arena."""

import ctypes
import subprocess
import sys

import pytest

COUNTS = """
import ctypes, re, sys, threading
from app.malloc import limit_malloc_arenas

if sys.argv[1] == "limited":
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
@pytest.mark.parametrize(("mode", "one"), [("limited", True), ("default", False)])
def test_all_threads_share_one_arena_once_the_limit_is_set(mode: str, one: bool) -> None:
    arenas = subprocess.run([sys.executable, "-c", COUNTS, mode], capture_output=True, text=True, check=True).stdout
    assert (arenas.count("<heap nr=") == 1) == one
