"""What the doctor says of zones, instance types, and of what somebody else owns."""

from __future__ import annotations

from collections.abc import Mapping

import boto3
import pytest

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.descriptions import check_descriptions
from kubeflow_aws.cli.doctor.existing import check_existing
from kubeflow_aws.cli.doctor.offers import check_offers
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.doctor_answers import answering, denying, troubles
from tests.support.deployments import variation

VPC: dict[str, JsonValue] = {
    "vpc_id": "vpc-0123456789abcdef0",
    "availability_zones": ["us-west-2a", "us-west-2b"],
    "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
}


def described(name: str) -> dict[str, JsonValue]:
    """A change of the cluster: a type that only the file knows, like g6.2xlarge."""
    size: JsonValue = {
        "vcpus": 8,
        "memory_mib": 32768,
        "network_interfaces": 4,
        "ipv4_addresses": 15,
        "gpus": 1,
    }
    return {"unlisted_instance_types": {name: size}}


class TestOffers:
    """What AWS offers in the deployment's zones."""

    def test_what_the_region_offers_passes(self, aws: Aws, vanilla: Deployment) -> None:
        checks = list(check_offers(vanilla, aws))

        assert troubles(checks) == {}
        assert len(checks) == 4

    def test_a_zone_that_the_account_does_not_have_is_a_failure(
        self, session: boto3.Session, vanilla: Deployment
    ) -> None:
        two_zones = variation(vanilla, {"region": "us-west-1"})

        found = troubles(check_offers(two_zones, Aws(session, "us-west-1")))["Availability zones"]

        assert found[0] is Severity.FAILURE
        assert found[1] == "this account has no us-west-1c"
        assert found[2].startswith("us-west-1 has 2 zones for it: ")

    def test_zones_of_an_existing_vpc_are_its_own(
        self, session: boto3.Session, vanilla: Deployment
    ) -> None:
        zones: JsonValue = ["us-west-1b", "us-west-1c"]
        network: JsonValue = {"existing": {**VPC, "availability_zones": zones}}
        there = variation(vanilla, {"region": "us-west-1", "network": network})

        found = troubles(check_offers(there, Aws(session, "us-west-1")))["Availability zones"]

        assert found[2] == "take subnets of us-west-1a, us-west-1b for network.existing"

    def test_a_zone_without_eks_is_a_failure(
        self, session: boto3.Session, vanilla: Deployment
    ) -> None:
        east = Aws(session, "us-east-1")
        zones = session.client("ec2", "us-east-1").describe_availability_zones()
        [refused] = [
            each["ZoneName"] for each in zones["AvailabilityZones"] if each["ZoneId"] == "use1-az3"
        ]
        names: JsonValue = ["us-east-1a", "us-east-1b", refused]
        there = variation(
            vanilla, {"region": "us-east-1", "network": {"availability_zones": names}}
        )

        severity, found, fix = troubles(check_offers(there, east))["Availability zones"]

        assert severity is Severity.FAILURE
        assert found == f"EKS takes no subnet in {refused} (use1-az3)"
        assert "us-east-1a" in fix
        assert refused not in fix

    @pytest.mark.parametrize(
        ("offered", "severity"),
        [
            ({}, Severity.FAILURE),
            ({"m7i.xlarge": "ab"}, Severity.FAILURE),
            ({"m7i.xlarge": "ab", "m6i.xlarge": "bc"}, Severity.WARNING),
            ({"m7i.xlarge": "abc", "m6i.xlarge": "abc"}, None),
        ],
    )
    def test_system_nodes_need_a_type_in_each_zone(
        self,
        offered: Mapping[str, str],
        severity: Severity | None,
        session: boto3.Session,
        aws: Aws,
        vanilla: Deployment,
    ) -> None:
        offers = [
            {"InstanceType": each, "Location": f"us-west-2{letter}"}
            for each, letters in offered.items()
            for letter in letters
        ]
        answering(session, "ec2.DescribeInstanceTypeOfferings", {"InstanceTypeOfferings": offers})
        types: JsonValue = {"instance_types": ["m7i.xlarge", "m6i.xlarge"]}
        same: JsonValue = {"cpu": {"instance_types": ["m7i.xlarge", "m6i.xlarge"]}, "gpu": None}
        two = variation(vanilla, {"cluster": {"system_nodes": types, "node_pools": same}})

        found = troubles(check_offers(two, aws))

        assert found.get("Types of system nodes", (None,))[0] is severity
        # A pool takes what is there.
        missing = [each for each in ("m7i.xlarge", "m6i.xlarge") if each not in offered]
        assert ("Types of pool cpu" in found) is bool(missing)

    def test_a_type_that_no_zone_offers_is_a_warning_of_its_pool(
        self, aws: Aws, vanilla: Deployment
    ) -> None:
        pool: JsonValue = {"gpu": {"instance_types": ["p5.48xlarge", "g6.99xlarge"]}}
        odd = variation(vanilla, {"cluster": {"node_pools": pool, **described("g6.99xlarge")}})

        severity, found, fix = troubles(check_offers(odd, aws))["Types of pool gpu"]

        assert severity is Severity.WARNING
        assert "g6.99xlarge" in found
        assert "cluster.node_pools.gpu.instance_types" in fix


