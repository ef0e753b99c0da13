"""Reads a cloud assembly as a removal would."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kubeflow_aws.assembly.stacks import stacks_in_order, templates_of
from kubeflow_aws.assembly.templates import MANIFEST_TYPE, objects_in
from kubeflow_aws.deployment import Deployment

RETAINED: Final = frozenset({"Retain", "RetainExceptOnCreate"})

NAMES: Final = (
    "BucketName",
    "LogGroupName",
    "DBInstanceIdentifier",
    "BackupVaultName",
    "Description",
)
"""Properties by which a person knows a resource."""

KINDS: Final[Mapping[str, str]] = {
    "AWS::Backup::BackupVault": "vault with its backups",
    "AWS::Cognito::UserPool": "user pool with its users",
    "AWS::EFS::FileSystem": "file system with its files",
    "AWS::KMS::Key": "key, without which what it encrypted cannot be read",
    "AWS::Logs::LogGroup": "logs",
    "AWS::RDS::DBInstance": "last snapshot of the database",
    "AWS::RDS::OptionGroup": "options of the database, which its snapshot refers to",
    "AWS::Route53::HostedZone": "hosted zone with its records",
    "AWS::S3::Bucket": "bucket with its objects",
}
"""What a retained resource is to people."""

AUTOMATED_BACKUPS: Final = "automatic backups of the database, as long as they are kept"
"""What `DeleteAutomatedBackups: false` of an RDS instance leaves."""


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Left:
    """A resource that stays.

    Attributes:
        stack: Its stack.
        kind: What it is.
        name: Its name, description or logical id.
        taken: Whether nothing else can have its name while it is there.
    """

    stack: str
    kind: str
    name: str
    taken: bool = False


@dataclass(kw_only=True, slots=True)
class Removal:
    """A removal, before it happens.

    Attributes:
        order: The stacks, in the order in which they go.
        left: What stays in the account.
        protected: Whether CloudFormation would refuse to delete the stacks.
        objects: Kubernetes objects that stay in the cluster as long as it lives.
    """

    order: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    protected: bool = False
    objects: int = 0


def removal_of(assembly: Path) -> Removal:
    """What a removal of all stacks of an assembly would do.

    Args:
        assembly: The cloud assembly.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    removal = Removal()
    for stack in stacks_in_order(assembly):
        removal.order.insert(0, stack.name)
        removal.protected |= stack.protected
        for template in templates_of(assembly, stack):
            _read_resources(stack.name, template, removal)
    removal.left.sort()
    return removal


def _read_resources(stack: str, template: Mapping[str, Any], removal: Removal) -> None:
    for logical_id, resource in template.get("Resources", {}).items():
        kind, policy = resource["Type"], resource.get("DeletionPolicy")
        properties = resource.get("Properties", {})
        if kind == MANIFEST_TYPE:
            if policy in RETAINED:
                alone = {"Resources": {logical_id: resource}}
                removal.objects += sum(1 for _ in objects_in(alone))
        elif policy in RETAINED or policy == "Snapshot":
            removal.left.append(
                Left(
                    stack=stack,
                    kind=KINDS.get(kind, kind),
                    name=_name(logical_id, properties),
                    # A snapshot has a name of its own, and its database's is free again.
                    taken=policy in RETAINED and _is_named(properties),
                )
            )
        if properties.get("DeleteAutomatedBackups") is False:
            name = _name(logical_id, properties)
            removal.left.append(Left(stack=stack, kind=AUTOMATED_BACKUPS, name=name))


def _is_named(properties: Mapping[str, Any]) -> bool:
    names = (properties.get(name) for name in NAMES if name != "Description")
    return any(isinstance(name, str) for name in names)


def _name(logical_id: str, properties: Mapping[str, Any]) -> str:
    for name in NAMES:
        if isinstance(properties.get(name), str):
            return str(properties[name])
    return logical_id


def by_others(deployment: Deployment) -> Iterator[str]:
    """What no template knows, because controllers made it for users.

    Args:
        deployment: The deployment file.
    """
    own = deployment.cluster.existing is None
    disks = "Disks that users' claims made (notebooks, volumes): `kubectl get pvc -A`"
    if own:
        yield f"{disks}. Delete those that nobody needs; without the cluster nobody will."
    else:
        yield f"{disks}. They stay with the cluster."
    if deployment.storage.fsx.enabled:
        yield (
            "File systems of FSx that claims of the class fsx made: `kubectl get pvc -A`, and "
            "delete those first; each costs money until it goes."
        )
    yield "Load balancers of Services that users made: `kubectl get service -A`, delete them first."
