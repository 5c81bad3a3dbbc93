"""The steps by which scores add up inside segments: segment_steps.json, beside the estimate."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from silentnps.bundle.bundle import Bundle
from silentnps.bundle.segment_steps import SegmentSteps
from silentnps.workflow.artifacts.made_file import MadeFile
from silentnps.workflow.artifacts.project import Project


def segment_steps_to_dict(project: Project, bundle: Bundle, segment_steps: SegmentSteps) -> dict[str, Any]:
    """Return the values of segment_steps.json: the steps, and digests of the model and of its wave's features."""
    return {**_made_of(project, bundle), **segment_steps.to_dict()}


def read_segment_steps(project: Project, bundle: Bundle) -> SegmentSteps:
    """Return the segment steps that the last estimate wrote.

    Raises
    ------
    DataError
        If they are missing, damaged, or of another model.
    """
    made, made_of = MadeFile(project.segment_steps, "estimate"), _made_of(project, bundle)
    with made.reading():
        values = json.loads(made.path.read_text(encoding="utf-8"))
        if {name: values[name] for name in made_of} != made_of:
            raise made.of_another_model()
        return SegmentSteps.from_dict(values)


def _made_of(project: Project, bundle: Bundle) -> dict[str, str]:
    """Return digests of what the scores depend on; every number of the model is in bundle.json."""
    text = (project.model / "bundle.json").read_bytes()
    digest = hashlib.sha256(text).hexdigest()[:16]
    return {"bundle_digest": digest, "features_digest": str(bundle.info["features_digest"])}
