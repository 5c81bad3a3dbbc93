"""What is said about files that are missing, damaged or of another model, the same for every file."""

from __future__ import annotations

from pathlib import Path

import pytest

from silentnps.errors import DataError, ModelError
from silentnps.workflow.artifacts.made_file import MadeFile

MADE = MadeFile(Path("out/reasons"), "train", ModelError)


def test_a_missing_file_is_told_with_the_command_that_makes_it() -> None:
    with (
        pytest.raises(ModelError, match=r"^out/reasons is missing\. Run `silentnps train` first"),
        MADE.reading(),
    ):
        raise FileNotFoundError


@pytest.mark.parametrize("fault", [OSError, ValueError, KeyError, TypeError, AttributeError])
def test_content_that_cannot_be_read_is_damaged(fault: type[Exception]) -> None:
    with (
        pytest.raises(ModelError, match=r"^out/reasons is damaged\. Run `silentnps train` again"),
        MADE.reading(),
    ):
        raise fault


def test_errors_with_words_of_their_own_pass() -> None:
    with pytest.raises(DataError, match="another"), MADE.reading():
        raise DataError("another")


def test_files_of_another_model_or_an_earlier_version_are_told_apart() -> None:
    assert str(MADE.of_another_model()) == "out/reasons belongs to another model. Run `silentnps train` again."
    assert "was written by an earlier version" in str(MADE.of_an_earlier_version())
    assert isinstance(MADE.of_another_model(), ModelError)