class TestDescriptions:
    """What the file says of instance types that the project does not know."""

    @pytest.fixture
    def newer(self, vanilla: Deployment) -> Deployment:
        pool: JsonValue = {"gpu": {"instance_types": ["g99.2xlarge"]}}
        return variation(vanilla, {"cluster": {"node_pools": pool, **described("g99.2xlarge")}})

    def known(self, session: boto3.Session, *, vcpus: int = 8) -> None:
        """Let EC2 have made the type meanwhile."""
        ec2 = session.client("ec2")
        [like] = ec2.describe_instance_types(InstanceTypes=["g6.2xlarge"])["InstanceTypes"]
        made = like | {"InstanceType": "g99.2xlarge", "VCpuInfo": {"DefaultVCpus": vcpus}}
        answering(session, "ec2.DescribeInstanceTypes", {"InstanceTypes": [made]})

    def test_what_ec2_says_too_passes(
        self, session: boto3.Session, aws: Aws, newer: Deployment
    ) -> None:
        self.known(session)

        [check] = check_descriptions(newer.cluster, aws)

        assert (check.name, check.works) == ("Description of g99.2xlarge", True)

    def test_what_ec2_says_otherwise_is_a_failure(
        self, session: boto3.Session, aws: Aws, newer: Deployment
    ) -> None:
        self.known(session, vcpus=12)

        [found] = troubles(check_descriptions(newer.cluster, aws)).values()

        assert found == (
            Severity.FAILURE,
            "EC2 says: vcpus is 12, not 8",
            "correct cluster.unlisted_instance_types.g99.2xlarge",
        )

    def test_a_type_that_ec2_does_not_know_is_a_failure(self, aws: Aws, newer: Deployment) -> None:
        severity, found, fix = troubles(check_offers(newer, aws))["Description of g99.2xlarge"]

        assert severity is Severity.FAILURE
        assert found == "EC2 knows no such type in us-west-2"
        assert fix.startswith("correct its name in cluster.unlisted_instance_types")

    def test_credentials_that_may_not_ask_are_no_failure(
        self, session: boto3.Session, aws: Aws, newer: Deployment
    ) -> None:
        denying(session, "ec2.DescribeInstanceTypes", "UnauthorizedOperation")

        severity, found, _ = troubles(check_offers(newer, aws))["Description of g99.2xlarge"]

        assert severity is Severity.UNSEEN
        assert "ec2:DescribeInstanceTypes" in found


