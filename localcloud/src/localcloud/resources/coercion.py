"""JSON schema as CloudFormation applies it: scalars are converted where a type asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft7Validator, TypeChecker, ValidationError
from jsonschema.validators import extend

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_JSON_TYPES = {
    dict: "JSONObject",
    list: "JSONArray",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    float: "Double",
    type(None): "Null",
}


def text_of(scalar: Any) -> str:
    """A scalar as CloudFormation writes it."""
    return str(scalar).lower() if isinstance(scalar, bool) else str(scalar)


def is_scalar(value: Any) -> bool:
    """Whether a value is neither an object nor a list nor null."""
    return isinstance(value, (str, int, float))


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal up to conversions between scalars, as ``1`` and ``"1"``."""
    if is_scalar(one) and is_scalar(other):
        return text_of(one) == text_of(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


def error_text(error: ValidationError) -> str:
    """An error with its path, in CloudFormation's words where it has its own."""
    path = "/".join(["#", *map(str, error.path)])
    return f"{path}: {error.message[:300]}"


def _is_number(_: Any, value: Any) -> bool:
    if isinstance(value, str):
        return _NUMBER.fullmatch(value) is not None
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_integer(checker: Any, value: Any) -> bool:
    return _is_number(checker, value) and float(value).is_integer()


def _is_boolean(_: Any, value: Any) -> bool:
    return isinstance(value, bool) or value in ("true", "false")


def _type(validator: Any, types: Any, value: Any, _: Any) -> Iterator[ValidationError]:
    wanted = [types] if isinstance(types, str) else types
    if not any(validator.is_type(value, name) for name in wanted):
        expected = ", ".join(
            f"JSON{n.title()}" if n in ("array", "object") else n.title() for n in wanted
        )
        found = _JSON_TYPES.get(type(value), type(value).__name__)
        yield ValidationError(f"expected type: {expected}, found: {found}")


def _required(_v: Any, names: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if isinstance(value, Mapping):
        for name in names:
            if name not in value:
                yield ValidationError(f"required key [{name}] not found")


def _required_or(_v: Any, names: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if isinstance(value, Mapping) and not any(name in value for name in names):
        yield ValidationError(f"at least one of the keys {names} is required")


def _required_xor(_v: Any, names: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if isinstance(value, Mapping) and sum(name in value for name in names) != 1:
        yield ValidationError(f"exactly one of the keys {names} is required")


def _dependent_required(_v: Any, rules: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if isinstance(value, Mapping):
        for given, needed in rules.items():
            for name in needed:
                if given in value and name not in value:
                    yield ValidationError(f"required key [{name}] not found: [{given}] needs it")


def _dependent_excluded(_v: Any, rules: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if isinstance(value, Mapping):
        for given, excluded in rules.items():
            for name in excluded:
                if given in value and name in value:
                    yield ValidationError(f"keys [{given}] and [{name}] exclude each other")


def _additional(validator: Any, rule: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    if rule is not False:
        yield from Draft7Validator.VALIDATORS["additionalProperties"](
            validator, rule, value, schema
        )
    elif isinstance(value, Mapping):
        patterns = schema.get("patternProperties", {})
        for name in value:
            if name not in schema.get("properties", {}) and not any(
                _matches(pattern, name) for pattern in patterns
            ):
                yield ValidationError(f"extraneous key [{name}] is not permitted")


def _enum(_v: Any, allowed: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if not any(same(value, item) for item in allowed):
        yield ValidationError(f"{value} is not a valid enum value")


def _pattern(_v: Any, pattern: Any, value: Any, _s: Any) -> Iterator[ValidationError]:
    if is_scalar(value) and not _matches(pattern, text_of(value)):
        yield ValidationError(f"string [{value}] does not match pattern {pattern}")


def _pattern_properties(
    validator: Any, rules: Any, value: Any, _s: Any
) -> Iterator[ValidationError]:
    if isinstance(value, Mapping):
        for pattern, schema in rules.items():
            for name in value:
                if _matches(pattern, name):
                    yield from validator.descend(value[name], schema, path=name)


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        # Java's regular expressions know more than Python's; what cannot be checked is let through.
        return True


def _one_of(validator: Any, choices: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
    # A scalar that is converted may fit several types: only objects must fit exactly one.
    rule = "oneOf" if isinstance(value, Mapping) else "anyOf"
    yield from Draft7Validator.VALIDATORS[rule](validator, choices, value, schema)


def _limit(name: str) -> Any:
    whole = Draft7Validator.VALIDATORS[name]

    def check(validator: Any, limit: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if name.endswith("imum") or name.startswith("exclusive"):
            if _is_number(None, value):
                yield from whole(validator, limit, float(value), schema)
        elif is_scalar(value):
            yield from whole(validator, limit, text_of(value), schema)

    return check


_CHECKER: TypeChecker = Draft7Validator.TYPE_CHECKER.redefine_many(
    {
        "number": _is_number,
        "integer": _is_integer,
        "boolean": _is_boolean,
        "string": lambda _, value: is_scalar(value),
    }
)

_extend: Any = extend

CoercingValidator: Any = _extend(
    Draft7Validator,
    validators={
        "additionalProperties": _additional,
        "const": lambda v, allowed, value, s: _enum(v, [allowed], value, s),
        "dependentExcluded": _dependent_excluded,
        "dependentRequired": _dependent_required,
        "enum": _enum,
        "oneOf": _one_of,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "required": _required,
        "requiredOr": _required_or,
        "requiredXor": _required_xor,
        "type": _type,
        **{
            name: _limit(name)
            for name in (
                "exclusiveMaximum",
                "exclusiveMinimum",
                "maxLength",
                "maximum",
                "minLength",
            )
        },
        "minimum": _limit("minimum"),
    },
    type_checker=_CHECKER,
)
