"""Launch templates of instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.ec2_common import Ec2Provider
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting
from localcloud.resources.tags import tag_list


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
    client = request.client("ec2")
    now, before = (_tags(properties) for properties in (request.properties, old))
    gone = before.keys() - now.keys()
    if gone:
        client.delete_tags(Resources=[resource.physical_id], Tags=[{"Key": key} for key in gone])
    if now:
        client.create_tags(Resources=[resource.physical_id], Tags=tag_list(now))


def _tags(properties: Properties) -> dict[str, str]:
    """The tags of the template itself; those of instances are in its data."""
    return {
        tag["Key"]: tag["Value"]
        for each in properties.get("TagSpecifications", [])
        for tag in each.get("Tags", [])
    }


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
