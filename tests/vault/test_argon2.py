"""Argon2id in several threads at once."""

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from softtoken.argon2 import argon2id, hash_password, is_password

AT_ONCE = """
import threading
from softtoken.argon2 import argon2id, hash_password, is_password

def work(number):
    kept = hash_password(f"password {number}")
    assert is_password(f"password {number}", kept)
    assert not is_password("another", kept)
    print(argon2id(b"pin", bytes(16)).hex(), flush=True)

threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_it_is_argon2id() -> None:
    kdf = Argon2id(salt=bytes(16), length=32, iterations=2, lanes=1, memory_cost=8192)
    assert argon2id(b"pin", bytes(16), memory_kib=8192, passes=2, lanes=1) == kdf.derive(b"pin")
    usual = Argon2id(salt=bytes(16), length=32, iterations=3, lanes=4, memory_cost=65536)
    assert argon2id(b"pin", bytes(16)) == usual.derive(b"pin")


def test_a_password_is_kept_with_its_parameters_and_never_twice_alike() -> None:
    kept = hash_password("a password")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert hash_password("a password") != kept
    assert is_password("a password", kept)
    assert not is_password("A password", kept)


def test_several_at_once_all_end() -> None:
    """In a process of its own: without turns they wait for each other for ever, and no thread can be ended."""
    try:
        done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail("they wait for each other")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [argon2id(b"pin", bytes(16)).hex()] * 4
