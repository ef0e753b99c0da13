"""YAML files of this project's own, with a form."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from kubeflow_aws.files.errors import UserError

T = TypeVar("T")


class _StrictLoader(yaml.SafeLoader):
    """PyYAML reads the key 1.30 as the number 1.3, and of two equal keys keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise ValueError(f"line {line}: a key is no text; give text")
            if key.tag != "tag:yaml.org,2002:str":
                raise ValueError(f"line {line}: the key {key.value} is no text; write it in quotes")
            if key.value in seen:
                raise ValueError(f"line {line}: the key {key.value} stands here twice; keep one")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def read_data_file(path: Path, form: TypeAdapter[T]) -> T:
    """The content of a file.

    Args:
        path: The file.
        form: What it must hold.

    Raises:
        UserError: It cannot be read, is empty, has a key that is no text or stands twice, or
            breaks its form; a line for each field says how.
    """
    try:
        # It is a SafeLoader.
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506
        if content is None:
            raise UserError(f"{path}: is empty; restore it from version control")
        # In JSON mode strict means strict about scalars, while lists become tuples.
        return form.validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        lines = [
            ": ".join(filter(None, (str(path), ".".join(map(str, each["loc"])), each["msg"])))
            for each in error.errors()
        ]
        raise UserError("\n".join(lines)) from None
    except UnicodeError as error:
        raise UserError(f"{path}: is no text in UTF-8 ({error}); save it as UTF-8") from None
    # A day that no calendar has, such as 2026-13-01, is a ValueError of its own.
    except (OSError, yaml.YAMLError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise UserError(f"{path}: cannot be read: {why}") from None
