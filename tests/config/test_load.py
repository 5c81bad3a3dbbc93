"""The project's file: defaults, paths, and a plain sentence for everything that can be wrong in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from silentnps.config import load_config
from silentnps.errors import ConfigError
from silentnps.schema import TABLES

SHOP = "name: shop\noutput: out\ntables:\n  customers: {path: data/c.csv}\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "shop.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def error_of(folder: Path, text: str) -> str:
    """Return the error of a file, without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text))
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_shortest_file_is_complete(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, SHOP))
    assert config.name == "shop"
    assert config.timezone is None
    assert config.model.folds == 5
    assert config.estimation.confidence_level == 0.95
    assert config.waves.period is None
    assert config.random_state == 0


def test_values_replace_defaults_in_their_section_only(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, SHOP + "model: {folds: 3}\nwaves: {dates: [2025-01-01, 2025-04-01]}\n"))
    assert (config.model.folds, config.model.trees) == (3, 80)
    assert config.waves.dates == (datetime(2025, 1, 1), datetime(2025, 4, 1))


def test_relative_paths_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project").mkdir()
    write(tmp_path / "project", SHOP)
    monkeypatch.chdir(tmp_path)
    config = load_config(Path("project/shop.yaml"))
    assert config.tables["customers"].path == tmp_path / "project" / "data" / "c.csv"
    assert config.output == tmp_path / "project" / "out"


def test_absolute_and_home_paths_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    text = "name: shop\noutput: ~/out\ntables:\n  customers: {path: /base/c.csv}\n"
    config = load_config(write(tmp_path, text))
    assert config.tables["customers"].path == Path("/base/c.csv")
    assert config.output == Path("/home/ada/out")


def test_a_configuration_cannot_be_changed(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, SHOP))
    with pytest.raises(ValidationError, match="frozen"):
        config.name = "other"  # type: ignore[misc]


def test_the_engine_is_duckdb_unless_said_otherwise(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, SHOP))
    assert (config.engine, config.spark.master, config.spark.config) == ("duckdb", "local[*]", {})


def test_settings_of_spark_need_no_quotes(tmp_path: Path) -> None:
    section = "engine: spark\nspark: {master: yarn, config: {spark.a: 64, spark.b: true, spark.c: 8g}}\n"
    config = load_config(write(tmp_path, SHOP + section))
    assert (config.engine, config.spark.master) == ("spark", "yarn")
    assert config.spark.config == {"spark.a": "64", "spark.b": "true", "spark.c": "8g"}


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    assert error_of(tmp_path, SHOP + "engine: polars\n") == (
        "shop.yaml: engine must be 'duckdb' or 'spark'; got 'polars'."
    )


# --- unknown names ----------------------------------------------------------------------------------------------


def test_an_unknown_key_is_named_with_the_nearest_and_the_known_ones(tmp_path: Path) -> None:
    assert error_of(tmp_path, SHOP + "modle: {}\n") == (
        "shop.yaml: unknown key 'modle'. Did you mean 'model'? Known keys there: name, tables, output, presets,"
        " engine, spark, timezone, empty_values, earliest, currencies, identity, survey, waves, features, model,"
        " labels, estimation, value, accounts, explanation, scoring, monitoring, actions, privacy, tracking, gates,"
        " random_state, reading_seconds."
    )


@pytest.mark.parametrize(
    ("section", "key", "near", "known"),
    [
        (
            "model",
            "tree",
            "trees",
            "candidates, repeats, folds, trees, leaves, learning_rate, min_leaf_rows, ridge, feature_fraction"
            ", fairness, learning_curve",
        ),
        ("waves", "embargo", None, "period, dates, embargo_hours, repeats"),
        (
            "features",
            "shadow_feature",
            "shadow_features",
            "response_drivers, shadow_features, neither, exclude, include, higher_is_better, percentile_segment, "
            "allow_leaks, actionable",
        ),
        ("tracking", "url", "uri", "uri, experiment, registered_model"),
        (
            "estimation",
            "segment",
            "segments",
            "confidence_level, selection_prior_sd, selection_step, replicates, segments, min_segment_n, wave, "
            "target_nps, difference_that_matters, widest_interval",
        ),
    ],
)
def test_an_unknown_key_of_a_section_is_named_with_those_of_the_section(
    tmp_path: Path, section: str, key: str, near: str | None, known: str
) -> None:
    text = error_of(tmp_path, SHOP + f"{section}: {{{key}: 1}}\n")
    assert text.startswith(f"shop.yaml: unknown key '{section}.{key}'.")
    assert text.endswith(f" Known keys there: {known}.")
    assert near is None or f" Did you mean {near!r}?" in text


