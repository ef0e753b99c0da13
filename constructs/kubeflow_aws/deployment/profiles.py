"""The `profiles` section: namespaces for people, with their quotas."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Self, TypeAlias

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX, ArtifactsPrefix
from kubeflow_aws.deployment.group_names import GroupName, group_identity
from kubeflow_aws.deployment.identity_providers import AnyProviderName
from kubeflow_aws.deployment.section import DNS_LABEL, EmailAddress, RoleArn, Section

Quantity = Annotated[
    str, StringConstraints(pattern=r"^[1-9][0-9]*(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?$")
]
"""An amount as Kubernetes writes it, in quotes: "500m", "8", "64Gi"."""


class ContributorRole(StrEnum):
    """What a contributor may do in a profile, as in the dashboard."""

    EDIT = "edit"
    VIEW = "view"


class Contributor(Section):
    """Somebody who may work in another's profile."""

    email: EmailAddress = Field(description="E-mail address, lower case.")
    role: ContributorRole = Field(default=ContributorRole.EDIT, description="edit or view.")


class ContributorGroup(Section):
    """A group whose members may work in a profile, for as long as they are in it."""

    group: GroupName = Field(
        description="Name of the group, as whoever keeps it spells it: a group of the user pool, "
        "or one of a federated provider."
    )
    provider: AnyProviderName | None = Field(
        default=None,
        description="Name of the federated provider whose group it is, which has a "
        "groups_attribute; a group of the user pool itself if left out.",
    )
    role: ContributorRole = Field(default=ContributorRole.EDIT, description="edit or view.")

    @property
    def identity(self) -> str:
        """The group together with who keeps it."""
        return group_identity(self.group, provider=self.provider)


def _kind(value: object) -> str:
    """Which of the two an entry is: who names a group means one."""
    if isinstance(value, Mapping):
        return "group" if "group" in value else "person"
    return "group" if isinstance(value, ContributorGroup) else "person"


AnyContributor: TypeAlias = Annotated[
    Annotated[Contributor, Tag("person")] | Annotated[ContributorGroup, Tag("group")],
    Discriminator(_kind),
]


class Quota(Section):
    """Most that all pods and volumes of a profile may ask for together."""

    cpu: Quantity | None = Field(default=None, description='Cores, for example "32".')
    memory: Quantity | None = Field(default=None, description='For example "128Gi".')
    gpus: int | None = Field(default=None, ge=0, le=10_000, description="NVIDIA GPUs.")
    storage: Quantity | None = Field(default=None, description='Volumes, for example "1Ti".')
    volumes: int | None = Field(default=None, ge=0, le=10_000, description="How many volumes.")


class Profile(Section):
    """A user's namespace."""

    name: Annotated[str, DNS_LABEL] = Field(description="Name of the profile and its namespace.")
    owner: EmailAddress = Field(description="E-mail address of the owner, lower case.")
    contributors: tuple[AnyContributor, ...] = Field(
        default=(), max_length=100, description="Who else may work in it: people and groups."
    )
    quota: Quota = Field(default=Quota(), description="Limits; none by default.")
    artifacts_prefix: ArtifactsPrefix | None = Field(
        default=None,
        description="Folder of its artifacts in the bucket; private-artifacts/NAME if left out.",
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="IAM role of its pods, which trusts the cluster's OIDC provider, instead of "
        "the one that reaches its artifacts.",
    )

    @property
    def log_folder(self) -> str:
        """Where Argo Workflows archives the logs of its runs."""
        return f"{PROFILES_PREFIX}/{self.name}"

    @property
    def artifacts_folder(self) -> str:
        """Where its artifacts lie in the bucket."""
        return self.artifacts_prefix or self.log_folder

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody whom the profile names."""
        return (self.owner, *(person.email for person in self.persons))

    @property
    def persons(self) -> tuple[Contributor, ...]:
        """The contributors that it names by their addresses."""
        return tuple(each for each in self.contributors if isinstance(each, Contributor))

    @property
    def groups(self) -> tuple[ContributorGroup, ...]:
        """The groups among its contributors."""
        return tuple(each for each in self.contributors if isinstance(each, ContributorGroup))

    @model_validator(mode="after")
    def _everybody_once(self) -> Self:
        for email, count in Counter(self.people).items():
            if count > 1:
                raise ValueError(
                    f"{self.name} names {email} twice; a contributor has one role, "
                    "and the owner needs none"
                )
        for identity, count in Counter(group.identity for group in self.groups).items():
            if count > 1:
                raise ValueError(
                    f"{self.name} names the group {identity} twice; a group has one role"
                )
        return self
