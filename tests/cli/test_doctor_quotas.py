"""What the doctor says of the account's quotas."""

from __future__ import annotations

import boto3
import pytest

from kubeflow_aws.catalog.instance_types import instance_table
from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.instances import needs_of, quota_of
from kubeflow_aws.cli.doctor.quotas import ROLES, check_quotas
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.node_pools import Capacity
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.conftest import Quotas
from tests.cli.doctor_answers import answering, denying, troubles
from tests.support.assembly import Assembly
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, variation

SIZES = instance_table().instance_types


@pytest.mark.usefixtures("quotas")
def test_large_quotas_have_room(aws: Aws, data_plane: Deployment) -> None:
    checks = list(check_quotas(data_plane, aws, ()))

    assert troubles(checks) == {}
    assert len(checks) == 15


def test_quotas_without_room_are_named(aws: Aws, quotas: Quotas, data_plane: Deployment) -> None:
    quotas.others = 0

    found = troubles(check_quotas(data_plane, aws, ()))

    assert {name: (severity, code_in(fix)) for name, (severity, _, fix) in found.items()} == {
        "VPCs": (Severity.FAILURE, "L-F678F1CE"),
        "Elastic IP addresses": (Severity.FAILURE, "L-0263D0A3"),
        "NAT gateways in one zone": (Severity.FAILURE, "L-FE5A380F"),
        "EKS clusters": (Severity.FAILURE, "L-1194D53C"),
        "RDS instances": (Severity.FAILURE, "L-7B6409FD"),
        "EFS file systems": (Severity.FAILURE, "L-848C634D"),
        "FSx for Lustre PERSISTENT_2": (Severity.FAILURE, "L-FD6F2F22"),
        "GiB of FSx for Lustre PERSISTENT_2": (Severity.FAILURE, "L-8F1B9C74"),
        "Application Load Balancers": (Severity.FAILURE, "L-53DA6B97"),
        "Lambda executions at once": (Severity.FAILURE, "L-B99A9384"),
        "Cognito user pools": (Severity.FAILURE, "L-66E6DF30"),
        "On-demand vCPUs of Standard types": (Severity.FAILURE, "L-1216C47A"),
        "Spot vCPUs of G and VT": (Severity.WARNING, "L-3819A6DF"),
        "On-demand vCPUs of Inf": (Severity.WARNING, "L-1945791B"),
    }


def code_in(fix: str) -> str:
    """The quota that a command raises in the deployment's region."""
    words = fix.partition(";")[0].split()
    assert words[-2:] == ["--region", "us-west-2"]
    return words[words.index("--quota-code") + 1]


def test_what_is_in_use_counts(
    session: boto3.Session, aws: Aws, quotas: Quotas, vanilla: Deployment
) -> None:
    session.client("ec2").create_vpc(CidrBlock="10.1.0.0/16")
    quotas.values["L-F678F1CE"] = 2

    _, found, fix = troubles(check_quotas(vanilla, aws, ()))["VPCs"]

    assert found == "1 needed; 0 free (2 of 2 in use)"
    assert "--desired-value 3 " in fix


def test_production_needs_an_address_a_zone(
    aws: Aws, quotas: Quotas, production_deployment: Deployment, data_plane: Deployment
) -> None:
    quotas.values["L-0263D0A3"] = 2

    assert "Elastic IP addresses" in troubles(check_quotas(production_deployment, aws, ()))
    assert "Elastic IP addresses" not in troubles(check_quotas(data_plane, aws, ()))


@pytest.mark.parametrize(("zone", "is_full"), [("us-west-2a", True), ("us-west-2d", False)])
def test_nat_gateways_count_in_the_zones_of_ours(
    zone: str,
    is_full: bool,
    session: boto3.Session,
    aws: Aws,
    quotas: Quotas,
    vanilla: Deployment,
) -> None:
    quotas.values["L-FE5A380F"] = 2
    ec2 = session.client("ec2")
    in_zone = [{"Name": "availability-zone", "Values": [zone]}]
    [subnet] = ec2.describe_subnets(Filters=in_zone)["Subnets"]
    for _ in range(2):
        ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], ConnectivityType="private")

    found = troubles(check_quotas(vanilla, aws, ()))

    assert ("NAT gateways in one zone" in found) is is_full


def test_a_quota_that_the_account_has_not_changed_is_the_default(
    session: boto3.Session, aws: Aws, quotas: Quotas, vanilla: Deployment
) -> None:
    quotas.values["L-1194D53C"] = None
    answering(session, "service-quotas.GetAWSDefaultServiceQuota", {"Quota": {"Value": 0.0}})

    assert list(troubles(check_quotas(vanilla, aws, ()))) == ["EKS clusters"]