class TestDatabase:
    """What RDS sells."""

    @pytest.fixture
    def rds(self, vanilla: Deployment) -> Deployment:
        return variation(vanilla, {"preset": "rds-only"})

    def sold(
        self, session: boto3.Session, *, orderable: bool, versions: tuple[str, ...] = ()
    ) -> None:
        options = [{"EngineVersion": "8.4.8"}] if orderable else []
        answering(
            session,
            "rds.DescribeOrderableDBInstanceOptions",
            {"OrderableDBInstanceOptions": options},
        )
        listed = [{"EngineVersion": version} for version in versions]
        answering(session, "rds.DescribeDBEngineVersions", {"DBEngineVersions": listed})

    def test_what_rds_sells_passes(self, session: boto3.Session, aws: Aws, rds: Deployment) -> None:
        self.sold(session, orderable=True)

        assert troubles(check_offers(rds, aws)) == {}

    def test_a_version_that_rds_sells_no_more_is_a_failure(
        self, session: boto3.Session, aws: Aws, rds: Deployment
    ) -> None:
        self.sold(session, orderable=False, versions=("8.4.9", "8.4.10"))

        severity, _, fix = troubles(check_offers(rds, aws))["Database"]

        assert severity is Severity.FAILURE
        assert fix == "set rds.engine_version to one of 8.4.9, 8.4.10"

    def test_a_class_that_rds_does_not_sell_is_a_failure(
        self, session: boto3.Session, aws: Aws, rds: Deployment
    ) -> None:
        self.sold(session, orderable=False, versions=("8.4.8",))

        severity, found, _ = troubles(check_offers(rds, aws))["Database"]

        assert severity is Severity.FAILURE
        assert found == "RDS does not offer db.t4g.medium with MySQL 8.4.8 in us-west-2"

    def restored(self, session: boto3.Session, deployment: Deployment, **rds: str) -> Deployment:
        snapshots = [{"DBSnapshotIdentifier": "last", "EngineVersion": "8.4.10"}]
        answering(session, "rds.DescribeDBSnapshots", {"DBSnapshots": snapshots})
        return variation(deployment, {"rds": {"snapshot": "last", **rds}})

    @pytest.mark.parametrize("given", [{}, {"engine_version": "8.4.11"}], ids=["its own", "newer"])
    def test_a_snapshot_passes(
        self, given: dict[str, str], session: boto3.Session, aws: Aws, rds: Deployment
    ) -> None:
        self.sold(session, orderable=True)

        [check] = [
            each
            for each in check_offers(self.restored(session, rds, **given), aws)
            if each.name == "Database"
        ]

        assert check.works
        assert check.found == f"MySQL {given.get('engine_version', '8.4.10')} on db.t4g.medium"

    def test_a_version_before_the_snapshots_is_a_failure(
        self, session: boto3.Session, aws: Aws, rds: Deployment
    ) -> None:
        self.sold(session, orderable=True)
        deployment = self.restored(session, rds, engine_version="8.4.9")

        severity, found, fix = troubles(check_offers(deployment, aws))["Database"]

        assert severity is Severity.FAILURE
        assert found.startswith("the snapshot last is of MySQL 8.4.10")
        assert fix == "leave rds.engine_version out, or set it to 8.4.10 or a newer one"


