"""One survey and one model for all tests of explanations."""

from __future__ import annotations

import pytest
from annoyed import bundle_of, survey_of

from silentnps.bundle.bundle import Bundle
from silentnps.outcome.survey_data import SurveyData


@pytest.fixture(scope="session")
def data() -> SurveyData:
    return survey_of()


@pytest.fixture(scope="session")
def bundle(data: SurveyData) -> Bundle:
    return bundle_of(data)
