"""Dagster: features and scores as assets, one partition per night: dagster dev -f dagster_definitions.py

Exit codes 3 (warnings, or drift) and 4 (of `monitor`: the model should not be used as it is) become failed checks,
of severity WARN and ERROR: the assets are there.
"""

import subprocess

import dagster as dg

SILENTNPS = "/opt/silentnps/bin/silentnps"
CONFIG = "/srv/shop/shop.yaml"
NIGHTS = dg.DailyPartitionsDefinition(start_date="2026-01-01", end_offset=1)  # a night is as of its midnight, UTC


def run(*words: str) -> int:
    """Run a command and return its exit code, 0, 3 or 4; others are failures."""
    code = subprocess.run([SILENTNPS, *words, "-c", CONFIG], check=False).returncode
    if code not in (0, 3, 4):
        raise dg.Failure(f"silentnps {words[0]} ended with exit code {code}; its log says why")
    return code


def result(codes: dict[str, int]) -> dg.MaterializeResult:
    """Return an asset with its checks, each of which passes unless somebody should look."""
    severity = {4: dg.AssetCheckSeverity.ERROR}
    checks = [
        dg.AssetCheckResult(
            check_name=name, passed=code == 0, severity=severity.get(code, dg.AssetCheckSeverity.WARN)
        )
        for name, code in codes.items()
    ]
    return dg.MaterializeResult(check_results=checks)


@dg.asset(partitions_def=NIGHTS, check_specs=[dg.AssetCheckSpec("tables", asset="silentnps_features")])
def silentnps_features(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Features of every customer; the check is `silentnps validate`."""
    code = run("validate")
    run("features", "--as-of", context.partition_key)
    return result({"tables": code})


@dg.asset(
    partitions_def=NIGHTS,
    deps=[silentnps_features],
    check_specs=[dg.AssetCheckSpec(name, asset="silentnps_scores") for name in ("as_in_training", "model_is_good")],
)
def silentnps_scores(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Class, probabilities and reasons of every customer, and whether features and model are as in training.

    Without a survey there is no model: leave `monitor` and its check out.
    """
    codes = {"as_in_training": run("score", "--as-of", context.partition_key)}
    return result(codes | {"model_is_good": run("monitor", "--as-of", context.partition_key)})


nightly = dg.define_asset_job("silentnps_nightly", selection=[silentnps_features, silentnps_scores])


@dg.schedule(job=nightly, cron_schedule="15 3 * * *", execution_timezone="UTC")
def every_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Run the partition of the night."""
    return dg.RunRequest(partition_key=context.scheduled_execution_time.strftime("%Y-%m-%d"))


defs = dg.Definitions(assets=[silentnps_features, silentnps_scores], jobs=[nightly], schedules=[every_night])
