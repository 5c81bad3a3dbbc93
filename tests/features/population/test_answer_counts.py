"""Answers are counted by wave, and by segment of one wave."""

from __future__ import annotations

import ibis

from silentnps.features.population.answer_counts import answers_by_segment, answers_by_wave


def test_counts_by_wave_and_by_segment() -> None:
    connection = ibis.duckdb.connect()
    rows = {
        "customer_id": ["a", "b", "c", "a"],
        "wave": ["2", "2", "2", "1"],
        "invited": [True, True, False, True],
        "respondent": [True, False, False, True],
        "rating": [10.0, None, None, 6.0],
    }
    population = connection.create_table("population", ibis.memtable(rows))
    people = {"customer_id": ["a", "b", "c"], "region": ["north", "south", "north"]}
    customers = connection.create_table("customers", ibis.memtable(people))
    counts = {"customers": 3, "invited": 2, "answers": 1, "detractors": 0, "promoters": 1}
    first, last = answers_by_wave(population)
    assert (first["wave"], first["detractors"], first["promoters"]) == ("1", 1, 0)
    assert last == {"wave": "2", **counts}
    segments = answers_by_segment(population, customers, "region", wave="2", most=20)
    assert [(each["segment"], each["customers"], each["answers"]) for each in segments] == [
        ("north", 2, 1),
        ("south", 1, 0),
    ]