@pytest.mark.usefixtures("quotas")
def test_a_refusal_hides_one_quota_only(
    session: boto3.Session, aws: Aws, vanilla: Deployment
) -> None:
    denying(session, "ec2.DescribeAddresses", code="UnauthorizedOperation")

    found = troubles(check_quotas(vanilla, aws, ()))

    assert list(found) == ["Elastic IP addresses"]
    assert found["Elastic IP addresses"][0] is Severity.UNSEEN
    assert found["Elastic IP addresses"][2].startswith("allow ec2:DescribeAddresses;")


def test_what_is_deployed_needs_nothing_more(
    aws: Aws, quotas: Quotas, data_plane: Deployment
) -> None:
    quotas.values |= dict.fromkeys(
        ("L-F678F1CE", "L-0263D0A3", "L-FE5A380F", "L-1194D53C", "L-7B6409FD"), 0
    )

    assert troubles(check_quotas(data_plane, aws, {"Network", "Cluster", "Data"})) == {}


@pytest.mark.usefixtures("quotas")
def test_what_others_own_takes_no_quota(aws: Aws, vanilla: Deployment) -> None:
    theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})

    # The platform is applied by functions there, too.
    assert [check.name for check in check_quotas(theirs, aws, ())] == [
        "Lambda executions at once",
        "IAM roles",
    ]


class TestExecutions:
    """Lambda functions that run at once."""

    def test_those_of_a_new_account_are_enough(
        self, aws: Aws, quotas: Quotas, vanilla: Deployment
    ) -> None:
        quotas.values["L-B99A9384"] = 10
        for name in ("ConcurrentExecutions", "UnreservedConcurrentExecutions"):
            quotas.executions[name] = 10

        assert "Lambda executions at once" not in troubles(check_quotas(vanilla, aws, ()))

    def test_fewer_are_too_few(self, aws: Aws, quotas: Quotas, vanilla: Deployment) -> None:
        quotas.values["L-B99A9384"] = 9

        severity, found, fix = troubles(check_quotas(vanilla, aws, ()))["Lambda executions at once"]

        assert severity is Severity.FAILURE
        assert found == "10 needed; 9 free (0 of 9 in use)"
        assert "--service-code lambda --quota-code L-B99A9384 --desired-value 10 " in fix

    def test_what_functions_reserve_is_not_free(
        self, aws: Aws, quotas: Quotas, vanilla: Deployment
    ) -> None:
        quotas.values["L-B99A9384"] = 1000
        quotas.executions["UnreservedConcurrentExecutions"] = 5

        trouble = troubles(check_quotas(vanilla, aws, ()))

        assert trouble["Lambda executions at once"][1].startswith("10 needed; 5 free (995 of 1000")

    def test_a_platform_that_is_there_needs_no_room(
        self, aws: Aws, quotas: Quotas, vanilla: Deployment
    ) -> None:
        quotas.values["L-B99A9384"] = 9

        assert troubles(check_quotas(vanilla, aws, {"Platform"})) == {}


class TestRoles:
    """IAM tells its own quota."""

    @pytest.mark.usefixtures("quotas")
    def test_too_few_roles_are_a_failure_of_the_home_region(
        self, session: boto3.Session, vanilla: Deployment
    ) -> None:
        summary = {"SummaryMap": {"Roles": 990, "RolesQuota": 1000}}
        answering(session, "iam.GetAccountSummary", summary)
        west = Aws(session, "eu-west-1")

        trouble = troubles(check_quotas(variation(vanilla, {"region": "eu-west-1"}), west, ()))

        assert trouble["IAM roles"][0] is Severity.FAILURE
        assert trouble["IAM roles"][2].endswith("--region us-east-1")

    def test_no_deployment_has_more_roles(self, production_assembly: Assembly) -> None:
        templates = [
            file.read_text(encoding="utf-8")
            for file in production_assembly.folder.glob("*.template.json")
        ]

        assert 0 < sum(text.count('"Type": "AWS::IAM::Role"') for text in templates) <= ROLES


