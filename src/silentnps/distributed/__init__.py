"""Spark, for a base that does not fit on one machine; only this package imports pyspark."""

from silentnps.distributed.features import build_on_spark
from silentnps.distributed.scores import score_on_spark, tally_on_spark
from silentnps.distributed.session import require_spark, spark_session

__all__ = ["build_on_spark", "require_spark", "score_on_spark", "spark_session", "tally_on_spark"]
