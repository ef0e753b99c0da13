"""The prices and the assumptions: two checked-in files."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from kubeflow_aws.catalog.instance_types import InstanceSize
from kubeflow_aws.files.data_file import read_data_file

FOLDER: Final = Path(__file__).parent

Source = Annotated[str, StringConstraints(pattern=r"^https://aws\.amazon\.com/.+")]
Amount = Annotated[float, Field(ge=0)]


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Price(_Data):
    """The price of one thing."""

    usd: Amount = Field(description="Dollars for one.")
    per: str = Field(description="One what.")
    free: Amount = Field(default=0, description="How many a month cost nothing, for good.")
    source: Source = Field(description="AWS's page with this price.")
    unverified: str | None = Field(default=None, description="Why nobody should rely on it.")


class PriceList(_Data):
    """Prices of things of one kind."""

    source: Source = Field(description="AWS's page with these prices.")
    unverified: str | None = Field(default=None, description="Why nobody should rely on them.")
    usd: dict[str, Amount] = Field(description="Dollars for one, by its type.")

    def find(self, kind: str, *, per: str) -> Price | None:
        """The price of one type, if it is known."""
        usd = self.usd.get(kind)
        if usd is None:
            return None
        return Price(usd=usd, per=per, source=self.source, unverified=self.unverified)


class InstancePrices(_Data):
    """Prices of EC2 instances, an hour."""

    source: Source = Field(description="AWS's page with these prices.")
    per_vcpu: dict[str, Amount] = Field(description="Dollars for a vCPU, by family.")
    per_type: dict[str, Amount] = Field(description="Dollars for an instance, by type.")

    def find(self, instance_type: str, size: InstanceSize | None) -> Price | None:
        """The price of one type, if it is known.

        Args:
            instance_type: The type.
            size: What it offers, if that is known.
        """
        usd = self.per_type.get(instance_type)
        per_vcpu = self.per_vcpu.get(instance_type.partition(".")[0])
        if usd is None and per_vcpu is not None and size is not None:
            usd = per_vcpu * size.vcpus
        return None if usd is None else Price(usd=usd, per="hour", source=self.source)


class Rates(_Data):
    """Prices of what has one price."""

    eks_cluster: Price
    eks_extended_support: Price
    ebs_gp3: Price
    zone_transfer: Price
    nat_gateway: Price
    nat_data: Price
    public_ipv4: Price
    endpoint: Price
    endpoint_data: Price
    load_balancer: Price
    load_balancer_capacity: Price
    web_acl: Price
    web_acl_rule: Price
    web_acl_requests: Price
    hosted_zone: Price
    rds_storage: Price
    s3_storage: Price
    s3_writes: Price
    s3_reads: Price
    efs_storage: Price
    efs_reads: Price
    efs_writes: Price
    backup: Price
    key: Price
    key_requests: Price
    secret: Price
    alarm: Price
    query_alarm_metric: Price
    dashboard: Price
    metric: Price
    observations: Price
    log_ingestion: Price
    log_storage: Price
    prometheus_samples: Price
    prometheus_storage: Price
    prometheus_collector: Price
    prometheus_collected: Price
    active_user: Price
    machine_token: Price
    pipeline_minute: Price


class Prices(_Data):
    """`prices.yaml`."""

    as_of: date = Field(description="Day on which they were collected.")
    currency: Literal["USD"] = Field(description="What they are in.")
    regions: tuple[str, ...] = Field(min_length=1, description="Regions in which they hold.")
    elsewhere: str = Field(description="How far they are off in other regions.")
    rates: Rates = Field(description="What has one price.")
    ec2: InstancePrices = Field(description="Instances.")
    rds: PriceList = Field(description="Database instances, an hour.")
    fsx: PriceList = Field(description="File systems for Lustre, a GB-month.")
    codebuild: PriceList = Field(description="Builds, a minute.")


class Assumptions(_Data):
    """`assumptions.yaml`: amounts a month that no template says."""

    hours: Amount = Field(description="hours of a month")
    nat_gb: Amount = Field(description="GB through each NAT gateway")
    endpoint_gb: Amount = Field(description="GB through each interface endpoint")
    zone_gb: Amount = Field(description="GB between zones, among the nodes")
    load_balancer_units: Amount = Field(description="capacity units of a load balancer, on average")
    web_requests_millions: Amount = Field(description="million requests through the web ACL")
    bucket_gb: Amount = Field(description="GB in each bucket")
    bucket_thousand_requests: Amount = Field(
        description="thousand writes of each bucket, and as many reads"
    )
    efs_gb: Amount = Field(description="GB in EFS")
    efs_traffic_gb: Amount = Field(description="GB read from EFS, and as many written")
    backup_gb: Amount = Field(description="GB in each backup plan's vault")
    key_rotations: Annotated[int, Field(ge=0, le=2)] = Field(
        description="past rotations of a key (0 in the first year, 2 from the third on)"
    )
    key_thousand_requests: Amount = Field(description="thousand requests to each key")
    control_plane_logs_gb: Amount = Field(description="GB of logs of the control plane")
    flow_logs_gb: Amount = Field(description="GB of VPC flow logs")
    container_logs_gb: Amount = Field(description="GB of logs of all containers")
    performance_logs_gb: Amount = Field(description="GB of events of Container Insights")
    other_logs_gb: Amount = Field(description="GB of each other log group")
    logs_kept_fraction: Amount = Field(description="GB kept of a GB of logs, compressed")
    observations_millions: Amount = Field(description="million observations of Container Insights")
    metrics_per_query_alarm: Amount = Field(description="metrics that an alarm on a query reads")
    prometheus_million_samples: Amount = Field(description="million samples of Prometheus")
    prometheus_gb: Amount = Field(description="GB kept by Prometheus")
    users: Amount = Field(description="people who sign in with Cognito")
    machine_tokens: Amount = Field(description="tokens of each machine client")
    pipeline_runs: Amount = Field(description="runs of the delivery pipeline")
    pipeline_minutes: Amount = Field(description="minutes of all its actions in a run")
    build_minutes: Amount = Field(description="minutes of each of its builds in a run")
    pool_hours: Amount = Field(description="hours of work on the node pools")


def load_prices(path: Path = FOLDER / "prices.yaml") -> Prices:
    """Read the prices.

    Raises:
        UserError: The file cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(Prices))


def load_assumptions(path: Path = FOLDER / "assumptions.yaml") -> Assumptions:
    """Read the assumptions.

    Raises:
        UserError: The file cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(Assumptions))
