"""Importing the application needs nothing that only Linux has."""

import ctypes
import subprocess
import sys

import pytest

from app.malloc import limit_malloc_arenas

IMPORTS_WITHOUT_FCNTL = """
import asyncio, importlib, pkgutil, subprocess, sys  # the standard library's own need of it

class Unavailable:
    def find_spec(self, name, path=None, target=None):
        if name in ("fcntl", "resource", "termios", "pwd", "grp"):
            raise ImportError(name + " is not available on this platform")

for name in ("fcntl", "resource", "termios", "pwd", "grp"):
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Unavailable())
import app
for module in pkgutil.walk_packages(app.__path__, "app."):
    importlib.import_module(module.name)
from app.main import create_app
create_app()
print("imported")
"""


def test_every_module_is_imported_without_fcntl() -> None:
    ended = subprocess.run([sys.executable, "-c", IMPORTS_WITHOUT_FCNTL], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "imported\n"), ended.stderr


def test_without_glibc_memory_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(*_: object) -> None:
        raise AssertionError("there is no C library to load")

    monkeypatch.setattr(ctypes, "CDLL", no_library)
    monkeypatch.setattr(sys, "platform", "win32")
    limit_malloc_arenas()
