"""What belongs to Lambda functions: layers, permissions, versions, aliases, URLs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine


class LayerVersion(SettingsProvider):
    """``AWS::Lambda::LayerVersion``."""

    at_creation = frozenset(
        {
            "CompatibleArchitectures",
            "CompatibleRuntimes",
            "Content",
            "Description",
            "LayerName",
            "LicenseInfo",
        }
    )

    def make(self, request: Request) -> Resource:
        """Publish the layer."""
        client = request.client("lambda")
        # A new version of a layer without a name belongs to the layer of the same resource.
        given = {
            "LayerName": request.logical_id,
            **arguments(client, "PublishLayerVersion", request.properties, self.at_creation),
        }
        arn = client.publish_layer_version(**given)["LayerVersionArn"]
        return Resource(physical_id=arn, attributes={"LayerVersionArn": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the version."""
        name, _, version = resource.physical_id.rpartition(":")
        with missing_is_fine():
            request.client("lambda").delete_layer_version(
                LayerName=name, VersionNumber=int(version)
            )


class Permission(SettingsProvider):
    """``AWS::Lambda::Permission``."""

    at_creation = frozenset(
        {
            "Action",
            "EventSourceToken",
            "FunctionName",
            "FunctionUrlAuthType",
            "Principal",
            "PrincipalOrgID",
            "SourceAccount",
            "SourceArn",
        }
    )

    def make(self, request: Request) -> Resource:
        """Add a statement to the function's policy."""
        client, name = request.client("lambda"), request.generated_name(100)
        client.add_permission(
            StatementId=name,
            **arguments(client, "AddPermission", request.properties, self.at_creation),
        )
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Remove the statement, if the function is still there."""
        with missing_is_fine():
            request.client("lambda").remove_permission(
                FunctionName=request.properties["FunctionName"], StatementId=resource.physical_id
            )


class Version(SettingsProvider):
    """``AWS::Lambda::Version``."""

    at_creation = frozenset({"CodeSha256", "Description", "FunctionName"})

    def make(self, request: Request) -> Resource:
        """Publish the function's code as a version."""
        client = request.client("lambda")
        version = client.publish_version(
            **arguments(client, "PublishVersion", request.properties, self.at_creation)
        )
        arn, number = version["FunctionArn"], version["Version"]
        if not arn.endswith(f":{number}"):
            arn = f"{arn}:{number}"
        return Resource(physical_id=arn, attributes={"FunctionArn": arn, "Version": number})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the version."""
        with missing_is_fine():
            request.client("lambda").delete_function(
                FunctionName=resource.attributes["FunctionArn"]
            )


def _point(request: Request, resource: Resource, old: Properties) -> None:
    del resource, old
    client = request.client("lambda")
    names = {"Description", "FunctionName", "FunctionVersion", "Name"}
    client.update_alias(**arguments(client, "UpdateAlias", request.properties, names))


class FunctionAlias(SettingsProvider):
    """``AWS::Lambda::Alias``."""

    at_creation = frozenset({"Description", "FunctionName", "FunctionVersion", "Name"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(
        ("Description", "FunctionVersion"), _point
    )

    def make(self, request: Request) -> Resource:
        """Create the alias."""
        client = request.client("lambda")
        arn = client.create_alias(
            **arguments(client, "CreateAlias", request.properties, self.at_creation)
        )["AliasArn"]
        return Resource(physical_id=arn, attributes={"AliasArn": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the alias, not its version."""
        del resource
        with missing_is_fine():
            request.client("lambda").delete_alias(
                FunctionName=request.properties["FunctionName"], Name=request.properties["Name"]
            )


_URL_SETTINGS: Final = ("AuthType", "Cors", "InvokeMode")


def _put_url(request: Request, resource: Resource, old: Properties) -> None:
    del resource, old
    client = request.client("lambda")
    client.update_function_url_config(
        FunctionName=request.properties["TargetFunctionArn"],
        **arguments(client, "UpdateFunctionUrlConfig", request.properties, _URL_SETTINGS),
    )


class FunctionUrl(SettingsProvider):
    """``AWS::Lambda::Url``."""

    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(_URL_SETTINGS, _put_url)
    at_creation = frozenset({"TargetFunctionArn", *_URL_SETTINGS})

    def make(self, request: Request) -> Resource:
        """Give the function a URL."""
        client = request.client("lambda")
        made = client.create_function_url_config(
            FunctionName=request.properties["TargetFunctionArn"],
            **arguments(client, "CreateFunctionUrlConfig", request.properties, _URL_SETTINGS),
        )
        return Resource(
            physical_id=made["FunctionArn"],
            attributes={"FunctionArn": made["FunctionArn"], "FunctionUrl": made["FunctionUrl"]},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Take the URL from the function."""
        del resource
        with missing_is_fine():
            request.client("lambda").delete_function_url_config(
                FunctionName=request.properties["TargetFunctionArn"]
            )
