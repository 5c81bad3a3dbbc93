"""What logging a model costs, and what it leaves as it was."""

from __future__ import annotations

import sys

from silentnps.tracking import logged_model


def test_versions_are_compared_nowhere_while_a_model_is_logged_and_as_before_afterwards() -> None:
    modules = [sys.modules[name] for name in ("mlflow.utils.environment", "mlflow.pyfunc")]
    before = [module.warn_dependency_requirement_mismatches for module in modules]
    with logged_model._without_comparing_versions():
        for module, function in zip(modules, before, strict=True):
            assert module.warn_dependency_requirement_mismatches is not function
            assert module.warn_dependency_requirement_mismatches(["nothing==0"]) is None
    assert [module.warn_dependency_requirement_mismatches for module in modules] == before
