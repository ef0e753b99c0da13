"""Parameters of Systems Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list


def _overwrite(request: Request, resource: Resource, old: Properties) -> None:
    del old
    _put(request, resource.physical_id, overwrite=True)


def _put(request: Request, name: str, *, overwrite: bool) -> None:
    client = request.client("ssm")
    given = {name: value for name, value in request.properties.items() if name in _VALUES}
    client.put_parameter(
        Name=name, Overwrite=overwrite, **arguments(client, "PutParameter", given, _VALUES)
    )


_VALUES = frozenset({"AllowedPattern", "DataType", "Description", "Tier", "Type", "Value"})


class Parameter(SettingsProvider):
    """``AWS::SSM::Parameter``."""

    at_creation = frozenset({"Name", *_VALUES})
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(sorted(_VALUES), _overwrite),
        "Tags": retagging(
            lambda request, parameter, tags: request.client("ssm").add_tags_to_resource(
                ResourceType="Parameter", ResourceId=parameter.physical_id, Tags=tag_list(tags)
            ),
            lambda request, parameter, keys: request.client("ssm").remove_tags_from_resource(
                ResourceType="Parameter", ResourceId=parameter.physical_id, TagKeys=keys
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the parameter."""
        name = request.properties.get("Name") or f"CFN-{request.generated_name(60)}"
        _put(request, name, overwrite=False)
        return Resource(physical_id=name)

    def refreshed(self, request: Request, resource: Resource) -> Resource:
        """The resource with its value."""
        name = resource.physical_id
        return Resource(
            physical_id=name,
            attributes={
                "Arn": f"arn:aws:ssm:{request.region}:{request.account}:parameter/"
                + name.removeprefix("/"),
                "Type": request.properties["Type"],
                "Value": request.properties["Value"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the parameter."""
        with missing_is_fine():
            request.client("ssm").delete_parameter(Name=resource.physical_id)
