"""Lambda functions: their code and configuration."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tags_of

# What an update puts in the place of a property that the template no longer has.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "Layers": [],
    "MemorySize": 128,
    "Timeout": 3,
    "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
}
_CONFIGURATION: Final = ("Handler", "Role", "Runtime", *_DEFAULTS)


def _configure(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("lambda")
    client.update_function_configuration(
        FunctionName=resource.physical_id,
        **arguments(
            client,
            "UpdateFunctionConfiguration",
            {**_DEFAULTS, **request.properties},
            _CONFIGURATION,
        ),
    )


def _put_code(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("lambda").update_function_code(
        FunctionName=resource.physical_id, **_code(request.properties)
    )


def _reserve(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client, name = request.client("lambda"), resource.physical_id
    if "ReservedConcurrentExecutions" in request.properties:
        client.put_function_concurrency(
            FunctionName=name,
            ReservedConcurrentExecutions=int(request.properties["ReservedConcurrentExecutions"]),
        )
    else:
        client.delete_function_concurrency(FunctionName=name)


def _code(properties: Properties) -> dict[str, Any]:
    code = dict(properties["Code"])
    if "ZipFile" in code:
        language = str(properties.get("Runtime", ""))
        name = "index.js" if language.startswith("nodejs") else "index.py"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            package.writestr(name, code["ZipFile"])
        code["ZipFile"] = archive.getvalue()
    return code


class Function(SettingsProvider):
    """``AWS::Lambda::Function``."""

    at_creation = frozenset(
        {
            *_CONFIGURATION,
            "Architectures",
            "Code",
            "EphemeralStorage",
            "FunctionName",
            "KmsKeyArn",
            "PackageType",
            "Tags",
            "TracingConfig",
        }
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        "Code": _put_code,
        **dict.fromkeys(_CONFIGURATION, _configure),
        "ReservedConcurrentExecutions": _reserve,
        "Tags": retagging(
            lambda request, function, tags: request.client("lambda").tag_resource(
                Resource=function.attributes["Arn"], Tags=tags
            ),
            lambda request, function, keys: request.client("lambda").untag_resource(
                Resource=function.attributes["Arn"], TagKeys=keys
            ),
        ),
    }
    recorded = frozenset(
        {
            "DeadLetterConfig",
            "FileSystemConfigs",
            "LoggingConfig",
            "RecursiveLoop",
            "RuntimeManagementConfig",
            "SnapStart",
        }
    )

    def make(self, request: Request) -> Resource:
        """Create the function."""
        client = request.client("lambda")
        given = {
            "FunctionName": request.generated_name(),
            **arguments(
                client, "CreateFunction", request.properties, self.at_creation - {"Code", "Tags"}
            ),
        }
        function = client.create_function(
            **given, Code=_code(request.properties), Tags=tags_of(request)
        )
        return Resource(
            physical_id=given["FunctionName"], attributes={"Arn": function["FunctionArn"]}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the function."""
        with missing_is_fine():
            request.client("lambda").delete_function(FunctionName=resource.physical_id)
