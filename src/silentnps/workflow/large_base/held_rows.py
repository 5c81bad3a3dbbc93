"""What training holds in memory: the features of everybody, or of a large base all answers and hash samples."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from silentnps.features.large_base.training_rows import WaveCounts
from silentnps.features.leaks.leak_audit import Origin
from silentnps.numerics.arrays import Booleans
from silentnps.numerics.silent_population import SilentPopulation
from silentnps.outcome.survey_data import SurveyData


@dataclass(frozen=True)
class HeldRows:
    """Built features with what they were built from.

    Of a large base `frame` holds the answers and samples of others up to its wave; `uniform` then says which of its
    rows are a simple random sample of their wave, and `wave` counts all customers of the one that is trained for.
    """

    frame: pd.DataFrame
    origin: Origin
    uniform: Booleans | None = None
    wave: WaveCounts | None = None

    def with_everybody(self, data: SurveyData, survey: Booleans) -> SurveyData:
        """Return the data of the `survey` rows of the frame, which know how many silent customers there are."""
        if self.uniform is None or self.wave is None:
            return data
        uniform = self.uniform[survey]
        counted = SilentPopulation.counted(self.wave.n_asked, self.wave.n_never, uniform & data.target)
        return replace(data, population=counted, waves=None)
