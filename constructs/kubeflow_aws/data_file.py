"""YAML files of this project's own, with a form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from kubeflow_aws.errors import UserError

T = TypeVar("T")


def read_data_file(path: Path, form: TypeAdapter[T]) -> T:
    """The content of a file.

    Args:
        path: The file.
        form: What it must hold.

    Raises:
        UserError: It cannot be read, or breaks its form; a line for each field says how.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        # In JSON mode strict means strict about scalars, while lists become tuples.
        return form.validate_json(json.dumps(content, default=str))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read: {error}") from None
    except ValidationError as error:
        lines = [
            f"{path}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        ]
        raise UserError("\n".join(lines)) from None
