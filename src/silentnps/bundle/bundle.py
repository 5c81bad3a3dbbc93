"""A trained model in one folder: margins, calibrator, selection model, step, and what they were made from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from silentnps.bundle.label_rule import LabelRule
from silentnps.bundle.training_reference import Reference
from silentnps.errors import ModelError
from silentnps.estimation.formulas.doubly_robust import silent_law
from silentnps.estimation.formulas.selection import SelectionModel, tilt
from silentnps.features.learned.learned_features import LearnedFeatures
from silentnps.numerics.additive_design import AdditiveEncoder
from silentnps.numerics.arrays import Booleans, Floats
from silentnps.numerics.nps import CLASS_VALUES
from silentnps.outcome.calibration import Calibrator
from silentnps.outcome.kept_trees import KeptTrees
from silentnps.outcome.linear_heads import LinearHeads
from silentnps.outcome.outcome_model import OutcomeModel
from silentnps.outcome.tabulated.lookup import TreeTables
from silentnps.outcome.tree_heads import Heads
from silentnps.outcome.tree_matrix import CodeBook
from silentnps.storage.atomic import replace_folder
from silentnps.storage.digests import ChangedFileError

SCHEMA_VERSION = 7
"""Version of the files of a bundle; another one is refused."""


@dataclass(frozen=True, eq=False)
class Bundle:
    """Everything that scoring needs.

    `components` are those of the outcome model that are scored; `labels` is the rule of the class labels,
    `reference` what training saw of the features, `info` what people want to know of the model: wave, candidate,
    roles, digests, versions. Features are passed with learned columns, see `complete`.
    """

    code_book: CodeBook
    encoder: AdditiveEncoder
    model: OutcomeModel
    components: tuple[str, ...]
    calibrator: Calibrator
    driver_encoder: AdditiveEncoder
    selection: SelectionModel
    step: Floats
    labels: LabelRule
    learned: LearnedFeatures
    reference: Reference
    info: dict[str, Any]

    def complete(self, features: pd.DataFrame) -> pd.DataFrame:
        """Return built features as training would have read them, with the learned columns added.

        Raises
        ------
        ModelError
            If a column is missing, or holds values of another kind than in training.
        """
        return self.learned.apply(self.reference.read(features))

    def margins(self, features: pd.DataFrame) -> Floats:
        """Return the margins of the components that are scored, shape (n, components, 2)."""
        margins = {"trees": self._tree_margins, "linear": self._linear_margins}
        return np.stack([margins[name](features) for name in self.components], axis=1)

    @cached_property
    def tables(self) -> TreeTables:
        """Return the tables of the trees, made once."""
        return TreeTables.of(self.model.trees, len(self.code_book.columns))

    def with_step(self, step: Floats) -> Bundle:
        """Return the bundle with another step for silent customers; the tables of its trees stay."""
        changed = replace(self, step=step)
        changed.__dict__["tables"] = self.tables
        return changed

    def _tree_margins(self, features: pd.DataFrame) -> Floats:
        return self.tables.margins(self.code_book.matrix(features))

    def _linear_margins(self, features: pd.DataFrame) -> Floats:
        linear = self.model.linear
        return self.encoder.combine(features, linear.coefficients.T) + linear.intercepts

    def respondent_probabilities(self, features: pd.DataFrame) -> Floats:
        """Return the class probabilities of each row if it is a respondent's, shape (n, 3)."""
        return self.calibrator.probabilities(self.margins(features))

    def silent_probabilities(self, features: pd.DataFrame, invited: Booleans) -> Floats:
        """Return the class probabilities of each row if it is a silent customer's, shape (n, 3)."""
        return self.silent_of_respondent(self.respondent_probabilities(features), features, invited)

    def silent_of_respondent(self, probabilities: Floats, features: pd.DataFrame, invited: Booleans) -> Floats:
        """Turn probabilities among respondents into those of silent customers: tilt by gamma, then step."""
        law = tilt(probabilities, self.selection.gamma)
        never = ~invited
        if never.any():  # only for these does it matter who answers
            drivers = self.driver_encoder.transform(features[never])
            law[never] = silent_law(probabilities[never], drivers, invited[never], self.selection)
        return tilt(law, self.step)

    def save(self, folder: Path) -> None:
        """Write the bundle. An older one in `folder` is replaced only when the new one is complete."""
        replace_folder(folder, self._write)

    def _write(self, folder: Path) -> None:
        texts = [str(head) if isinstance(head, float) else head.model_to_string() for head in self.model.trees]
        for k, text in enumerate(texts):
            (folder / f"head_{k}.txt").write_text(text, encoding="utf-8")
        content = {
            "schema_version": SCHEMA_VERSION,
            "columns": list(self.code_book.columns),
            "categories": {name: list(levels) for name, levels in self.code_book.categories.items()},
            "encoder": self.encoder.to_dict(),
            "head_digests": [_digest(text) for text in texts],
            "constant_heads": [isinstance(head, float) for head in self.model.trees],
            "linear": {
                "coefficients": self.model.linear.coefficients.tolist(),
                "intercepts": self.model.linear.intercepts.tolist(),
            },
            "components": list(self.components),
            "calibrator": self.calibrator.to_dict(),
            "driver_encoder": self.driver_encoder.to_dict(),
            "selection": self.selection.to_dict(),
            "step": self.step.tolist(),
            "labels": self.labels.to_dict(),
            "learned": self.learned.to_dict(),
            "reference": self.reference.to_dict(),
            "info": self.info,
        }
        (folder / "bundle.json").write_text(_text_of(signed(content)), encoding="utf-8")


