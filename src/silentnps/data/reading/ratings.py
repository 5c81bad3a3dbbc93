"""The ratings of a table, in whatever form they are written, on the declared scale or else 0-10."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibis.backends.duckdb import Backend

from silentnps.config import ProjectConfig
from silentnps.config.scale import AS_THEY_ARE, ScaleConfig, example_of, key_of
from silentnps.data.findings import Finding, Note
from silentnps.data.opening.scan import Source, literal, query, quote
from silentnps.data.reading.text_profiles import DeclaredFormat
from silentnps.data.values.casts import Cast, Family, cast
from silentnps.data.values.markers import marked, unmarked
from silentnps.data.values.rating_notation import Written, read_notation
from silentnps.data.values.rating_scale import Doubt, doubt_of
from silentnps.data.values.scale_effect import effect_of
from silentnps.errors import DataError
from silentnps.schema import NPS_CLASSES

RATING = "rating"
REPRESENTATIVE = (3, 7, 9)
"""The ratings that represent a detractor, a passive and a promoter where only the class is known."""

_SURVEY = ("survey_id", "survey_type")
_MOST_DIFFERENT = 2000
_TEN = 10
_RULE = "a whole number from 0 to 10 (also as 7/10 or 10 - Extremely likely), or promoter, passive, detractor"


@dataclass(frozen=True)
class Ratings:
    """How the ratings of a column are read, whether they are classes, and the findings on them."""

    sql: Cast
    by_class: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class _Answers:
    """The number of rows by survey and text."""

    counts: Counter[tuple[str, str]]

    def of_text(self) -> Counter[str]:
        by_text: Counter[str] = Counter()
        for (_, text), n in self.counts.items():
            by_text[text] += n
        return by_text

    def of_surveys(self) -> list[Counter[str]]:
        by_survey: dict[str, Counter[str]] = {}
        for (survey, text), n in self.counts.items():
            by_survey.setdefault(survey, Counter())[text] += n
        return list(by_survey.values())


def read_ratings(
    backend: Backend, table: str, source: Source, names: Mapping[str, str], config: ProjectConfig
) -> Ratings | None:
    """Return how the column `rating` of a table is read; None where its values are too many to be ratings.

    Numbers, 9.0 and 9,0 among them, 7/10, and numbers with a label are numbers; promoter, passive and detractor are
    classes. `names` are the user's names of the columns. Without a declared scale the numbers must look like 0-10,
    see `doubt_of`, in all surveys together and in each.

    Raises
    ------
    DataError
        If the ratings look like those of another scale, or are classes and numbers.
    """
    user, declared = names[RATING], config.tables[table].scale
    text = _text_of(quote(user), source.family(user), DeclaredFormat.of(config, table))
    answers = _count(backend, source, text, [names[name] for name in _SURVEY if name in names])
    if answers is None:
        return None
    written = {rating: read_notation(rating) for rating in answers.of_text()}
    where = f"{source.name}: column {user!r}"
    if declared is None:
        return _undeclared(table, where, text, written, answers)
    return _declared(table, text, written, answers, declared)


def _text_of(raw: str, family: Family, declared: DeclaredFormat) -> str:
    """Return SQL of ratings as text, empty where a marker of emptiness stands."""
    values = unmarked(raw, marked(raw, family, (*declared.always, *declared.among_numbers)))
    return cast(values, family=family, kind="text", zone=None).value


def _count(backend: Backend, source: Source, text: str, surveys: Sequence[str]) -> _Answers | None:
    for chosen in (surveys, ()):
        keys = [cast(quote(name), family=source.family(name), kind="text", zone=None).value for name in chosen]
        survey = f"concat_ws('|', {', '.join(keys)})" if keys else "''"
        rows = query(
            backend,
            source.name,
            f"SELECT {survey}, {text} AS written, count(*) FROM {source.scan} WHERE ({text}) IS NOT NULL"
            f" GROUP BY ALL LIMIT {_MOST_DIFFERENT + 1}",
        )
        if len(rows) <= _MOST_DIFFERENT:
            # Where a type holds no ratings, DuckDB groups no rows by nothing, and gives one row of none.
            return _Answers(Counter({(key, rating): int(n) for key, rating, n in rows if rating is not None}))
    return None


def _undeclared(
    table: str, where: str, text: str, written: Mapping[str, Written | None], answers: _Answers
) -> Ratings:
    classes = {
        label: rating.nps_class
        for label, rating in written.items()
        if rating is not None and rating.nps_class is not None
    }
    numbers = {text: rating for text, rating in written.items() if rating is not None and rating.number is not None}
    n_classes, n_numbers = (sum(answers.of_text()[text] for text in texts) for texts in (classes, numbers))
    if classes and numbers:
        raise DataError(
            f"{where} must hold ratings or classes, not both; got {n_numbers} numbers and {n_classes} classes."
            " Give all answers one of them."
        )
    if classes:
        values = {text: REPRESENTATIVE[code] for text, code in classes.items()}
        return Ratings(_by_value(text, values, _RULE), True, (_of_classes(table, n_classes),))
    pooled = _doubt(numbers, answers.of_text())
    by_survey = [_doubt(numbers, counts) for counts in answers.of_surveys()]
    for doubt in (pooled, *by_survey):
        if doubt is not None and doubt.is_error:
            raise _refused(table, where, doubt)
    hints = () if pooled is None else (_hint(table, pooled, n_numbers),)
    whole = {
        text: int(rating.number) for text, rating in numbers.items() if rating.number == int(rating.number or 0)
    }
    return Ratings(_by_value(text, whole, _RULE), findings=hints)


def _doubt(numbers: Mapping[str, Written], counts: Counter[str]) -> Doubt | None:
    counted = {text: rating for text, rating in numbers.items() if text in counts}
    n = sum(counts[text] for text in counted)
    shares = sum(counts[text] for text, rating in counted.items() if rating.is_percent)
    if shares:
        return Doubt("0-100", f"{shares} of {n} answers are in per cent")
    others: Counter[int] = Counter()
    for text, rating in counted.items():
        if rating.out_of is not None and rating.out_of != _TEN:
            others[rating.out_of] += counts[text]
    if others:
        highest, n_others = others.most_common(1)[0]
        return Doubt(f"0-{highest}", f"{n_others} of {n} answers are of {highest}")
    by_number: Counter[float] = Counter()
    for text, rating in counted.items():
        by_number[float(rating.number or 0)] += counts[text]
    return doubt_of(by_number) or _turned(counted)


def _turned(counted: Mapping[str, Written]) -> Doubt | None:
    """Doubt ratings whose labels say that the highest number is the least likely."""
    labelled = {rating.number or 0.0: rating.label.casefold() for rating in counted.values() if rating.label}
    if len(labelled) < 2 or max(labelled) - min(labelled) < _TEN / 2:
        return None
    low, high = labelled[min(labelled)], labelled[max(labelled)]
    negative = ("not ", "never", "unlikely", "nicht", "unwahrscheinlich", "pas ", "jamais")
    if any(word in f"{high} " for word in negative) and not any(word in f"{low} " for word in negative):
        return Doubt("10-0", "the label of the highest number says that it is the least likely")
    return None


def _declared(
    table: str, text: str, written: Mapping[str, Written | None], answers: _Answers, declared: ScaleConfig
) -> Ratings:
    meanings = {text: _meaning(text, notation, declared) for text, notation in written.items()}
    values = {text: rating for text, rating in meanings.items() if rating is not None}
    counts = {text: answers.of_text()[text] for text in values}
    rule = f"a rating that tables.{table}.scale names"
    by_class = any(isinstance(value, str) for value in declared.to.values())
    return Ratings(_by_value(text, values, rule), by_class, _of_mapping(table, counts, values, declared))


def _meaning(text: str, written: Written | None, declared: ScaleConfig) -> int | None:
    number = None if written is None else written.number
    if declared.to:
        meaning = declared.to.get(key_of(text), declared.to.get(key_of(number)))
        return REPRESENTATIVE[NPS_CLASSES.index(meaning)] if isinstance(meaning, str) else meaning
    low, high = (int(end) for end in str(declared.offered).split("-"))
    if number is None or not low <= number <= high:
        return None
    shift, step = {"1-11": (1, 1), "0-100": (0, _TEN)}.get(str(declared.offered), (0, 1))
    rating = (number - shift) / step
    return int(rating) if rating == int(rating) else None


def _by_value(text: str, values: Mapping[str, int], rule: str) -> Cast:
    cases = " ".join(f"WHEN {literal(written)} THEN {rating}" for written, rating in sorted(values.items()))
    value = f"CAST(CASE {text} {cases} END AS BIGINT)" if cases else "NULL::BIGINT"
    return Cast(value=value, bad=f"({text}) IS NOT NULL AND ({value}) IS NULL", zoneless=None, rule=rule)


def _refused(table: str, where: str, doubt: Doubt) -> DataError:
    key = f"tables.{table}.scale"
    right = f" If 0-10 was offered all the same: `{key}: {{from: 0-10}}`." if doubt.may_be_right else ""
    return DataError(
        f"{where} must be on the scale 0-10; got ratings that look like {doubt.scale}: {doubt.why}. Say in the"
        f" configuration what they mean, such as `{key}: {_example(doubt.scale)}.{right}"
    )


def _example(scale: str) -> str:
    """Return an example declaration of a scale, up to its closing backtick, with a remark where one is needed."""
    if scale in ("1-10", "1-11", "0-100"):
        return f"{{from: {scale}}}`"
    if "," in scale:
        pairs = zip(scale.split(", "), NPS_CLASSES, strict=True)
        return "{to: {" + ", ".join(f"{code}: {name}" for code, name in pairs) + "}}`"
    if scale == "0-9":  # the position in a list of 1 to 10
        return "{from: 0-9, to: {" + ", ".join(f"{i}: {i + 1}" for i in range(_TEN)) + "}}`"
    if " to " in scale:
        low, high = scale.split(" to ")
        return f"{{to: {{{low}: detractor, ..., {high}: promoter}}}}` with every value"
    if scale == "10-0":
        return "{from: 0-10, to: {" + ", ".join(f"{i}: {_TEN - i}" for i in range(_TEN + 1)) + "}}`"
    if " in " in scale:
        return "{to: {6: 6, 6.5: 7, ...}}` with every value that is there, or give the answers to the one question"
    ends = scale.split("-")
    if "." in scale or int(ends[1]) > _TEN:
        return f"{{to: {{{ends[0]}: detractor, ..., {ends[1]}: promoter}}}}` with every value"
    return f"{{from: {scale}, to: {example_of(scale)}}}`"


def _note(table: str, n: int, rule: str, cure: str) -> Note:
    return Note(table, RATING, rule, "warning", n, (), cure, "note")


def _of_classes(table: str, n: int) -> Finding:
    return _note(
        table,
        n,
        "a rating from 0 to 10",
        "The ratings are classes and count as such; features that compute with earlier ratings are left out.",
    )


def _hint(table: str, doubt: Doubt, n: int) -> Finding:
    return _note(
        table,
        n,
        "on the scale 0-10",
        f"The ratings are kept, but {doubt.why}: if {doubt.scale} was offered, say so with tables.{table}.scale:"
        f" {{from: {doubt.scale}}}; promoters are 9 and 10 on both.",
    )


def _of_mapping(
    table: str, counts: Mapping[str, int], values: Mapping[str, int], declared: ScaleConfig
) -> tuple[Finding, ...]:
    if declared.offered in AS_THEY_ARE and not declared.to:
        return ()
    if not declared.to:
        cure = f"The ratings are {declared.offered}, which says 0-10 in other numbers, and are read as 0-10."
    else:
        classes = any(isinstance(value, str) for value in declared.to.values())
        what = "classes" if classes else "ratings"
        cure = (
            f"The ratings are mapped to {what} by tables.{table}.scale: the NPS is that of the mapped {what}, and"
            f" can be compared with nothing but itself.{_effect(counts, values)}"
            f"{' Features that compute with earlier ratings are left out.' if classes else ''}"
        )
    return (_note(table, sum(counts.values()), "a rating from 0 to 10", cure),)


def _effect(counts: Mapping[str, int], values: Mapping[str, int]) -> str:
    """Return what the mapping does to the NPS; values that differ in case or blanks are one."""
    by_value: Counter[str] = Counter()
    for text, n in counts.items():
        by_value[key_of(text)] += n
    return f" {effect_of(by_value, {key_of(text): rating for text, rating in values.items()})}" if by_value else ""
