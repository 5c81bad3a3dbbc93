"""Keyed hashes of ids: the same id has the same hash, and nobody without the key can find out whose it is."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from silentnps.errors import ConfigError, DataError

FEWEST_CHARACTERS = 16
_KEY_BYTES = 32


def key_of_variable(variable: str) -> bytes:
    """Return the key that an environment variable holds.

    Raises
    ------
    ConfigError
        If it is not set, or has fewer than `FEWEST_CHARACTERS`.
    """
    secret = os.environ.get(variable, "")
    if len(secret) < FEWEST_CHARACTERS:
        raise ConfigError(
            f"the environment variable {variable} (privacy.key_variable) must have at least {FEWEST_CHARACTERS} "
            f"characters; got {len(secret)}. Set it to a random text."
        )
    return hashlib.sha256(secret.encode()).digest()


def key_of_file(path: Path) -> bytes:
    """Return the key in a file, which is made with a random key that only its owner may read if it is missing.

    Raises
    ------
    DataError
        If the file cannot be read or made, or does not hold a key.
    """
    try:
        _make(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as error:
        raise DataError(f"{path} must be readable; got {error.strerror or error}. Grant rights there.") from None
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise DataError(
            f"{path} must hold a key of {2 * _KEY_BYTES} hexadecimal digits; got another text. Bring the file back "
            "from a backup: hashes of another key match none of the earlier ones."
        )
    return key


def keyed_hash(key: bytes, text: str) -> str:
    """Return BLAKE2b (RFC 7693) of a text with a key, in 64 hexadecimal digits.

    >>> keyed_hash(b"one key", "C1") == keyed_hash(b"one key", "C1")
    True
    >>> keyed_hash(b"one key", "C1") == keyed_hash(b"another key", "C1")
    False
    """
    return hashlib.blake2b(text.encode(), key=key, digest_size=32).hexdigest()


def _make(path: Path) -> None:
    """Make the file unless it is there. It appears whole, and is never readable by others."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as stream:
        stream.write(secrets.token_hex(_KEY_BYTES))
    try:
        os.link(temporary, path)  # unlike a rename, never in place of the key of another process
    except FileExistsError:
        pass
    except OSError:  # a file system without links
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
