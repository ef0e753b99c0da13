"""What is wrong in a data file of the project is a sentence with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.files.errors import UserError

FORM = TypeAdapter(dict[str, dict[str, date]])


def written(folder: Path, content: str | bytes) -> Path:
    file = folder / "dates.yaml"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def test_keys_in_quotes_dates_and_merged_keys_are_read(tmp_path: Path) -> None:
    text = "'1.30': &one {end: 2026-11-30}\n'1.31': {<<: *one, end: 2027-01-31}\n"

    assert read_data_file(written(tmp_path, text), FORM) == {
        "1.30": {"end": date(2026, 11, 30)},
        "1.31": {"end": date(2027, 1, 31)},
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: {}\n1.30: {}", "line 2: the key 1.30 is no text; write it in quotes"),
        ("2026-01-01: {}", "line 1: the key 2026-01-01 is no text; write it in quotes"),
        ("on: {}", "line 1: the key on is no text; write it in quotes"),
        ("a: {7: 2026-11-30}", "line 1: the key 7 is no text; write it in quotes"),
        ("? [a]\n: {}", "line 1: a key is no text"),
        ("a: {}\nb: {}\na: {}", "line 3: the key a stands here twice; keep one"),
        ("a: {b: 2026-13-01}", "cannot be read: month must be"),
        ("a: &a\n  b: *a", "cannot be read: "),
        ("a: [", "cannot be read: "),
        ("", "dates.yaml: is empty; "),
        ("# Nothing but this.\n", "dates.yaml: is empty; "),
        ("[]", "dates.yaml: Input should be an object"),
        ("a: {b: 1st of May}", "dates.yaml: a.b: Input should be a valid date"),
        ("a: {b: é}".encode("latin-1"), "dates.yaml: is no text in UTF-8"),
        ("a: {}".encode("utf-16"), "dates.yaml: is no text in UTF-8"),
    ],
)
def test_what_is_wrong_is_a_sentence(content: str | bytes, sentence: str, tmp_path: Path) -> None:
    file = written(tmp_path, content)

    with pytest.raises(UserError) as error:
        read_data_file(file, FORM)

    assert str(error.value).startswith(f"{file}: ")
    assert sentence in str(error.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_data_file(tmp_path / "none.yaml", FORM)
