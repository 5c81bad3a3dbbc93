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


PROGRAM_OF_MEMORY = """
import ctypes, sys
from pathlib import Path
from silentnps.numerics.heaps import return_free_memory
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
blocks = [libc.malloc(50_000) for _ in range(2_000)]
for block in blocks:
    libc.memset(block, 1, 50_000)
for block in blocks[:-1]:
    libc.free(block)
resident = lambda: int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
return_free_memory()
print(before - resident())
"""
"""Prints by how many bytes the process shrinks once 100 MB are freed below a block that is in use."""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_what_was_freed_is_given_back_below_a_block_in_use() -> None:
    command = [sys.executable, "-c", PROGRAM_OF_MEMORY]
    given_back = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert given_back > 80_000_000
