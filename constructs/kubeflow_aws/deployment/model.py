"""The deployment file as one frozen, strict model: the whole user interface."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, model_validator

from kubeflow_aws.deployment.auth import Auth, AuthProvider
from kubeflow_aws.deployment.cluster import Cluster
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.deployment.network import Network
from kubeflow_aws.deployment.section import DNS_LABEL, EmailAddress, Section


class Environment(StrEnum):
    """What the deployment is for; sets redundancy, retention and protection."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Database(StrEnum):
    """Where Pipelines and Katib keep their metadata."""

    IN_CLUSTER = "in-cluster"


class Artifacts(StrEnum):
    """Where Pipelines keeps artifacts."""

    IN_CLUSTER = "in-cluster"


class Preset(StrEnum):
    """A named choice of the switches auth.provider, database and artifacts."""

    VANILLA = "vanilla"


PRESETS: Final[dict[Preset, tuple[AuthProvider, Database, Artifacts]]] = {
    Preset.VANILLA: (AuthProvider.DEX, Database.IN_CLUSTER, Artifacts.IN_CLUSTER),
}


class Profile(Section):
    """A user's namespace."""

    name: Annotated[str, DNS_LABEL] = Field(description="Name of the profile and its namespace.")
    owner: EmailAddress = Field(description="E-mail address of the owner, lower case.")


class Upstream(Section):
    """Where the pinned upstream sources come from."""

    mirror: str | None = Field(
        default=None,
        description="Folder with the source archives, relative to the project; "
        "KUBEFLOW_UPSTREAM_MIRROR says the same for one run.",
    )
    offline: bool = Field(default=False, description="Never ask the network for sources.")


class Deployment(Section):
    """One environment: everything that `build` needs to compose the stacks."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,19}$")] = Field(
        default="kubeflow", description="Prefix of the stacks' and the cluster's names."
    )
    environment: Environment = Field(
        default=Environment.DEVELOPMENT, description="development or production."
    )
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = Field(
        default=None, description="AWS account in quotes; the CLI's account if left out."
    )
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = Field(
        description="AWS region, for example us-west-2."
    )
    preset: Preset = Field(
        default=Preset.VANILLA, description="vanilla; sets the switches that are left out."
    )
    auth: Auth = Field(default=Auth(), description="Sign-in.")
    database: Database | None = Field(
        default=None, description="in-cluster; taken from the preset if left out."
    )
    artifacts: Artifacts | None = Field(
        default=None, description="in-cluster; taken from the preset if left out."
    )
    network: Network = Field(default=Network(), description="The VPC.")
    cluster: Cluster = Field(default=Cluster(), description="The EKS cluster.")
    components: Components = Field(default=Components(), description="Parts of Kubeflow.")
    profiles: tuple[Profile, ...] = Field(
        default=(), max_length=40, description="Profiles to create, each a namespace."
    )
    tags: dict[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 .:/=+@_-]+$")],
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9 .:/=+@_-]*$")],
    ] = Field(default={}, description="Tags on every AWS resource.")
    upstream: Upstream = Field(default=Upstream(), description="Upstream sources.")

    @property
    def auth_provider(self) -> AuthProvider:
        """The sign-in in force: the file's, or the preset's."""
        return self.auth.provider or PRESETS[self.preset][0]

    @property
    def database_option(self) -> Database:
        """The metadata database in force: the file's, or the preset's."""
        return self.database or PRESETS[self.preset][1]

    @property
    def artifacts_option(self) -> Artifacts:
        """The artifact store in force: the file's, or the preset's."""
        return self.artifacts or PRESETS[self.preset][2]

    @property
    def is_production(self) -> bool:
        """Whether this is the production environment."""
        return self.environment is Environment.PRODUCTION

    @model_validator(mode="after")
    def _zones_lie_in_the_region(self) -> Self:
        zones = (
            self.network.existing.availability_zones
            if self.network.existing
            else self.network.availability_zones
        )
        for zone in zones:
            if zone[:-1] != self.region:
                raise ValueError(f"availability zone {zone} is not in region {self.region}")
        return self

    @model_validator(mode="after")
    def _existing_cluster_has_its_vpc(self) -> Self:
        if self.cluster.existing and not self.network.existing:
            raise ValueError(
                f"cluster.existing names {self.cluster.existing.name}; "
                "give its VPC under network.existing"
            )
        return self

    @model_validator(mode="after")
    def _components_have_what_they_need(self) -> Self:
        if self.components.kserve and not self.components.knative:
            raise ValueError(
                "components.kserve needs components.knative; switch both off or both on"
            )
        if not self.cluster.existing:
            for name in ("cert_manager", "load_balancer_controller"):
                if not getattr(self.components, name):
                    raise ValueError(
                        f"components.{name} is off, but a new cluster has none; "
                        "switch it off only with cluster.existing"
                    )
        return self

    @model_validator(mode="after")
    def _somebody_can_sign_in(self) -> Self:
        if self.auth_provider is AuthProvider.DEX and not self.auth.users:
            raise ValueError(
                "auth.provider dex needs at least one entry in auth.users "
                "(make password writes a password_hash)"
            )
        return self

    @model_validator(mode="after")
    def _profiles_have_different_names_and_known_owners(self) -> Self:
        names = [profile.name for profile in self.profiles]
        users = {user.email for user in self.auth.users}
        for profile in self.profiles:
            if names.count(profile.name) > 1:
                raise ValueError(f"profiles names {profile.name} twice; a profile is a namespace")
            if profile.owner not in users:
                raise ValueError(
                    f"profiles.{profile.name} belongs to {profile.owner}, who is not in auth.users"
                )
            if profile.name in RESERVED_NAMESPACES or profile.name.startswith("kube-"):
                raise ValueError(
                    f"profiles names {profile.name}, a namespace of the platform; choose another"
                )
        return self


RESERVED_NAMESPACES: Final = frozenset(
    {
        "auth",
        "cert-manager",
        "default",
        "istio-system",
        "knative-serving",
        "kubeflow",
        "kubeflow-system",
        "oauth2-proxy",
    }
)
"""Namespaces that upstream's manifests create or that Kubernetes has."""
