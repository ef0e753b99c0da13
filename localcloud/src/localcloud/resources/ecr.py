"""Registries of container images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from localcloud.resources.arguments import arguments, boolean, document
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list


def _put_mutability(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("ecr").put_image_tag_mutability(
        repositoryName=resource.physical_id,
        imageTagMutability=request.properties.get("ImageTagMutability", "MUTABLE"),
    )


def _put_scanning(request: Request, resource: Resource, old: Properties) -> None:
    del old
    given = request.properties.get("ImageScanningConfiguration", {})
    request.client("ecr").put_image_scanning_configuration(
        repositoryName=resource.physical_id,
        imageScanningConfiguration={"scanOnPush": boolean(given.get("ScanOnPush", False))},
    )


def _put_policy(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client, policy = request.client("ecr"), request.properties.get("RepositoryPolicyText")
    if policy:
        client.set_repository_policy(
            repositoryName=resource.physical_id, policyText=document(policy)
        )
    else:
        with missing_is_fine():
            client.delete_repository_policy(repositoryName=resource.physical_id)


def _put_lifecycle(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client, policy = request.client("ecr"), request.properties.get("LifecyclePolicy")
    if policy:
        client.put_lifecycle_policy(
            repositoryName=resource.physical_id, lifecyclePolicyText=policy["LifecyclePolicyText"]
        )
    else:
        with missing_is_fine():
            client.delete_lifecycle_policy(repositoryName=resource.physical_id)


class Repository(SettingsProvider):
    """``AWS::ECR::Repository``."""

    at_creation = frozenset({"EncryptionConfiguration", "RepositoryName"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "ImageScanningConfiguration": _put_scanning,
        "ImageTagMutability": _put_mutability,
        "LifecyclePolicy": _put_lifecycle,
        "RepositoryPolicyText": _put_policy,
        "Tags": retagging(
            lambda request, repository, tags: request.client("ecr").tag_resource(
                resourceArn=repository.attributes["Arn"], tags=tag_list(tags)
            ),
            lambda request, repository, keys: request.client("ecr").untag_resource(
                resourceArn=repository.attributes["Arn"], tagKeys=keys
            ),
        ),
    }
    recorded = frozenset({"EmptyOnDelete"})

    def make(self, request: Request) -> Resource:
        """Create the repository."""
        client = request.client("ecr")
        given = {
            "repositoryName": request.generated_name(lower=True),
            **arguments(client, "CreateRepository", request.properties, self.at_creation),
        }
        repository = client.create_repository(**given)["repository"]
        return Resource(
            physical_id=repository["repositoryName"],
            attributes={
                "Arn": repository["repositoryArn"],
                "RepositoryUri": repository["repositoryUri"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the repository; with images in it only if the properties say so."""
        with missing_is_fine():
            request.client("ecr").delete_repository(
                repositoryName=resource.physical_id,
                force=boolean(request.properties.get("EmptyOnDelete", False)),
            )