def test_an_unknown_key_of_a_table_is_named_with_those_of_tables(tmp_path: Path) -> None:
    text = "name: shop\noutput: out\ntables:\n  customers: {path: c.csv, colums: {}}\n"
    assert error_of(tmp_path, text) == (
        "shop.yaml: unknown key 'tables.customers.colums'. Did you mean 'columns'? Known keys there: path, url,"
        " table, encoding, columns, decimal, day_first, text, scale, max_unmatched_share, identified_by,"
        " preset, question, joined."
    )


def test_a_key_without_a_near_one_gets_no_guess(tmp_path: Path) -> None:
    assert "Did you mean" not in error_of(tmp_path, SHOP + "zzz: 1\n")


def test_an_unknown_table_is_named_with_the_nearest_and_the_known_ones(tmp_path: Path) -> None:
    assert error_of(tmp_path, SHOP + "  order: {path: o.csv}\n") == (
        f"shop.yaml: tables: unknown table 'order'. Did you mean 'orders'? Known tables: {', '.join(TABLES)}."
    )


def test_a_former_name_of_a_table_is_refused_with_the_present_one(tmp_path: Path) -> None:
    assert error_of(tmp_path, SHOP + "  followup: {path: f.csv}\n") == (
        "shop.yaml: tables: the table 'followup' is now 'follow_up'. Rename the key."
    )


def test_the_table_of_customers_must_be_there(tmp_path: Path) -> None:
    text = "name: shop\noutput: out\ntables:\n  orders: {path: o.csv}\n"
    assert error_of(tmp_path, text) == "shop.yaml: tables: the table 'customers' is missing."


@pytest.mark.parametrize("key", ["name", "output", "tables"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    sections = {"name": "name: shop\n", "output": "output: out\n", "tables": SHOP[SHOP.index("tables") :]}
    text = "".join(section for name, section in sections.items() if name != key)
    assert error_of(tmp_path, text) == f"shop.yaml: the key {key!r} is missing. Add it."


def test_a_missing_key_of_a_table_is_named(tmp_path: Path) -> None:
    text = "name: shop\noutput: out\ntables:\n  customers: {}\n"
    assert error_of(tmp_path, text) == "shop.yaml: the key 'tables.customers.path' is missing. Add it."


# --- values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("model: {folds: 1}", "model.folds must be greater than or equal to 2; got '1'."),
        ("model: {folds: 21}", "model.folds must be less than or equal to 20; got '21'."),
        ("model: {repeats: 0}", "model.repeats must be greater than or equal to 1; got '0'."),
        ("model: {trees: 5001}", "model.trees must be less than or equal to 5000; got '5001'."),
        ("model: {leaves: 1}", "model.leaves must be greater than or equal to 2; got '1'."),
        ("model: {learning_rate: 0}", "model.learning_rate must be greater than 0; got '0'."),
        ("model: {learning_rate: 1.1}", "model.learning_rate must be less than or equal to 1; got '1.1'."),
        ("model: 5", "model must be a mapping of keys; got '5'."),
        ("model:", "model must be a mapping of keys; got 'None'."),
        ("waves: {embargo_hours: -1}", "waves.embargo_hours must be greater than or equal to 0; got '-1'."),
        ("waves: {embargo_hours: .inf}", "waves.embargo_hours must be a finite number; got 'inf'."),
        ("waves: {period: week}", "waves.period must be 'month', 'quarter' or 'year'; got 'week'."),
        ("waves: {dates: 2025-01-01}", "waves.dates must be a list; got '2025-01-01'."),
        ("features: {exclude: region}", "features.exclude must be a list; got 'region'."),
        (
            "estimation: {confidence_level: 95}",
            "estimation.confidence_level must be less than 1; got '95'.",
        ),
        (
            "estimation: {confidence_level: 0.5}",
            "estimation.confidence_level must be greater than 0.5; got '0.5'.",
        ),
        (
            "estimation: {confidence_level: .nan}",
            "estimation.confidence_level must be a finite number; got 'nan'.",
        ),
        (
            "estimation: {selection_prior_sd: 0}",
            "estimation.selection_prior_sd must be greater than 0; got '0'.",
        ),
        (
            "estimation: {selection_prior_sd: 6}",
            "estimation.selection_prior_sd must be less than or equal to 5; got '6'.",
        ),
        (
            "estimation: {replicates: 9}",
            "estimation.replicates must be greater than or equal to 10; got '9'.",
        ),
        (
            "estimation: {min_segment_n: 0}",
            "estimation.min_segment_n must be greater than or equal to 1; got '0'.",
        ),
        ("random_state: -1", "random_state must be greater than or equal to 0; got '-1'."),
        (
            "timezone: Mars/Olympus",
            "timezone must be an IANA time zone such as Europe/Berlin or UTC; got 'Mars/Olympus'.",
        ),
        (
            "currencies: {to: euro}",
            "currencies.to must be a code of three capital letters such as EUR; got 'euro'.",
        ),
        (
            "currencies: {to: EUR, rates: {usd: 0.9}}",
            "currencies.rates.usd must be a code of three capital letters such as EUR; got 'usd'.",
        ),
        ("currencies: {to: EUR, rates: {USD: 0}}", "currencies.rates.USD must be greater than 0; got '0'."),
        ("currencies: {to: EUR, rates: {EUR: 2}}", "currencies.rates: the rate of EUR in itself must be 1."),
        ("currencies: {rates: {}}", "the key 'currencies.to' is missing. Add it."),
        (
            "currencies: {to: EUR, rate: {}}",
            "unknown key 'currencies.rate'. Did you mean 'rates'? Known keys there: to, rates.",
        ),
        ("timezone: Europe", "timezone must be an IANA time zone such as Europe/Berlin or UTC; got 'Europe'."),
        ("timezone: ../UTC", "timezone must be an IANA time zone such as Europe/Berlin or UTC; got '../UTC'."),
    ],
)
def test_a_bad_value_is_named_with_its_rule(tmp_path: Path, line: str, error: str) -> None:
    assert error_of(tmp_path, SHOP + line + "\n") == f"shop.yaml: {error}"


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ("model: {folds: two}", "model.folds must be a valid integer"),
        ("waves: {dates: [soon]}", "waves.dates.0 must be a valid datetime"),
        ("random_state: 1.5", "random_state must be a valid integer"),
        ("5: 6", "5: Keys should be strings"),
    ],
)
def test_a_value_of_another_type_is_named(tmp_path: Path, line: str, start: str) -> None:
    assert error_of(tmp_path, SHOP + line + "\n").startswith(f"shop.yaml: {start}")


