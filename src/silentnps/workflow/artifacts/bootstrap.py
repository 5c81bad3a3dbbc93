"""The bootstrap of a training: what every interval of the model is computed from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from silentnps.bundle.bundle import Bundle
from silentnps.errors import ModelError
from silentnps.estimation.wave.bootstrap import Bootstrap
from silentnps.estimation.wave.repeat_estimate import RepeatModels
from silentnps.estimation.wave.replicates import Plan
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project

if TYPE_CHECKING:
    from silentnps.training.train import Training

_MARGINS, _MODELS = "bootstrap.npy", "models.json"


@dataclass(frozen=True)
class KeptBootstrap:
    """The bootstrap of a training, and the models of the repeats of its cross-fitting."""

    repeats: list[RepeatModels]
    bootstrap: Bootstrap

    @staticmethod
    def of(training: Training) -> KeptBootstrap:
        """Return the bootstrap of a training."""
        return KeptBootstrap([repeat.models for repeat in training.repeats], training.bootstrap)

    @property
    def digest(self) -> str:
        """Return a digest of every number in it."""
        hashed = hashlib.sha256(np.ascontiguousarray(self.bootstrap.margins).tobytes())
        hashed.update(self._models().encode())
        return hashed.hexdigest()[:16]

    def _models(self) -> str:
        drawn = self.bootstrap
        by_name = {"repeats": self.repeats, "originals": drawn.originals, "replicates": drawn.models}
        content = {
            "random_state": drawn.plan.random_state,
            "n_splits": len(drawn.plan.bases),
            "n_replicates": drawn.plan.n_replicates,
            **{name: [models.to_dict() for models in each] for name, each in by_name.items()},
        }
        return json.dumps(content)

    def write(self, folder: Path) -> None:
        """Write it into a folder."""
        np.save(folder / _MARGINS, self.bootstrap.margins)
        (folder / _MODELS).write_text(self._models(), encoding="utf-8")


def read_bootstrap(project: Project, bundle: Bundle) -> KeptBootstrap:
    """Return the bootstrap of the training of a bundle.

    Raises
    ------
    ModelError
        If it is missing, damaged, or belongs to another bundle.
    """
    made = MadeFile(project.out_of_fold, "train", ModelError)
    with made.reading():
        margins = np.load(made.path / _MARGINS)
        content = json.loads((made.path / _MODELS).read_text(encoding="utf-8"))
        plan = Plan.of(content["random_state"], content["n_splits"], content["n_replicates"])
        repeats, originals, models = (
            [RepeatModels.from_dict(each) for each in content[name]]
            for name in ("repeats", "originals", "replicates")
        )
        kept = KeptBootstrap(repeats, Bootstrap(plan, margins, models, originals))
    if kept.digest != bundle.info["bootstrap_digest"]:
        raise made.of_another_model()
    return kept
