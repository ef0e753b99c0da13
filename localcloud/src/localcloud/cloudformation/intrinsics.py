"""Intrinsic functions, conditions and dynamic references: from a template's node to a value."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final, Protocol

from localcloud.cloudformation.errors import TemplateError
from localcloud.cloudformation.template import Node

_DYNAMIC_REFERENCE: Final = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^}]+)\}\}")
_SUBSTITUTION: Final = re.compile(r"\$\{([^}]+)\}")
_NO_VALUE: Final = object()


class Scope(Protocol):
    """Where names of one stack get their values.

    Attributes:
        parameters: Values by name, pseudo parameters included.
        conditions: As written in the template.
        mappings: As written in the template.
    """

    parameters: Mapping[str, Any]
    conditions: Mapping[str, Node]
    mappings: Mapping[str, Node]

    def physical_id(self, logical_id: str) -> str:
        """What Ref gives for a resource."""

    def attribute(self, logical_id: str, name: str) -> Any:
        """What Fn::GetAtt gives for a resource: any JSON, as its type decides."""

    def output(self, stack: str, name: str, region: str) -> str:
        """The value of another stack's output."""

    def zones(self, region: str) -> list[str]:
        """The availability zones of a region."""

    def looked_up(self, service: str, key: str) -> str:
        """The value behind a dynamic reference."""


class Resolver:
    """Resolves the nodes of one template in one scope.

    Args:
        scope: The stack that the template belongs to.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._conditions: dict[str, bool] = {}
        self._intrinsics: dict[str, Callable[[Node], Any]] = {
            "Ref": self._ref,
            "Fn::Base64": lambda node: base64.b64encode(self._text(node).encode()).decode(),
            "Fn::Cidr": self._cidr,
            "Fn::FindInMap": self._find_in_map,
            "Fn::GetAZs": lambda node: self._scope.zones(
                self._text(node) or self._scope.parameters["AWS::Region"]
            ),
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::GetStackOutput": lambda node: self._scope.output(
                self._text(node["StackName"]),
                self._text(node["OutputName"]),
                self._text(node.get("Region", {"Ref": "AWS::Region"})),
            ),
            "Fn::Join": self._join,
            "Fn::Length": lambda node: len(self.resolve(node)),
            "Fn::Select": self._select,
            "Fn::Split": lambda node: self._text(node[1]).split(node[0]),
            "Fn::Sub": self._sub,
            "Fn::ToJsonString": lambda node: json.dumps(self.resolve(node), separators=(",", ":")),
        }

    def resolve(self, node: Node) -> Any:
        """The node with every intrinsic replaced by its value; AWS::NoValue removes its key.

        Raises:
            TemplateError: For an intrinsic that is not known, or one that cannot be resolved.
        """
        value = self._value(node)
        return None if value is _NO_VALUE else value

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true.

        Raises:
            TemplateError: If the template has no such condition.
        """
        if condition not in self._conditions:
            if condition not in self._scope.conditions:
                raise TemplateError(f"Template format error: Unresolved condition {condition}")
            self._conditions[condition] = self._is_true(self._scope.conditions[condition])
        return self._conditions[condition]

    def _value(self, node: Node) -> Any:
        if isinstance(node, str):
            return self._dynamic(node)
        if isinstance(node, list):
            return [value for value in map(self._value, node) if value is not _NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name in self._intrinsics:
                value = self._intrinsics[name](argument)
                return self._dynamic(value) if isinstance(value, str) else value
            if name.startswith("Fn::"):
                raise TemplateError(f"the local cloud does not know the intrinsic function {name}")
        values = {key: self._value(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not _NO_VALUE}

    def _dynamic(self, text: str) -> str:
        if "{{resolve:" not in text:
            return text
        found = _DYNAMIC_REFERENCE.sub(lambda match: self._scope.looked_up(*match.groups()), text)
        if "{{resolve:" in found and found == text:
            raise TemplateError(f"the local cloud does not know the dynamic reference in {text!r}")
        return found

    def _is_true(self, node: Node) -> bool:
        ((name, argument),) = node.items()
        match name:
            case "Condition":
                return self.holds(argument)
            case "Fn::Equals":
                left, right = (self.resolve(side) for side in argument)
                return _as_text(left) == _as_text(right)
            case "Fn::Not":
                return not self._is_true(argument[0])
            case "Fn::And":
                return all(self._is_true(item) for item in argument)
            case "Fn::Or":
                return any(self._is_true(item) for item in argument)
        raise TemplateError(f"the local cloud does not know the condition function {name}")

    def _text(self, node: Node) -> str:
        return _as_text(self.resolve(node))

    def _ref(self, name: Node) -> Any:
        if name == "AWS::NoValue":
            return _NO_VALUE
        if name in self._scope.parameters:
            return self._scope.parameters[name]
        return self._scope.physical_id(name)

    def _get_att(self, argument: Node) -> Any:
        logical_id, attribute = (
            argument.split(".", 1) if isinstance(argument, str) else map(self._text, argument)
        )
        return self._scope.attribute(logical_id, attribute)

    def _if(self, argument: Node) -> Any:
        condition, then, otherwise = argument
        return self._value(then if self.holds(condition) else otherwise)

    def _join(self, argument: Node) -> str:
        separator, items = argument
        values = self.resolve(items)
        if not isinstance(values, list):
            raise TemplateError("Template error: every Fn::Join object requires a list")
        return str(separator).join(_as_text(value) for value in values)

    def _select(self, argument: Node) -> Any:
        index, items = int(self._text(argument[0])), self.resolve(argument[1])
        if not 0 <= index < len(items):
            raise TemplateError(
                f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            )
        return items[index]

    def _sub(self, argument: Node) -> str:
        text, variables = (argument, {}) if isinstance(argument, str) else argument

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name.startswith("!"):
                return f"${{{name[1:]}}}"
            if name in variables:
                return self._text(variables[name])
            return self._text({"Fn::GetAtt": name} if "." in name else {"Ref": name})

        return _SUBSTITUTION.sub(value, text)

    def _find_in_map(self, argument: Node) -> Any:
        name, first, second = (self._text(item) for item in argument[:3])
        try:
            return self._scope.mappings[name][first][second]
        except KeyError as error:
            if len(argument) > 3 and "DefaultValue" in argument[3]:
                return self.resolve(argument[3]["DefaultValue"])
            raise TemplateError(
                f"Template error: Unable to get mapping for {name}::{first}::{second}"
            ) from error

    def _cidr(self, argument: Node) -> list[str]:
        block, count, bits = (self._text(item) for item in argument)
        network = ipaddress.ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        return [str(subnet) for subnet in islice(subnets, int(count))]


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        raise TemplateError(f"Template error: a string is needed, not {json.dumps(value)[:200]}")
    return str(value)
