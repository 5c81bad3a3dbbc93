"""Every silent customer of a large base scored by the final model, in a stream over the parts of the features."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.lib.format import open_memmap

from silentnps.bundle.bundle import Bundle
from silentnps.features.large_base.training_rows import WaveCounts
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.heaps import return_free_memory
from silentnps.numerics.parallel import one_thread
from silentnps.training.control import EverySilent
from silentnps.workflow.artifacts.every_silent import INVITED, PROBABILITIES
from silentnps.workflow.artifacts.features_digest import digest_of_total, total_of_rows
from silentnps.workflow.artifacts.project import Project, per_core
from silentnps.workflow.artifacts.scored_rows import RowsToScore
from silentnps.workflow.watch import QUIET, Watch

_ROWS_AT_ONCE = 25_000

_Batch = tuple[Floats, Booleans, int]


@dataclass
class SilentPass:
    """A pass over the features of a wave of `n_rows` customers, `n_silent` of whom are silent.

    The probabilities are written into `folder`; `digest` is that of the features that were read, once it is done.
    """

    project: Project
    wave: str
    n_rows: int
    n_silent: int
    folder: Path
    watch: Watch = QUIET
    digest: str = ""

    @staticmethod
    def of(project: Project, counts: WaveCounts, folder: Path, watch: Watch) -> SilentPass:
        """Return the pass over the silent customers of a wave."""
        return SilentPass(project, counts.wave, counts.n, counts.n - counts.n_answers, folder, watch)

    def __call__(self, bundle: Bundle) -> EverySilent:
        """Return the probabilities of all silent customers by a bundle without its step."""
        unstepped = replace(bundle, step=np.zeros(3))
        unstepped.tables  # noqa: B018 - made once, not by each thread
        probabilities = open_memmap(
            self.folder / PROBABILITIES, mode="w+", dtype=np.float64, shape=(self.n_silent, 3)
        )
        invited, place, total = np.zeros(self.n_silent, dtype=np.bool_), 0, 0
        bar = self.watch.bar("scoring silent customers", -(-self.n_rows // _ROWS_AT_ONCE))
        self.watch.step("scoring silent customers")
        return_free_memory()
        for law, asked, of_batch in self._batches(unstepped):
            here = slice(place, place + len(law))
            probabilities[here], invited[here] = law, asked
            place, total = place + len(law), total + of_batch
            bar(1)
        probabilities.flush()
        np.save(self.folder / INVITED, invited)
        self.digest = digest_of_total(total)
        return_free_memory()
        return EverySilent(np.load(self.folder / PROBABILITIES, mmap_mode="r"), invited)

    def _batches(self, bundle: Bundle) -> Iterator[_Batch]:
        """Score batches in threads, a few ahead, and yield them in the order of the features."""
        workers, ahead = per_core(), list[Future[_Batch]]()
        with ThreadPoolExecutor(workers) as pool, one_thread():
            for frame in RowsToScore(self.project.features, self.wave).batches(_ROWS_AT_ONCE):
                ahead.append(pool.submit(_scored, bundle, frame))
                if len(ahead) > workers:
                    yield ahead.pop(0).result()
            for waiting in ahead:
                yield waiting.result()


def _scored(bundle: Bundle, frame: pd.DataFrame) -> _Batch:
    """Return probabilities of a batch's silent customers, who was invited, and the total of the rows."""
    silent = frame[~frame["respondent"].to_numpy(dtype=np.bool_)]
    invited = silent["invited"].to_numpy(dtype=np.bool_)
    total = total_of_rows(frame)
    if silent.empty:
        return np.zeros((0, 3)), invited, total
    return bundle.silent_probabilities(bundle.complete(silent), invited), invited, total
