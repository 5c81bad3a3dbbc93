"""Random draws by a keyed hash of ids: who is left alone, and whom to survey. The same seed draws the same."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np

from silentnps.numerics.arrays import Booleans, Floats


def uniforms(ids: Sequence[str], *, seed: int, purpose: str) -> Floats:
    """Return a number in [0, 1) of each id, as good as random, shape (n,).

    It depends on the seed, the purpose and the id alone, so not on the order of the ids or on who else is there.

    Examples
    --------
    >>> bool(uniforms(["a", "b"], seed=0, purpose="x")[1] == uniforms(["b"], seed=0, purpose="x")[0])
    True
    """
    key = hashlib.blake2b(f"{seed}|{purpose}".encode(), digest_size=32).digest()
    digests = (hashlib.blake2b(each.encode(), key=key, digest_size=8).digest() for each in ids)
    return np.array([(int.from_bytes(digest) >> 11) / 2**53 for digest in digests], dtype=np.float64)


def candidates_for(capacity: int, share: float, n: int) -> tuple[int, int]:
    """Return how many of the best `n` are drawn from, and how many of them are held out, for a full list.

    Examples
    --------
    >>> candidates_for(200, 0.1, 1000), candidates_for(200, 0.1, 100), candidates_for(200, 0, 100)
    ((223, 23), (100, 10), (100, 0))
    """
    wanted = min(n, math.ceil(round(capacity / (1 - share), 9)))
    held_out = max(wanted - capacity, math.floor(share * wanted + 0.5))
    return wanted, held_out


def held_out(ids: Sequence[str], n: int, *, seed: int, purpose: str) -> Booleans:
    """Return which ids are held out: `n`, drawn at random so that every set of `n` is as likely."""
    order = np.lexsort((np.asarray(ids, dtype=object), uniforms(ids, seed=seed, purpose=purpose)))
    out = np.zeros(len(ids), dtype=np.bool_)
    out[order[:n]] = True
    return out
