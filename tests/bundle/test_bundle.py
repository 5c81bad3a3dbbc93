"""A bundle on disk: the same bits again, or an error with its cure."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from surveys import QUICK, TEN, survey

from silentnps.bundle.bundle import SCHEMA_VERSION, Bundle, expected_nps, load_bundle, signed
from silentnps.errors import DataError, ModelError
from silentnps.features.learned.learned_features import LEARNED_FEATURES, LearnedFeatures
from silentnps.features.learned.lifetime import LifetimeParameters
from silentnps.features.learned.percentiles import Percentiles, fit_grid
from silentnps.features.learned.spending import SpendingParameters
from silentnps.outcome.calibration import Calibrator
from silentnps.training.train import train_model

DATA = survey(700)
INVITED = np.arange(700) % 3 > 0


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    trained = train_model(
        replace(DATA, invited=INVITED | DATA.answered), model=QUICK, estimation=TEN, random_state=0
    )
    slopes = Calibrator(np.array([[0.6, 0.5], [0.7, 0.4]]), np.array([0.1, -0.1]))
    lifetime = LifetimeParameters(r=0.243, alpha=4.414, a=0.793, b=2.426, n=2357, log_likelihood=-9582.4)
    spending = SpendingParameters(p=6.25, q=3.74, v=15.44, n=946, log_likelihood=-4055.9)
    percentiles = Percentiles(fit_grid(np.arange(1, 999) / 7), "channel", {"web": fit_grid(np.array([10.0, 20.1]))})
    learned = LearnedFeatures(lifetime, spending, percentiles, notes=("a reason",))
    return replace(trained.bundle, components=("trees", "linear"), calibrator=slopes, learned=learned)


def edited(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    file = folder / "bundle.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(signed(content)))


def test_a_loaded_bundle_predicts_the_same_bits(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path / "model")
    again = load_bundle(tmp_path / "model")
    features = DATA.features
    assert (again.margins(features) == bundle.margins(features)).all()
    one, other = (each.silent_probabilities(features, INVITED) for each in (bundle, again))
    assert (one == other).all()
    assert (again.labels.codes(one) == bundle.labels.codes(one)).all()
    assert (again.code_book, again.encoder, again.driver_encoder) == (
        bundle.code_book,
        bundle.encoder,
        bundle.driver_encoder,
    )
    assert (again.learned, again.info, again.components) == (bundle.learned, bundle.info, bundle.components)
    assert again.reference == bundle.reference


def test_saving_what_was_loaded_writes_the_same_bytes(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path / "one")
    load_bundle(tmp_path / "one").save(tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == ["bundle.json", "head_0.txt", "head_1.txt"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_constant_heads_are_kept(bundle: Bundle, tmp_path: Path):
    constant = replace(bundle, model=replace(bundle.model, trees=[0.1 + 0.2, bundle.model.trees[1]]))
    constant.save(tmp_path / "model")
    assert load_bundle(tmp_path / "model").model.trees[0] == 0.1 + 0.2


def test_a_new_bundle_takes_the_place_of_the_old(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path / "model")
    (tmp_path / "model" / "more.txt").write_text("of the old one")
    replace(bundle, step=np.array([0.5, 0.0, 0.1])).save(tmp_path / "model")
    assert load_bundle(tmp_path / "model").step.tolist() == [0.5, 0.0, 0.1]
    assert not (tmp_path / "model" / "more.txt").exists()


@pytest.mark.parametrize("first", [True, False])
def test_nothing_is_half_written_if_writing_fails(bundle: Bundle, tmp_path: Path, first: bool):
    if not first:
        bundle.save(tmp_path / "model")
    before = sorted(tmp_path.rglob("*"))
    unwritable = replace(bundle, info={"wave": object()})
    with pytest.raises(TypeError):
        unwritable.save(tmp_path / "model")
    assert sorted(tmp_path.rglob("*")) == before
    if not first:
        assert load_bundle(tmp_path / "model").info == bundle.info


def test_a_folder_that_cannot_be_written_is_refused(bundle: Bundle, tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DataError, match=r"cannot be written .*Free space or rights there"):
        bundle.save(tmp_path / "file" / "model")


def test_a_missing_bundle_is_reported_with_its_cure(tmp_path: Path):
    with pytest.raises(ModelError, match=r"must hold a trained model; got none\. Run `silentnps train` first"):
        load_bundle(tmp_path / "nothing")


def test_a_newer_bundle_is_refused(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path)
    edited(tmp_path, lambda content: content.update(schema_version=SCHEMA_VERSION + 1))
    versions = f"version {SCHEMA_VERSION}; got {SCHEMA_VERSION + 1}"
    with pytest.raises(ModelError, match=rf"{versions}\. Install a newer silentnps"):
        load_bundle(tmp_path)


def test_an_older_bundle_is_refused_as_such(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path)
    edited(tmp_path, lambda content: content.update(schema_version=SCHEMA_VERSION - 1))
    versions = f"version {SCHEMA_VERSION}; got {SCHEMA_VERSION - 1}"
    with pytest.raises(ModelError, match=rf"{versions}, of an earlier silentnps\. Run `silentnps train` again"):
        load_bundle(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content.pop("calibrator"),
        lambda content: content["selection"].pop("gamma"),
        lambda content: content["linear"]["coefficients"].pop(),
        lambda content: content.update(constant_heads=[True, True]),
        lambda content: content.update(learned={"lifetime": {"r": 1.0}}),
        lambda content: content.update(step="none"),
        lambda content: content["reference"]["columns"].update(late={"missing": 0.1}),
    ],
)
def test_a_damaged_content_is_refused(bundle: Bundle, tmp_path: Path, damage: Callable[[dict[str, Any]], object]):
    bundle.save(tmp_path)
    edited(tmp_path, damage)
    with pytest.raises(ModelError, match=r"is damaged\. Run `silentnps train` again"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("content", [b'{"columns": [', b"", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_refused(bundle: Bundle, tmp_path: Path, content: bytes):
    bundle.save(tmp_path)
    (tmp_path / "bundle.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"bundle\.json is damaged"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("content", ["[]", "null", '{"schema_version": "2"}'])
def test_json_of_another_kind_is_refused(tmp_path: Path, content: str):
    (tmp_path / "bundle.json").write_text(content)
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("text", [None, "", "not a tree"])
def test_a_head_that_is_no_tree_is_refused(bundle: Bundle, tmp_path: Path, text: str | None):
    bundle.save(tmp_path)
    if text is None:
        (tmp_path / "head_1.txt").unlink()
    else:
        (tmp_path / "head_1.txt").write_text(text)
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(tmp_path)


@pytest.mark.slow
def test_a_head_that_is_cut_in_the_middle_is_refused(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path)
    head = tmp_path / "head_0.txt"
    head.write_text(head.read_text()[: head.stat().st_size // 2])
    program = "import sys, pathlib; from silentnps import load_bundle; load_bundle(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "ModelError" in done.stderr


def test_a_head_with_another_number_is_refused(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path)
    head = tmp_path / "head_0.txt"
    before, found, after = head.read_text().partition("\nleaf_value=")
    digit = next(i for i, letter in enumerate(after) if letter in "123456789")
    head.write_text(before + found + after[:digit] + str(10 - int(after[digit])) + after[digit + 1 :])
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(tmp_path)


@pytest.mark.parametrize("name", ["bundle.json", "head_0.txt", "head_1.txt"])
def test_a_file_that_was_changed_is_named(bundle: Bundle, tmp_path: Path, name: str):
    bundle.save(tmp_path)
    text = (tmp_path / name).read_text()
    number = re.search(r"0\.[0-9]{3}", text)
    assert number is not None
    (tmp_path / name).write_text(text.replace(number[0], "0.123", 1))
    with pytest.raises(
        ModelError, match=rf"/{name} is damaged \(its SHA-256 has changed\)\. Run `silentnps train`"
    ):
        load_bundle(tmp_path)


def test_a_bundle_without_its_digest_is_refused(bundle: Bundle, tmp_path: Path):
    bundle.save(tmp_path)
    content = json.loads((tmp_path / "bundle.json").read_text())
    (tmp_path / "bundle.json").write_text(json.dumps({**content, "digest": ""}))
    with pytest.raises(ModelError, match="SHA-256 has changed"):
        load_bundle(tmp_path)
    del content["digest"]
    (tmp_path / "bundle.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="is damaged"):
        load_bundle(tmp_path)


def test_learned_columns_are_needed_and_kept(bundle: Bundle):
    with pytest.raises(ModelError, match="'orders_repeat_days' for the lifetime features"):
        bundle.complete(DATA.features)
    orders = DATA.features.assign(orders_repeat_days=2.0, orders_recency_days=30.43, orders_age_days=38.86)
    orders = orders.assign(orders_repeat_amount_mean=22.35, orders_average_amount=20.0)
    complete = bundle.complete(orders)
    assert list(complete.columns[-6:]) == list(LEARNED_FEATURES)
    # 0.7266 is P(alive) of this customer: 1 / (1 + 0.793 / 3.426 * (43.274 / 34.844) ** 2.243)
    assert complete["lifetime_probability_alive"].iloc[0] == pytest.approx(0.7266, abs=1e-4)
    there = orders.assign(**{name: 0.5 for name in LEARNED_FEATURES})
    assert bundle.complete(there) is there


def test_expected_nps_by_hand():
    assert expected_nps(np.array([[0.2, 0.3, 0.5], [1.0, 0.0, 0.0]])) == pytest.approx([30.0, -100.0])
