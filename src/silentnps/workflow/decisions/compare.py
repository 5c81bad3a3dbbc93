"""Compare: which segments differ, by how much and why, and what each class has more of and less."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from silentnps.bundle.bundle import Bundle, load_bundle
from silentnps.errors import ConfigError
from silentnps.estimation.comparison.segments import BASE
from silentnps.estimation.comparison.wave_comparison import SegmentComparison, compare_wave, repeats_of
from silentnps.estimation.wording.comparison import describe_comparison
from silentnps.features.catalog import CATALOG
from silentnps.features.event_segments.definitions import EVENT_SEGMENTS
from silentnps.storage.atomic import replace_folder
from silentnps.storage.spreadsheet_csv import write_csv
from silentnps.workflow.artifacts.project import Project, one_at_a_time
from silentnps.workflow.decisions.comparison.difference_drivers import no_drivers, segment_drivers
from silentnps.workflow.decisions.comparison.personas import Personas, no_personas, personas_of
from silentnps.workflow.decisions.comparison.trained_wave import TrainedWave, read_trained_wave
from silentnps.workflow.watch import QUIET, Watch

CLASS = "class"
"""What `--by` calls the classes of the customers themselves."""

ASSOCIATION = (
    "These are associations: what goes with a difference, or with a class, need not be its cause, and changing it "
    "need not change the NPS."
)
_TABLES = ("levels", "differences", "drivers", "personas", "classes")


@dataclass(frozen=True)
class Compared:
    """A comparison of the customers of a wave.

    `levels` and `differences` are of segments, see
    `silentnps.estimation.comparison.wave_comparison.SegmentComparison`; `drivers` shares out the largest
    differences that can be told from chance; `personas` and `classes` are of `--by class`. `sentences` say which
    segments differ, `notes` what must be known of that.
    """

    wave: str
    confidence_level: float
    levels: pd.DataFrame
    differences: pd.DataFrame
    drivers: pd.DataFrame
    personas: pd.DataFrame
    classes: pd.DataFrame
    sentences: tuple[str, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; what is not known is None."""
        tables = {name: _records(getattr(self, name)) for name in _TABLES}
        plain = {field.name: getattr(self, field.name) for field in fields(self) if field.name not in _TABLES}
        return plain | {"sentences": list(self.sentences), "notes": list(self.notes)} | tables


@one_at_a_time
def compare(
    project: Project,
    *,
    by: Sequence[str],
    against: str = BASE,
    confidence_level: float | None = None,
    watch: Watch = QUIET,
) -> Compared:
    """Compare the segments of the wave that the model was trained for, and write the tables.

    Nothing is fitted: models and bootstrap are those of the training, and the numbers those of `estimate --by`.

    Parameters
    ----------
    by
        Columns: features, segments that events give (see `EVENT_SEGMENTS`), and "class" for what detractors,
        passives and promoters have more of and less.
    against
        "base": each segment against all other customers; "pairs"; or the name of a segment.
    confidence_level
        That of the configuration if None.

    Raises
    ------
    ConfigError
        If there is no column, one is unknown, or `against` is no segment.
    """
    columns = _columns(by, against)
    watch.step("reading the model")
    bundle = load_bundle(project.model)
    trained = read_trained_wave(project, bundle, columns, confidence_level=confidence_level, watch=watch)
    compared = _compare(project, bundle, trained, against, CLASS in by, watch)
    watch.step("writing the comparison")
    digest = str(bundle.info["out_of_fold_digest"])
    replace_folder(project.comparison, lambda folder: _write(folder, compared, digest))
    return compared


def _columns(by: Sequence[str], against: str) -> list[str]:
    columns = [name for name in dict.fromkeys(by) if name != CLASS]
    if not by:
        raise ConfigError("--by must be given at least once; got none. Pass a column, such as --by region.")
    if not columns and against != BASE:
        raise ConfigError(f"--against must be base with --by class; got {against!r}. Leave it out.")
    return columns


def _compare(
    project: Project, bundle: Bundle, trained: TrainedWave, against: str, classes: bool, watch: Watch
) -> Compared:
    wave = trained.wave
    watch.step("comparing the segments")
    repeats = repeats_of(wave, trained.kept.repeats)
    compared = compare_wave(wave, repeats, trained.kept.bootstrap, against=against)
    compared = _in_order(compared, trained)
    drivers = no_drivers()
    if compared.differences["differs"].any():
        watch.step("explaining the differences")
        drivers = segment_drivers(project, bundle, trained, compared)
    personas = no_personas()
    if classes:
        watch.step("describing the classes")
        personas = personas_of(wave, repeats, trained.kept.bootstrap)
    return Compared(
        wave=str(bundle.info["wave"]),
        confidence_level=wave.estimation.confidence_level,
        levels=compared.levels,
        differences=compared.differences,
        drivers=drivers,
        personas=personas.profiles,
        classes=personas.classes,
        sentences=tuple(describe_comparison(compared.differences, cut.name) for cut in wave.segmentations),
        notes=_notes(compared, personas, trained),
    )


def _in_order(compared: SegmentComparison, trained: TrainedWave) -> SegmentComparison:
    """Return the comparison with the levels of numbers in the order of the numbers."""
    place = {(name, label): i for name, labels in trained.columns.order.items() for i, label in enumerate(labels)}
    levels = compared.levels
    cuts = {cut.name: i for i, cut in enumerate(trained.wave.segmentations)}
    pairs = zip(levels["segmentation"].astype(str), levels["segment"].astype(str), strict=True)
    keys = [(cuts[name], place.get((name, segment), 0)) for name, segment in pairs]
    order = sorted(range(len(levels)), key=lambda i: keys[i])
    return SegmentComparison(levels.iloc[order].reset_index(drop=True), compared.differences)


def _notes(compared: SegmentComparison, personas: Personas, trained: TrainedWave) -> tuple[str, ...]:
    notes, n, level = [], len(compared.differences), trained.wave.estimation.confidence_level
    if n:
        notes.append(
            f'Differences are between silent customers. Intervals in brackets and "all at once" hold for all '
            f"{n:,} of them together ({100 * level:g} %), and p is corrected for their number."
            if n > 1
            else f"The difference is between silent customers ({100 * level:g} % interval)."
        )
    suppressed = compared.levels[compared.levels["suppressed"].astype(bool)]
    if len(suppressed):
        least = trained.wave.estimation.min_segment_n
        notes.append(
            f"{len(suppressed):,} of {len(compared.levels):,} segments have fewer than {least} customers: no "
            "number of theirs is shown, and they count among the others."
        )
    notes += [_defined(name, trained) for name in trained.wave.estimation.segments if _is_made(name, trained)]
    notes += personas.notes
    if n or len(personas.profiles):
        notes.append(ASSOCIATION)
    return tuple(notes)


def _is_made(name: str, trained: TrainedWave) -> bool:
    """Return whether a column is no attribute of customers, so that its meaning must be told."""
    return name in CATALOG or name not in trained.of_wave


def _defined(name: str, trained: TrainedWave) -> str:
    if name not in trained.of_wave:
        return f"{name}: {EVENT_SEGMENTS[name].words}."
    return f"{name}: {CATALOG[name].definition}"


def _write(folder: Path, compared: Compared, model_digest: str) -> None:
    for name in _TABLES:
        table = getattr(compared, name)
        if len(table):
            write_csv(table, folder / f"{name}.csv")
    text = json.dumps({"model_digest": model_digest, **compared.to_dict()}, indent=1, ensure_ascii=False)
    (folder / "compare.json").write_text(text, encoding="utf-8")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    plain = table.astype("object").where(table.notna(), None)
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
