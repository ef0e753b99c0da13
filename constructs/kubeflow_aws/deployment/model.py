"""The deployment file as one frozen, strict model: the whole user interface.

It is the form alone. What must hold between its sections is in `kubeflow_aws.deployment.rules`,
and whoever reads a file by `load_deployment` has one that keeps it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from kubeflow_aws.deployment.artifacts import Artifacts, S3Settings
from kubeflow_aws.deployment.auth import Auth, AuthProvider
from kubeflow_aws.deployment.cluster import Cluster
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.deployment.database import Database, RdsSettings
from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.deployment.images import Images
from kubeflow_aws.deployment.ingress import Ingress
from kubeflow_aws.deployment.monitoring import Monitoring
from kubeflow_aws.deployment.names import StackName, stack_prefix
from kubeflow_aws.deployment.network import Network
from kubeflow_aws.deployment.notebooks import Notebooks
from kubeflow_aws.deployment.profiles import ContributorGroup, Profile
from kubeflow_aws.deployment.section import Section, lasting
from kubeflow_aws.deployment.storage import Storage


class Environment(StrEnum):
    """What the deployment is for; sets redundancy, retention and protection."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Preset(StrEnum):
    """A named choice of the switches auth.provider, database and artifacts."""

    COGNITO_RDS_S3 = "cognito-rds-s3"
    COGNITO_RDS_ONLY = "cognito-rds-only"
    COGNITO_S3_ONLY = "cognito-s3-only"
    COGNITO = "cognito"
    RDS_S3 = "rds-s3"
    RDS_ONLY = "rds-only"
    S3_ONLY = "s3-only"
    VANILLA = "vanilla"


PRESETS: Final[dict[Preset, tuple[AuthProvider, Database, Artifacts]]] = {
    Preset.COGNITO_RDS_S3: (AuthProvider.COGNITO, Database.RDS, Artifacts.S3),
    Preset.COGNITO_RDS_ONLY: (AuthProvider.COGNITO, Database.RDS, Artifacts.IN_CLUSTER),
    Preset.COGNITO_S3_ONLY: (AuthProvider.COGNITO, Database.IN_CLUSTER, Artifacts.S3),
    Preset.COGNITO: (AuthProvider.COGNITO, Database.IN_CLUSTER, Artifacts.IN_CLUSTER),
    Preset.RDS_S3: (AuthProvider.DEX, Database.RDS, Artifacts.S3),
    Preset.RDS_ONLY: (AuthProvider.DEX, Database.RDS, Artifacts.IN_CLUSTER),
    Preset.S3_ONLY: (AuthProvider.DEX, Database.IN_CLUSTER, Artifacts.S3),
    Preset.VANILLA: (AuthProvider.DEX, Database.IN_CLUSTER, Artifacts.IN_CLUSTER),
}


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

    name: StackName = Field(
        default="kubeflow",
        min_length=2,
        max_length=20,
        description="Prefix of the stacks' and the cluster's names.",
        json_schema_extra=lasting("another name is another deployment"),
    )
    environment: Environment = Field(
        default=Environment.DEVELOPMENT, description="development or production."
    )
    deletion_protection: bool | None = Field(
        default=None,
        description="Whether AWS refuses to delete the stacks, and in them cluster, user pool and "
        "database; on in production. Deploy with false before you remove everything.",
    )
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = Field(
        default=None,
        description="AWS account in quotes; the CLI's account if left out.",
        json_schema_extra=lasting("another account is another deployment"),
    )
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = Field(
        description="AWS region, for example us-west-2.",
        json_schema_extra=lasting("another region is another deployment"),
    )
    preset: Preset = Field(
        default=Preset.COGNITO_RDS_S3,
        description="Sets auth.provider, database and artifacts where they are left out.",
    )
    auth: Auth = Field(default=Auth(), description="Sign-in.")
    database: Database | None = Field(
        default=None, description="rds or in-cluster; taken from the preset if left out."
    )
    rds: RdsSettings = Field(default=RdsSettings(), description="The database, for database: rds.")
    artifacts: Artifacts | None = Field(
        default=None, description="s3 or in-cluster; taken from the preset if left out."
    )
    s3: S3Settings = Field(default=S3Settings(), description="The bucket, for artifacts: s3.")
    domain: Domain | None = Field(
        default=None, description="DNS names; needed by Cognito and by a load balancer."
    )
    ingress: Ingress = Field(default=Ingress(), description="The load balancer.")
    network: Network = Field(default=Network(), description="The VPC.")
    cluster: Cluster = Field(default=Cluster(), description="The EKS cluster.")
    components: Components = Field(default=Components(), description="Parts of Kubeflow.")
    storage: Storage = Field(default=Storage(), description="Shared file systems.")
    images: Images = Field(default=Images(), description="Container images.")
    notebooks: Notebooks = Field(default=Notebooks(), description="The notebook form.")
    monitoring: Monitoring = Field(
        default=Monitoring(), description="Logs, metrics, alarms and who hears of them."
    )
    profiles: tuple[Profile, ...] = Field(
        default=(), max_length=5000, description="Profiles to create, each a namespace."
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
    def cluster_name(self) -> str:
        """The cluster's name in EKS."""
        existing = self.cluster.existing
        return existing.name if existing else self.name

    @property
    def groups(self) -> tuple[ContributorGroup, ...]:
        """The groups that profiles name, as often as they do."""
        return tuple(group for profile in self.profiles for group in profile.groups)

    @property
    def stack_prefix(self) -> str:
        """What the names of its stacks begin with."""
        return stack_prefix(self.name)

    @property
    def certificate_stack_name(self) -> str:
        """Of the stack in us-east-1, where those of deployments in all regions meet."""
        return f"{self.stack_prefix}Certificate-{self.region}"

    @property
    def links_artifacts(self) -> bool:
        """Whether FSx shows the bucket's artifacts as files."""
        fsx = self.storage.fsx
        return fsx.enabled and fsx.link_artifacts and self.artifacts_option is Artifacts.S3

    @property
    def is_production(self) -> bool:
        """Whether this is the production environment."""
        return self.environment is Environment.PRODUCTION

    @property
    def is_protected(self) -> bool:
        """Whether AWS refuses to delete what has a switch for it."""
        if self.deletion_protection is None:
            return self.is_production
        return self.deletion_protection

    @property
    def has_load_balancer(self) -> bool:
        """Whether a load balancer serves the platform."""
        if self.ingress.enabled is None:
            return self.auth_provider is AuthProvider.COGNITO
        return self.ingress.enabled

    @property
    def sign_in_prefix(self) -> str:
        """Cognito's domain prefix: the file's, or one made from the platform's domain."""
        made = self.domain.name.replace(".", "-") if self.domain else ""
        return self.auth.cognito.domain_prefix or made

    def machine_identity(self, name: str) -> str:
        """How Kubeflow knows a machine client; no person can have such an address."""
        if self.domain is None:
            raise ValueError("machine clients need domain.name")
        return f"{name}@machines.{self.domain.name}"

    @property
    def machine_identities(self) -> frozenset[str]:
        """All machine clients as Kubeflow knows them."""
        clients = self.auth.cognito.machine_clients if self.domain else ()
        return frozenset(self.machine_identity(client.name) for client in clients)
