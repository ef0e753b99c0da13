"""Template parameters: from what the caller gave to values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.template import Template

_MAX_VALUE_BYTES = 4096
_SSM = "AWS::SSM::Parameter::Value<"


def check_parameters(template: Template, given: Mapping[str, str]) -> None:
    """Refuse what CloudFormation refuses before it begins.

    Args:
        template: Declares the parameters.
        given: What the caller gave, by name.

    Raises:
        TemplateError: For a value missing, not declared, too long, or outside what is allowed.
    """
    undeclared = sorted(given.keys() - template.parameters.keys())
    if undeclared:
        raise TemplateError(f"Parameters: [{', '.join(undeclared)}] do not exist in the template")
    missing = sorted(
        name
        for name, declaration in template.parameters.items()
        if name not in given and "Default" not in declaration
    )
    if missing:
        raise TemplateError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, declaration in template.parameters.items():
        _check(name, _text(name, given, declaration), declaration)


def parameter_values(
    template: Template, given: Mapping[str, str], stored: Callable[[str], str]
) -> dict[str, Any]:
    """The value of every declared parameter.

    Args:
        template: Declares the parameters.
        given: What the caller gave, by name.
        stored: Reads a parameter of Systems Manager.

    Raises:
        TemplateError: As `check_parameters`, and if Systems Manager has no such parameter.
    """
    check_parameters(template, given)
    return {
        name: _typed(
            _text(name, given, declaration), str(declaration.get("Type", "String")), stored
        )
        for name, declaration in template.parameters.items()
    }


def _text(name: str, given: Mapping[str, str], declaration: Mapping[str, Any]) -> str:
    return str(given.get(name, declaration.get("Default")))


def _check(name: str, text: str, declaration: Mapping[str, Any]) -> None:
    if len(text.encode()) > _MAX_VALUE_BYTES:
        raise TemplateError(f"Parameter '{name}' must be at most {_MAX_VALUE_BYTES} bytes")
    allowed = [str(value) for value in declaration.get("AllowedValues", [])]
    if allowed and text not in allowed:
        raise TemplateError(f"Parameter '{name}' must be one of AllowedValues")
    pattern = declaration.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, text):
        raise TemplateError(f"Parameter '{name}' must match pattern {pattern}")


def _typed(text: str, kind: str, stored: Callable[[str], str]) -> Any:
    if kind.startswith(_SSM):
        text = stored(text)
        kind = kind.removeprefix(_SSM).removesuffix(">")
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in text.split(",")] if text else []
    return text
