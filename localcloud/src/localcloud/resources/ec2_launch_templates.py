"""Launch templates of instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.ec2_common import Ec2Provider, retag
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting


def _new_version(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("ec2")
    client.create_launch_template_version(
        LaunchTemplateId=resource.physical_id,
        **arguments(
            client,
            "CreateLaunchTemplateVersion",
            request.properties,
            ("LaunchTemplateData", "VersionDescription"),
        ),
    )


def _retag(request: Request, resource: Resource, old: Properties) -> None:
    retag(replace(request, properties=_tags(request.properties), tags={}), resource, _tags(old))


def _tags(properties: Properties) -> Properties:
    """The tags of the template itself, as other types have them; its data has those of instances.

    Whether CloudFormation puts a stack's tags on it is not known: it gets none of them here.
    """
    specifications = properties.get("TagSpecifications", [])
    return {"Tags": [tag for each in specifications for tag in each.get("Tags", [])]}


class LaunchTemplate(Ec2Provider):
    """``AWS::EC2::LaunchTemplate``: an update makes a new version, the default stays the first."""

    at_creation = frozenset(
        {"LaunchTemplateData", "LaunchTemplateName", "TagSpecifications", "VersionDescription"}
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        "LaunchTemplateData": _new_version,
        "TagSpecifications": _retag,
        "VersionDescription": _new_version,
    }
    deletion = ("delete_launch_template", "LaunchTemplateId")

    def make(self, request: Request) -> Resource:
        """Create the template with its first version."""
        client = request.client("ec2")
        given = {
            "LaunchTemplateName": request.generated_name(128),
            **arguments(client, "CreateLaunchTemplate", request.properties, self.at_creation),
        }
        name = client.create_launch_template(**given)["LaunchTemplate"]["LaunchTemplateId"]
        return Resource(physical_id=name)

    def refreshed(self, request: Request, resource: Resource) -> Resource:
        """The resource with its version numbers, which node groups refer to."""
        template = request.client("ec2").describe_launch_templates(
            LaunchTemplateIds=[resource.physical_id]
        )["LaunchTemplates"][0]
        return Resource(
            physical_id=resource.physical_id,
            attributes={
                "LaunchTemplateId": resource.physical_id,
                "DefaultVersionNumber": str(template["DefaultVersionNumber"]),
                "LatestVersionNumber": str(template["LatestVersionNumber"]),
            },
        )
