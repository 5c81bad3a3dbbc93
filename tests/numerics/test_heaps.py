"""Threads of a command share the heaps of the C library."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading
from silentnps.numerics.heaps import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.fopen.restype = ctypes.c_void_p, ctypes.c_void_p
all_hold = threading.Barrier(9)

def hold():
    libc.malloc(1000)
    all_hold.wait(60)

for _ in range(8):
    threading.Thread(target=hold).start()
all_hold.wait(60)
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""
"""Prints what glibc knows of its heaps while eight threads hold memory."""


def n_heaps(mode: str, **variables: str) -> int:
    environment = {key: value for key, value in os.environ.items() if key != "MALLOC_ARENA_MAX"} | variables
    command = [sys.executable, "-c", PROGRAM, mode]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.count(
        "<heap "
    )


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps are glibc's")
def test_eight_threads_share_two_heaps() -> None:
    assert n_heaps("of their own") > 2
    assert n_heaps("shared") <= 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="heaps are glibc's")
def test_the_variable_of_glibc_is_obeyed() -> None:
    assert n_heaps("shared", MALLOC_ARENA_MAX="5") == 5
