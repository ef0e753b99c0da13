"""What the smoke check says of a platform that works, and of one that does not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import boto3
import pytest
from botocore.exceptions import NoCredentialsError
from moto.secretsmanager.models import FakeSecret, secretsmanager_backends

from kubeflow_aws.cli.checks.check import Check
from kubeflow_aws.cli.main import main
from kubeflow_aws.cli.smoke import command
from kubeflow_aws.cli.smoke.aws import check_aws
from kubeflow_aws.cli.smoke.front_door import Answer, check_front_door
from kubeflow_aws.deployment import Deployment
from tests.support.assembly import ACCOUNT
from tests.support.deployments import variation

SIGN_IN = "https://platform-example-com.auth.us-west-2.amazoncognito.com/oauth2/authorize?x=1"
SUBNETS = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
EMPTY = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


@pytest.fixture
def deployed(session: boto3.Session, cognito: Deployment) -> boto3.Session:
    """A platform with stacks, a cluster and a load balancer whose targets are healthy."""
    formation = session.client("cloudformation")
    for name in ("Network", "Cluster", "Domain", "Identity", "Platform", "Monitoring"):
        formation.create_stack(StackName=f"Kubeflow{name}", TemplateBody=EMPTY)
    session.client("eks").create_cluster(
        name="kubeflow",
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": SUBNETS},
    )
    ec2 = session.client("ec2")
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    balancers = session.client("elbv2")
    [balancer] = balancers.create_load_balancer(
        Name="k8s-kubeflow",
        Subnets=subnets,
        Tags=[
            {"Key": "elbv2.k8s.aws/cluster", "Value": cognito.cluster_name},
            {"Key": "ingress.k8s.aws/stack", "Value": "kubeflow"},
        ],
    )["LoadBalancers"]
    [group] = balancers.create_target_group(
        Name="gateway", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"
    )["TargetGroups"]
    balancers.register_targets(
        TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.0.10", "Port": 8080}]
    )
    balancers.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    return session


def wrong(checks: Iterator[Check]) -> dict[str, str]:
    return {check.name: check.found for check in checks if not check.works}


def test_a_platform_that_works_passes(deployed: boto3.Session, cognito: Deployment) -> None:
    assert wrong(check_aws(cognito, deployed)) == {}


def test_a_stack_that_is_not_there_is_named(deployed: boto3.Session, cognito: Deployment) -> None:
    deployed.client("cloudformation").delete_stack(StackName="KubeflowPlatform")

    assert wrong(check_aws(cognito, deployed)) == {"Stacks": "Platform is not there"}


def test_stacks_of_another_deployment_do_not_count(
    deployed: boto3.Session, cognito: Deployment
) -> None:
    other = variation(cognito, {"name": "kube"})

    assert "Stacks" in wrong(check_aws(other, _with_cluster(deployed, "kube")))


def _with_cluster(session: boto3.Session, name: str) -> boto3.Session:
    session.client("eks").create_cluster(
        name=name,
        roleArn="arn:aws:iam::123456789012:role/cluster",
        resourcesVpcConfig={"subnetIds": SUBNETS},
    )
    return session


def test_gateways_that_nobody_registered_are_a_fault(
    deployed: boto3.Session, cognito: Deployment
) -> None:
    balancers = deployed.client("elbv2")
    [group] = balancers.describe_target_groups()["TargetGroups"]
    balancers.deregister_targets(
        TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.0.10", "Port": 8080}]
    )

    assert "Gateways behind the load balancer" in wrong(check_aws(cognito, deployed))


def test_a_load_balancer_of_a_user_says_nothing_of_the_platform(
    deployed: boto3.Session, cognito: Deployment
) -> None:
    balancers, ec2 = deployed.client("elbv2"), deployed.client("ec2")
    [theirs] = balancers.create_load_balancer(
        Name="theirs",
        Type="network",
        Subnets=[ec2.describe_subnets()["Subnets"][0]["SubnetId"]],
        Tags=[
            {"Key": "elbv2.k8s.aws/cluster", "Value": cognito.cluster_name},
            {"Key": "service.k8s.aws/stack", "Value": "alice/service"},
        ],
    )["LoadBalancers"]
    [group] = balancers.create_target_group(
        Name="theirs", Protocol="TCP", Port=80, VpcId=theirs["VpcId"], TargetType="ip"
    )["TargetGroups"]
    balancers.register_targets(
        TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.0.11", "Port": 80}]
    )
    balancers.deregister_targets(
        TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": "10.0.0.11", "Port": 80}]
    )

    assert wrong(check_aws(cognito, deployed)) == {}


def test_an_alarm_that_has_gone_off_is_named(deployed: boto3.Session, cognito: Deployment) -> None:
    watch = deployed.client("cloudwatch")
    states = {
        "KubeflowMonitoring-Nodes": "ALARM",
        "KubeflowMonitoring-Disk": "OK",
        "TheirMonitoring-Disk": "ALARM",
    }
    for name, state in states.items():
        watch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            Threshold=1,
            MetricName="m",
            Namespace="n",
            Period=60,
            Statistic="Sum",
        )
        watch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="test")

    assert wrong(check_aws(cognito, deployed)) == {"Alarms": "KubeflowMonitoring-Nodes"}


SECRETS = ("kubeflow/database/pipelines", "kubeflow/database/katib")


@pytest.fixture
def with_credentials(deployed: boto3.Session) -> boto3.Session:
    """The platform with secrets for RDS."""
    for name in SECRETS:
        deployed.client("secretsmanager").create_secret(Name=name, SecretString="{}")
    return deployed


def test_credentials_that_rotate_in_time_pass(
    with_credentials: boto3.Session, cognito: Deployment
) -> None:
    on_rds = variation(cognito, {"preset": "cognito-rds-only"})

    found = [check for check in check_aws(on_rds, with_credentials) if "Rotation" in check.name]

    assert [(check.works, check.found) for check in found] == [(True, "none is late")]


def test_a_rotation_that_does_not_end_is_a_fault(
    with_credentials: boto3.Session, cognito: Deployment
) -> None:
    on_rds = variation(cognito, {"preset": "cognito-rds-only"})
    with_credentials.client("secretsmanager").put_secret_value(
        SecretId=SECRETS[1], SecretString="{}", VersionStages=["AWSPENDING"]
    )

    assert wrong(check_aws(on_rds, with_credentials)) == {
        "Rotation of database credentials": f"a rotation of {SECRETS[1]} has not ended"
    }


@pytest.mark.parametrize(("days", "late"), [(-1, True), (1, False)])
def test_a_rotation_that_is_late_is_a_fault(
    with_credentials: boto3.Session, cognito: Deployment, days: int, late: bool
) -> None:
    on_rds = variation(cognito, {"preset": "cognito-rds-only"})
    due = datetime.now(UTC) + timedelta(days=days)
    secret = secretsmanager_backends[ACCOUNT]["us-west-2"].secrets[SECRETS[0]]
    assert isinstance(secret, FakeSecret)
    secret.next_rotation_date = int(due.timestamp())

    found = wrong(check_aws(on_rds, with_credentials))

    sentence = f"{SECRETS[0]} should have been rotated by {due:%Y-%m-%d}"
    assert found == ({"Rotation of database credentials": sentence} if late else {})


def test_without_rds_nothing_rotates(deployed: boto3.Session, cognito: Deployment) -> None:
    names = [check.name for check in check_aws(cognito, deployed)]

    assert "Rotation of database credentials" not in names


def answering(answers: Mapping[bool, Answer]) -> Any:
    return lambda _, headers: answers[bool(headers)]


def test_who_is_not_signed_in_is_led_to_the_sign_in(cognito: Deployment) -> None:
    redirect = Answer(status=302, location=SIGN_IN)

    checks = list(check_front_door(cognito, answering({False: redirect, True: redirect})))

    assert [check.works for check in checks] == [True, True]


def test_a_forged_user_that_is_let_in_is_a_fault(cognito: Deployment) -> None:
    redirect, entered = Answer(status=302, location=SIGN_IN), Answer(status=200, location="")

    found = wrong(check_front_door(cognito, answering({False: redirect, True: entered})))

    assert found == {
        "Sign-in despite a forged user": "https://kubeflow.platform.example.com answers 200 "
    }


def test_a_platform_that_cannot_be_reached_is_a_fault(cognito: Deployment) -> None:
    def unreachable(host: str, headers: Mapping[str, str]) -> Answer:
        raise OSError(f"{host}: no such name, with {len(headers)} headers")

    assert "no such name" in wrong(check_front_door(cognito, unreachable))["Sign-in"]


def test_nobody_asks_a_platform_without_a_public_address(
    cognito: Deployment, vanilla: Deployment
) -> None:
    internal = variation(cognito, {"ingress": {"internal": True}})

    for deployment in (internal, vanilla):
        assert list(check_front_door(deployment, answering({}))) == []


class TestCommand:
    """`kubeflow-aws smoke`."""

    @pytest.fixture(params=[True, False], ids=["works", "does not"])
    def works(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
        found = Check(name="Stacks", works=request.param, found="[4] of them")
        monkeypatch.setattr(command, "check_aws", lambda *_: [found])
        monkeypatch.setattr(command, "session_of", lambda *_: None)
        return bool(request.param)

    def test_it_fails_with_what_does_not_work(
        self, works: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["smoke", "vanilla", "--minutes", "0", "--no-sign-in"])

        [line] = [line for line in capsys.readouterr().out.splitlines() if "Stacks" in line]
        assert ended.value.code == (0 if works else 1)
        assert line.split() == [
            "│",
            "ok" if works else "NO",
            *["│", "Stacks", "│", "[4]", "of", "them", "│"],
        ]

    def test_a_program_is_told_the_same(
        self, works: bool, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["smoke", "vanilla", "--minutes", "0", "--no-sign-in", "--json"])

        said = json.loads(capsys.readouterr().out)
        [told] = said["result"]
        assert ended.value.code == (0 if works else 1)
        assert (told["name"], told["works"], told["found"]) == ("Stacks", works, "[4] of them")
        assert (said["command"], said["ok"]) == ("smoke", works)

    def test_what_aws_refuses_is_a_sentence(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object) -> NoReturn:
            raise NoCredentialsError

        monkeypatch.setattr(command, "check_aws", refused)

        with pytest.raises(SystemExit, match=r"^error: there are no AWS credentials; sign in"):
            main(["smoke", "vanilla"])