def expected_nps(probabilities: Floats) -> Floats:
    """Return 100 * (P(promoter) - P(detractor)) of each row, shape (n,)."""
    return np.asarray(probabilities @ CLASS_VALUES)


def load_bundle(folder: Path) -> Bundle:
    """Read a bundle that `Bundle.save` wrote.

    Raises
    ------
    ModelError
        If the folder holds no bundle, a damaged one, or one of another version.

    Examples
    --------
    >>> load_bundle(Path("no/such/model"))
    Traceback (most recent call last):
        ...
    silentnps.errors.ModelError: no/such/model must hold a trained model; got none. Run `silentnps train` first.

    After `silentnps train` there is one in `output`:

    >>> bundle = load_bundle(Path("out/model"))  # doctest: +SKIP
    >>> bundle.info["wave"]  # doctest: +SKIP
    '2025-Q4'
    """
    try:
        content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{folder} must hold a trained model; got none. Run `silentnps train` first.") from None
    except (OSError, ValueError):
        raise ModelError(f"{folder}/bundle.json is damaged. Run `silentnps train` again.") from None
    if isinstance(content, dict) and _is_newer(content.get("schema_version")):
        raise ModelError(
            f"{folder} must be of version {SCHEMA_VERSION}; got {content['schema_version']}. "
            "Install a newer silentnps."
        )
    if isinstance(content, dict) and _is_older(content.get("schema_version")):
        raise ModelError(
            f"{folder} must be of version {SCHEMA_VERSION}; got {content['schema_version']}, of an earlier "
            "silentnps. Run `silentnps train` again."
        )
    try:
        texts = _checked(content, folder)
        return _from_content(content, texts)
    except ChangedFileError as changed:
        raise ModelError(
            f"{changed.path} is damaged (its SHA-256 has changed). Run `silentnps train` again."
        ) from None
    except (KeyError, TypeError, ValueError, OSError):
        raise ModelError(f"{folder} is damaged. Run `silentnps train` again.") from None


def _is_newer(version: object) -> bool:
    return isinstance(version, int) and version > SCHEMA_VERSION


def _is_older(version: object) -> bool:
    return isinstance(version, int) and version < SCHEMA_VERSION


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def signed(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of bundle.json with the digest of everything else in it."""
    others = {name: value for name, value in content.items() if name != "digest"}
    return {**others, "digest": _digest(_text_of(others))}


def _text_of(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=1, sort_keys=True)


def _checked(content: dict[str, Any], folder: Path) -> list[str]:
    """Return the texts of the heads once every digest was checked.

    Nothing is read from a file before: LightGBM ends the whole process on some damaged texts.
    """
    if content["digest"] != signed(content)["digest"]:
        raise ChangedFileError(folder / "bundle.json")
    paths = [folder / f"head_{k}.txt" for k in range(len(content["constant_heads"]))]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    for path, text, digest in zip(paths, texts, content["head_digests"], strict=True):
        if _digest(text) != digest:
            raise ChangedFileError(path)
    return texts


def _from_content(content: dict[str, Any], texts: list[str]) -> Bundle:
    heads: Heads = [
        float(text) if constant else KeptTrees(text)
        for text, constant in zip(texts, content["constant_heads"], strict=True)
    ]
    width = len(AdditiveEncoder.from_dict(content["encoder"]).columns)
    return Bundle(
        code_book=CodeBook(
            tuple(content["columns"]), {name: tuple(levels) for name, levels in content["categories"].items()}
        ),
        encoder=AdditiveEncoder.from_dict(content["encoder"]),
        model=OutcomeModel(heads, _linear(content["linear"], width)),
        components=tuple(content["components"]),
        calibrator=Calibrator.from_dict(content["calibrator"]),
        driver_encoder=AdditiveEncoder.from_dict(content["driver_encoder"]),
        selection=SelectionModel.from_dict(content["selection"]),
        step=np.array(content["step"], dtype=np.float64),
        labels=LabelRule.from_dict(content["labels"]),
        learned=LearnedFeatures.from_dict(content["learned"]),
        reference=Reference.from_dict(content["reference"]),
        info=content["info"],
    )


def _linear(values: dict[str, Any], width: int) -> LinearHeads:
    coefficients, intercepts = (np.array(values[name], dtype=np.float64) for name in ("coefficients", "intercepts"))
    return LinearHeads(coefficients.reshape(2, width), intercepts)
