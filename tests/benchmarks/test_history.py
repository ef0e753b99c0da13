"""What a run of the budgets is compared with."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.history import Entry, append_entry, compared, read_history
from kubeflow_aws.files.errors import UserError

LAST = Entry(date="2026-12-01", commit="13013f5", cores=2, budgets={"synth": 1.6})


def test_what_is_recorded_is_read_again_in_its_order(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    newer = LAST.model_copy(update={"commit": "844133c"})

    append_entry(file, LAST)
    append_entry(file, newer)

    assert read_history(file) == [LAST, newer]


def test_a_project_without_a_history_has_no_entries(tmp_path: Path) -> None:
    assert read_history(tmp_path / "history.jsonl") == []


def test_a_line_that_is_no_entry_is_named(tmp_path: Path) -> None:
    file = tmp_path / "history.jsonl"
    append_entry(file, LAST)
    with file.open("a", encoding="utf-8") as history:
        history.write('{"date": "2026-12-02"}\n')

    with pytest.raises(UserError, match=r"history\.jsonl: line 2 is no entry"):
        read_history(file)


@pytest.mark.parametrize(
    ("found", "said"),
    [(1.0, "1.6"), (1.6, "1.6"), (1.67, "1.6"), (1.69, "1.6 WORSE"), (3.0, "1.6 WORSE")],
)
def test_a_number_five_percent_worse_than_the_last_is_marked(found: float, said: str) -> None:
    assert compared("synth", found, LAST) == said


def test_a_budget_that_the_last_run_did_not_measure_is_compared_with_nothing() -> None:
    assert compared("profiles", 1.0, LAST) == ""
    assert compared("synth", 1.0, None) == ""
