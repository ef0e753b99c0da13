"""Writes the table of instance types anew, for `make instance-types`.

moto carries what DescribeInstanceTypes answers, and renews it with its releases. It is a dependency
of development, so this is no command of `kubeflow-aws`: it runs on its own.
"""

from __future__ import annotations

import contextlib
import json
from datetime import date
from pathlib import Path

import moto
from moto.ec2.models.instance_types import INSTANCE_TYPES
from pydantic import ValidationError

from kubeflow_aws.catalog.instance_types import TABLE, InstanceTable, size_from


def renewed(file: Path, *, today: date) -> str:
    """The text of the table as moto has it now.

    Args:
        file: The table so far; its date stays if nothing else changes.
        today: The date of a table that does.
    """
    table = InstanceTable(
        written_by="make instance-types",
        source=f"moto {moto.__version__}",
        as_of=today,
        instance_types={name: size_from(INSTANCE_TYPES[name]) for name in sorted(INSTANCE_TYPES)},
    )
    # Without a file, or with one of another form, everything is new.
    with contextlib.suppress(OSError, ValidationError):
        before = InstanceTable.model_validate_json(file.read_bytes())
        if table.model_copy(update={"as_of": before.as_of}) == before:
            table = before
    return _text(table)


def _text(table: InstanceTable) -> str:
    """A line for each type, so that a diff shows which types changed, and how."""
    rows = (
        f"    {json.dumps(name)}: {json.dumps(size.model_dump(exclude_defaults=True))}"
        for name, size in table.instance_types.items()
    )
    head = (
        "{\n"
        f'  "written_by": {json.dumps(table.written_by)},\n'
        f'  "source": {json.dumps(table.source)},\n'
        f'  "as_of": {json.dumps(table.as_of.isoformat())},\n'
        '  "instance_types": {\n'
    )
    return head + ",\n".join(rows) + "\n  }\n}\n"


if __name__ == "__main__":
    TABLE.write_text(renewed(TABLE, today=date.today()), encoding="utf-8")
