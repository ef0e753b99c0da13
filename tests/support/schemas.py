"""Checks Kubernetes objects as the API server would: by OpenAPI, or by their CRD."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

import localcloud
from kubeflow_aws.assembly.templates import UNRESOLVED
from kubeflow_aws.objects.kubernetes_object import CRD, KubernetesObject, key_of

BUILT_IN_GROUPS = re.compile(r"^(|apps|batch|policy|autoscaling|[a-z.]+\.k8s\.io)$")
CUSTOM_GROUPS_OF_KUBERNETES = ("jobset.x-k8s.io", "elbv2.k8s.aws")

_VALIDATOR = jsonschema.Draft202012Validator


class Schemas:
    """The schemas of one Kubernetes version and of the CRDs among some objects."""

    def __init__(self, objects: Iterable[KubernetesObject], version: str) -> None:
        self._version = version
        self._custom: dict[tuple[str, str, str], dict[str, Any]] = {}
        for item in (*_of_addons(), *objects):
            if item["kind"] == CRD:
                spec: Any = item["spec"]
                for each in spec["versions"]:
                    key = (spec["group"], spec["names"]["kind"], each["name"])
                    self._custom[key] = _strict(each["schema"]["openAPIV3Schema"], root=True)

    def error(self, item: KubernetesObject) -> str | None:
        """What is wrong with an object, or nothing."""
        group, _, version = str(item["apiVersion"]).rpartition("/")
        schema = self._custom.get((group, str(item["kind"]), version))
        try:
            if schema is not None:
                for error in _VALIDATOR(schema).iter_errors(item):
                    # What only CloudFormation knows matches no pattern yet.
                    if error.instance != UNRESOLVED:
                        raise error
            elif BUILT_IN_GROUPS.match(group) and group not in CUSTOM_GROUPS_OF_KUBERNETES:
                kubernetes_validate.validate(item, self._version, strict=True)
            else:
                return f"{key_of(item)}: no schema for {item['apiVersion']} {item['kind']}"
        except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
            path = ".".join(map(str, getattr(error, "absolute_path", getattr(error, "path", ()))))
            return f"{key_of(item)}: {path}: {error.message}"
        except kubernetes_validate.SchemaNotFoundError as error:
            return f"{key_of(item)}: {error}"
        return None


def _of_addons() -> list[KubernetesObject]:
    """CRDs that EKS add-ons bring, as the local cloud has them."""
    file = Path(localcloud.__file__).parent / "resources" / "addon_definitions.yaml"
    return [item for items in yaml.safe_load(file.read_text("utf-8")).values() for item in items]


def _strict(schema: Any, *, root: bool = False) -> Any:
    """A CRD's schema as JSON schema: nulls where nullable, no fields that it does not name."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for name, child in schema.items():
        if name == "properties":
            result[name] = {field: _strict(each) for field, each in child.items()}
        elif name in ("format", "default", "x-kubernetes-validations"):
            continue
        else:
            result[name] = _strict(child)
    if schema.get("nullable") and "type" in schema:
        result["type"] = [schema["type"], "null"]
    free = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if "properties" in schema and not free:
        result["additionalProperties"] = False
    if root:
        for name in ("apiVersion", "kind"):
            result.setdefault("properties", {}).setdefault(name, {"type": "string"})
        result["properties"]["metadata"] = {"type": "object"}
    if schema.get("x-kubernetes-embedded-resource"):
        result.pop("additionalProperties", None)
    return result
