"""Init: a first configuration from the user's files, and what each column became."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from silentnps.config import ProjectConfig, load_config
from silentnps.data.reading.sources import read_tables
from silentnps.data.values.local_time import local_time
from silentnps.errors import ConfigError, SilentNPSError
from silentnps.storage.atomic import replace_file
from silentnps.workflow.onboarding.looked import look
from silentnps.workflow.onboarding.proposal import Proposal, propose
from silentnps.workflow.onboarding.questions import Answers, Question, open_questions, unanswered
from silentnps.workflow.onboarding.waves import Waves, propose_waves
from silentnps.workflow.onboarding.writing import config_text
from silentnps.workflow.watch import QUIET, Watch

Ask = Callable[[list[Question], Answers], Answers]
"""Answers the questions; some may stay open."""


@dataclass(frozen=True)
class Written:
    """The configuration that was written, and where."""

    path: Path
    proposal: Proposal


def init(
    files: Sequence[str],
    *,
    output: Path,
    name: str | None = None,
    answers: Answers = Answers(),
    ask: Ask | None = None,
    force: bool = False,
    watch: Watch = QUIET,
) -> Written:
    """Look at the files and write a commented configuration of them, with the reason of each choice.

    Parameters
    ----------
    files
        CSV, Parquet, DuckDB and what else a table's `path` may be; those whose names differ in digits only are one
        table.
    output
        The configuration to write.
    name
        Of the project; the name of the folder by default.
    answers
        To what the files leave open.
    ask
        Asks a person what is still open; without it, what is open is an error.
    force
        Whether an older configuration may be replaced.

    Raises
    ------
    ConfigError
        If the configuration exists, no file has customers, or a question is open.
    """
    if output.exists() and not force:
        raise ConfigError(f"--output must be a new file; got {output}, which exists. Pass --force to replace it.")
    looked = look(files, folder=output.resolve().parent, watch=watch)
    questions = open_questions(looked, answers)
    while questions and ask is not None:  # an answer may raise another question
        answered = ask(questions, answers)
        if answered == answers:
            break
        answers, questions = answered, open_questions(looked, answered)
    if questions:
        raise unanswered(questions)
    watch.step("looking at the answers")
    proposal = propose(looked, answers, name=name or _name_of(output))
    proposal = proposal.with_waves(_waves(proposal, output))
    replace_file(output, lambda path: _write_checked(path, proposal))
    return Written(output, proposal)


def _write_checked(path: Path, proposal: Proposal) -> None:
    path.write_text(config_text(proposal), encoding="utf-8")
    load_config(path)


def _name_of(output: Path) -> str:
    folder = output.resolve().parent.name
    plain = "".join(char if char.isascii() and (char.isalnum() or char in "._-") else "-" for char in folder)
    return plain.strip("._-") or "project"


def _waves(proposal: Proposal, output: Path) -> Waves:
    """Return the waves of the answers as the configuration reads them."""
    if "responses" not in proposal.tables:
        return Waves("", "there are no answers")
    beside = output.with_name(f".{output.name}.looked")
    try:
        beside.write_text(config_text(proposal), encoding="utf-8")
        return _waves_of(load_config(beside))
    except OSError as error:
        raise ConfigError(f"{output} cannot be written ({error.strerror}). Choose another --output.") from None
    finally:
        beside.unlink(missing_ok=True)


def _waves_of(config: ProjectConfig) -> Waves:
    tables = {name: config.tables[name] for name in ("customers", "responses")}
    try:
        responses = read_tables(config.model_copy(update={"tables": tables})).tables["responses"]
    except SilentNPSError as error:
        return Waves("", f"the answers cannot be read yet ({error})", unsure=True)
    moment = responses.responded_at
    if "invited_at" in responses.columns:
        moment = responses.invited_at.coalesce(moment)
    days = responses.filter(responses.rating.notnull()).select(day=local_time(moment, config.timezone).date())
    by_day = days.group_by("day").aggregate(n=days.count()).order_by("day").to_pandas().dropna()
    return propose_waves(
        [day.date() if hasattr(day, "date") else day for day in by_day["day"]], by_day["n"].tolist()
    )