class TestExisting:
    """A VPC and a cluster that somebody else owns."""

    @pytest.fixture
    def network(self, session: boto3.Session) -> dict[str, JsonValue]:
        """The account's default VPC, as a deployment file names it."""
        subnets = session.client("ec2").describe_subnets()["Subnets"]
        by_zone = {subnet["AvailabilityZone"]: subnet for subnet in subnets}
        zones = ["us-west-2a", "us-west-2b"]
        return {
            "vpc_id": subnets[0]["VpcId"],
            "availability_zones": list(zones),
            "private_subnet_ids": [by_zone[zone]["SubnetId"] for zone in zones],
        }

    def in_network(self, deployment: Deployment, network: Mapping[str, JsonValue]) -> Deployment:
        return variation(deployment, {"network": {"existing": dict(network)}})

    def test_what_is_as_the_file_says_passes(
        self, aws: Aws, vanilla: Deployment, network: dict[str, JsonValue]
    ) -> None:
        checks = list(check_existing(self.in_network(vanilla, network), aws))

        assert troubles(checks) == {}
        assert [check.name for check in checks] == ["VPC", "Private subnets"]

    def test_a_vpc_of_our_own_is_not_looked_for(self, aws: Aws, vanilla: Deployment) -> None:
        assert list(check_existing(vanilla, aws)) == []

    def test_what_is_not_there_is_a_failure(self, aws: Aws, vanilla: Deployment) -> None:
        public: JsonValue = ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
        nowhere = VPC | {"public_subnet_ids": public}

        found = troubles(check_existing(self.in_network(vanilla, nowhere), aws))

        assert {name: severity for name, (severity, _, _) in found.items()} == {
            "VPC": Severity.FAILURE,
            "Private subnets": Severity.FAILURE,
            "Public subnets": Severity.FAILURE,
        }

    def test_subnets_in_other_zones_are_a_failure(
        self, aws: Aws, vanilla: Deployment, network: dict[str, JsonValue]
    ) -> None:
        network["availability_zones"] = ["us-west-2b", "us-west-2a"]

        severity, found, fix = troubles(check_existing(self.in_network(vanilla, network), aws))[
            "Private subnets"
        ]

        assert severity is Severity.FAILURE
        assert "is in us-west-2a, not in us-west-2b" in found
        assert "network.existing.private_subnet_ids" in fix

    def test_subnets_of_another_vpc_are_a_failure(
        self,
        session: boto3.Session,
        aws: Aws,
        vanilla: Deployment,
        network: dict[str, JsonValue],
    ) -> None:
        vpc = session.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]

        _, found, _ = troubles(
            check_existing(self.in_network(vanilla, network | {"vpc_id": vpc}), aws)
        )["Private subnets"]

        assert f"not in {vpc}" in found

    @pytest.mark.parametrize(
        ("changes", "trouble"),
        [
            ({}, None),
            ({"name": "nowhere"}, "us-west-2 has no cluster nowhere"),
            ({"security_group_id": "sg-0123456789abcdef0"}, "cluster.existing.security_group_id"),
            (
                {"oidc_issuer": "https://oidc.eks.us-west-2.amazonaws.com/id/ABC"},
                "cluster.existing.oidc_issuer",
            ),
            ({"kubernetes_version": "1.34"}, "has 1.35, but cluster.kubernetes_version is 1.34"),
            ({"status": "UPDATING"}, "theirs is UPDATING"),
        ],
    )
    def test_a_cluster_must_be_as_the_file_says(
        self,
        changes: dict[str, str],
        trouble: str | None,
        session: boto3.Session,
        aws: Aws,
        vanilla: Deployment,
        network: dict[str, JsonValue],
    ) -> None:
        said: dict[str, str] = {"name": "theirs", "security_group_id": "sg-0fedcba9876543210"}
        version = changes.get("kubernetes_version", "1.35")
        existing: dict[str, JsonValue] = {
            key: value
            for key, value in (said | changes).items()
            if key not in {"kubernetes_version", "status"}
        }
        if changes.get("name") != "nowhere":
            described = {
                "status": changes.get("status", "ACTIVE"),
                "version": "1.35",
                "resourcesVpcConfig": {
                    "clusterSecurityGroupId": "sg-0fedcba9876543210",
                    "vpcId": network["vpc_id"],
                },
                "identity": {"oidc": {"issuer": "https://oidc.example.com/id/DEF"}},
            }
            answering(session, "eks.DescribeCluster", {"cluster": described})
        theirs = variation(
            vanilla,
            {
                "network": {"existing": dict(network)},
                "cluster": {"existing": existing, "kubernetes_version": version},
            },
        )

        found = troubles(check_existing(theirs, aws))

        if trouble is None:
            assert found == {}
        else:
            assert found["Cluster"][0] is Severity.FAILURE
            assert trouble in found["Cluster"][1]