class TestNodes:
    """vCPUs of instances."""

    @pytest.mark.parametrize(
        ("instance_type", "capacity", "code"),
        [
            ("m7i.xlarge", Capacity.ON_DEMAND, "L-1216C47A"),
            ("im4gn.large", Capacity.ON_DEMAND, "L-1216C47A"),
            ("t3.medium", Capacity.SPOT, "L-34B43A08"),
            ("g6e.xlarge", Capacity.ON_DEMAND, "L-DB2E81BA"),
            ("g4dn.xlarge", Capacity.SPOT, "L-3819A6DF"),
            ("p5en.48xlarge", Capacity.ON_DEMAND, "L-417A185B"),
            ("p5en.48xlarge", Capacity.SPOT, "L-C4BD4855"),
            ("p4d.24xlarge", Capacity.SPOT, "L-7212CCBC"),
            ("inf2.xlarge", Capacity.ON_DEMAND, "L-1945791B"),
            ("trn1n.32xlarge", Capacity.ON_DEMAND, "L-2C3B7624"),
            ("trn1.2xlarge", Capacity.SPOT, "L-6B0D517C"),
            ("x2idn.16xlarge", Capacity.ON_DEMAND, "L-7295265B"),
        ],
    )
    def test_a_type_counts_in_the_quota_of_its_family(
        self, instance_type: str, capacity: Capacity, code: str
    ) -> None:
        quota = quota_of(instance_type, capacity)

        assert quota is not None
        assert quota.code == code

    @pytest.mark.parametrize(
        ("instance_type", "capacity"),
        [
            ("hpc7a.12xlarge", Capacity.ON_DEMAND),
            ("u-6tb1.metal", Capacity.ON_DEMAND),
            ("p6-b200.48xlarge", Capacity.SPOT),
        ],
    )
    def test_a_quota_that_is_not_known_is_not_guessed(
        self, instance_type: str, capacity: Capacity
    ) -> None:
        assert quota_of(instance_type, capacity) is None

    def test_system_nodes_come_at_once_and_pools_later(self, vanilla: Deployment) -> None:
        needs = {quota.code: need for quota, need in needs_of(vanilla, SIZES).by_quota.items()}

        assert needs["L-1216C47A"].at_once == 3 * 4
        assert needs["L-1216C47A"].at_most == 6 * 4 + 128
        assert needs["L-DB2E81BA"].at_once == 0
        assert needs["L-DB2E81BA"].at_most == 8 * 4

    def test_production_starts_with_a_node_more(self, production_deployment: Deployment) -> None:
        needs = needs_of(production_deployment, SIZES)

        assert {q.code: need for q, need in needs.by_quota.items()}["L-1216C47A"].at_once == 4 * 4

    def test_a_pool_takes_what_needs_fewest_vcpus(self, vanilla: Deployment) -> None:
        gpus: JsonValue = {"instance_types": ["p5.48xlarge"], "max_devices": 20}
        large = variation(vanilla, {"cluster": {"node_pools": {"gpu": gpus}}})

        needs = {quota.code: need for quota, need in needs_of(large, SIZES).by_quota.items()}

        assert needs["L-417A185B"].at_most == 3 * 192

    def test_a_type_of_unknown_quota_is_named(self, vanilla: Deployment) -> None:
        odd = variation(
            vanilla, {"cluster": {"system_nodes": {"instance_types": ["hpc7a.12xlarge"]}}}
        )

        assert needs_of(odd, SIZES).unknown == ["hpc7a.12xlarge"]

    def test_room_for_the_start_but_not_for_the_limits_is_a_warning(
        self, aws: Aws, quotas: Quotas, vanilla: Deployment
    ) -> None:
        quotas.values["L-1216C47A"] = 64

        [(severity, found, fix)] = troubles(check_quotas(vanilla, aws, ())).values()

        assert severity is Severity.WARNING
        assert found == (
            "12 needed, up to 152 with its nodes at their limits; 64 free (0 of 64 in use)"
        )
        assert "or lower cluster.system_nodes.max_size or cluster.node_pools.cpu.max_cpus" in fix

    @pytest.mark.parametrize(("cluster", "is_full"), [("theirs", True), ("kubeflow", False)])
    def test_nodes_of_this_cluster_do_not_count_twice(
        self,
        cluster: str,
        is_full: bool,
        session: boto3.Session,
        aws: Aws,
        quotas: Quotas,
        vanilla: Deployment,
    ) -> None:
        quotas.values["L-1216C47A"] = 160
        ec2 = session.client("ec2")
        tags = [{"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}]
        ec2.run_instances(
            ImageId=ec2.describe_images()["Images"][0]["ImageId"],
            InstanceType="m7i.4xlarge",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )

        found = troubles(check_quotas(vanilla, aws, ()))

        assert ("On-demand vCPUs of Standard types" in found) is is_full
