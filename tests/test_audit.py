"""What `make audit` writes of the notes of a test's runs."""

from __future__ import annotations

from benchmarks.audit import joined


def test_counts_of_the_runs_of_a_test_are_added_up() -> None:
    runs = ["solved: a 1, a cut on a DAG 0", "solved: a 2, a cut on a DAG 3, b 4"]
    assert joined(runs) == ["solved: a 3, a cut on a DAG 3, b 4"]


def test_other_notes_are_joined_once_each() -> None:
    assert joined(["one, two", "errors: x 1", "one, two", "three: of many"]) == [
        "one, two",
        "errors: x 1",
        "three: of many",
    ]
    assert joined([]) == []
