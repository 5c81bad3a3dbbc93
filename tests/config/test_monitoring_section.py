"""The section on monitoring."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from silentnps.config import MonitoringConfig


def test_limits_ascend_and_may_be_equal() -> None:
    assert MonitoringConfig(nps=(3, 3)).nps == (3.0, 3.0)
    for limits in ((10, 5), (-1, 5), (5,)):
        with pytest.raises(ValidationError):
            MonitoringConfig(nps=limits)


def test_a_command_is_a_list_of_words() -> None:
    assert MonitoringConfig(command=["python", "notify.py"]).command == ("python", "notify.py")
    with pytest.raises(ValidationError):
        MonitoringConfig(command="python notify.py")