@pytest.mark.parametrize("name", ["a b", "-a", "''", "a/b"])
def test_the_name_must_be_fit_for_a_file(tmp_path: Path, name: str) -> None:
    text = error_of(tmp_path, SHOP.replace("shop", name, 1))
    assert text.startswith(
        "shop.yaml: name must be letters, digits, '.', '_' and '-', a letter or digit first; got "
    )


@pytest.mark.parametrize(
    ("table", "error"),
    [
        ("c.csv", "tables.customers must be a mapping of keys; got 'c.csv'."),
        ("{path: 5}", "tables.customers.path must be a path; got '5'."),
        ("{path: c.csv, columns: [a]}", "tables.customers.columns must be a mapping of keys; got \"['a']\"."),
        (
            "{path: c.csv, columns: {customer_id: 5}}",
            "tables.customers.columns.customer_id must be a valid string; got '5'.",
        ),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, table: str, error: str) -> None:
    text = f"name: shop\noutput: out\ntables:\n  customers: {table}\n"
    assert error_of(tmp_path, text) == f"shop.yaml: {error}"


# --- files ------------------------------------------------------------------------------------------------------


def test_broken_yaml_is_named_with_its_line(tmp_path: Path) -> None:
    text = error_of(tmp_path, SHOP + "model: {folds: 3\nwaves: {}\n")
    assert text.startswith("shop.yaml, line 6 is not valid YAML (")
    assert text.endswith("). Correct the line.")


@pytest.mark.parametrize(
    ("line", "key", "number"), [("name: other", "name", 5), ("  customers: {}", "customers", 5)]
)
def test_a_key_that_is_there_twice_is_named_with_its_line(tmp_path: Path, line: str, key: str, number: int) -> None:
    assert error_of(tmp_path, SHOP + line + "\n") == (
        f"shop.yaml, line {number} is not valid YAML (the key {key!r} is there twice). Correct the line."
    )


def test_a_key_that_is_there_twice_in_a_list_is_named(tmp_path: Path) -> None:
    assert "the key 'a' is there twice" in error_of(tmp_path, SHOP + "x: [{a: 1, a: 2}]\n")


@pytest.mark.parametrize(("text", "kind"), [("- a\n", "list"), ("", "NoneType"), ("hello\n", "str")])
def test_a_file_must_hold_keys(tmp_path: Path, text: str, kind: str) -> None:
    assert error_of(tmp_path, text) == f"shop.yaml must hold a mapping of keys; got {kind}. See configs/."


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(tmp_path / "nope.yaml")
    assert str(caught.value) == (
        f"{tmp_path}/nope.yaml cannot be read (No such file or directory). Pass an existing file with -c."
    )


def test_a_file_in_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "shop.yaml"
    path.write_bytes((SHOP + "# M\xfcnchen\n").encode("latin-1"))
    with pytest.raises(ConfigError, match=r"must be UTF-8 text\. Save it as UTF-8\."):
        load_config(path)
