"""The CloudFormation registry's schemas of resource types, as cfn-lint ships them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

from cfnlint.schema import ResourceNotFoundError
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from jsonschema.protocols import Validator

from localcloud.resources.coercion import CoercingValidator, error_text, same
from localcloud.resources.provider import Properties, ResourceError

_PREFIX = "/properties/"
_ALSO_REPLACED: Final[Mapping[str, Sequence[str]]] = {
    "AWS::FSx::FileSystem": (
        "FileSystemTypeVersion",
        "LustreConfiguration.CopyTagsToBackups",
        "LustreConfiguration.DeploymentType",
        "LustreConfiguration.DriveCacheType",
        "LustreConfiguration.ExportPath",
        "LustreConfiguration.ImportPath",
        "LustreConfiguration.ImportedFileChunkSize",
        "LustreConfiguration.PerUnitStorageThroughput",
    ),
}
"""What schemas of types without handlers of their own leave out, by CloudFormation's reference
("Update requires: Replacement"), which the CDK CLI carries; a test compares them."""

# What of a registry schema says how properties look; the rest is about the type.
_ABOUT_PROPERTIES = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "definitions",
        "dependentExcluded",
        "dependentRequired",
        "oneOf",
        "patternProperties",
        "properties",
        "required",
        "requiredOr",
        "requiredXor",
    }
)


@dataclass(frozen=True)
class ResourceSchema:
    """What the registry says about a resource type.

    Attributes:
        resource_type: For example ``AWS::S3::Bucket``.
        document: The schema itself.
    """

    resource_type: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, resource_type: str, region: str) -> ResourceSchema:
        """The schema of a type in a region.

        Raises:
            ResourceError: If there is no such type.
        """
        return _schema(resource_type, region)

    @property
    def primary_identifier(self) -> list[str]:
        """Dotted names of the properties that identify a resource."""
        return self._dotted("primaryIdentifier")

    @property
    def read_only(self) -> list[str]:
        """Dotted names of the properties that Fn::GetAtt gives and no template sets."""
        return self._dotted("readOnlyProperties")

    @property
    def create_only(self) -> list[str]:
        """Dotted names of the properties that no update changes."""
        return [*self._dotted("createOnlyProperties"), *_ALSO_REPLACED.get(self.resource_type, ())]

    @property
    def properties(self) -> frozenset[str]:
        """Names of all top-level properties."""
        return frozenset(self.document["properties"])

    def check(self, logical_id: str, properties: Properties) -> None:
        """Check properties as CloudFormation does before it calls a resource handler.

        Raises:
            ResourceError: With all that is wrong, one path and text each.
        """
        errors = sorted(self._validator.iter_errors(properties), key=lambda e: [*map(str, e.path)])
        texts = [error_text(error) for error in errors]
        texts += [
            f"#/{name.replace('.', '/')}: read-only property cannot be specified"
            for name in self.read_only
            if any(True for _ in values_at(properties, name))
        ]
        if texts:
            problems = "; ".join(f"[{text}]" for text in dict.fromkeys(texts))
            raise ResourceError(
                f"Properties validation failed for resource {logical_id} with message: {problems}"
            )

    def replaced_by(self, old: Properties, new: Properties) -> list[str]:
        """Dotted names of the changed properties that make a new resource necessary."""
        return [
            name
            for name in self.create_only
            if not same(list(values_at(old, name)), list(values_at(new, name)))
        ]

    @cached_property
    def _validator(self) -> Validator:
        about = {key: self.document[key] for key in _ABOUT_PROPERTIES & self.document.keys()}
        validator: Validator = CoercingValidator({**about, "type": "object"})
        return validator

    def _dotted(self, key: str) -> list[str]:
        pointers = self.document.get(key, [])
        return [pointer.removeprefix(_PREFIX).replace("/", ".") for pointer in pointers]


def values_at(value: Any, name: str) -> Iterator[Any]:
    """The values under a dotted name, in which ``*`` stands for all items of a list."""
    head, _, rest = name.partition(".")
    if head == "*" and isinstance(value, Sequence) and not isinstance(value, str):
        found = list(value)
    elif isinstance(value, Mapping) and head in value:
        found = [value[head]]
    else:
        return
    for item in found:
        if rest:
            yield from values_at(item, rest)
        else:
            yield item


@cache
def _schema(resource_type: str, region: str) -> ResourceSchema:
    try:
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, resource_type)
    except ResourceNotFoundError as error:
        message = f"Template format error: Unrecognized resource types: [{resource_type}]"
        raise ResourceError(message) from error
    return ResourceSchema(resource_type, schema.schema)
