"""What a role may not do is refused, as AWS would refuse it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.authorization import ActionAuthenticatorMixin
from moto.server import ThreadedMotoServer

from localcloud.rights import enforce_rights

REGION = "us-west-2"

Role = Callable[[str], Any]
"""Makes a client of a service that acts as the role."""


class Cloud:
    """An emulated AWS in which roles may do what they are allowed."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def client(self, service: str, **credentials: str) -> Any:
        given = credentials or {
            "aws_access_key_id": "testing",
            "aws_secret_access_key": "testing",
        }
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
            **given,
        )

    def role(self, *statements: dict[str, Any], managed: str | None = None) -> tuple[str, Role]:
        """The ARN of a new role, and what acts as it."""
        iam, name = self.client("iam"), f"role-{uuid4().hex}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        if statements:
            document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
        if managed:
            policy = iam.create_policy(PolicyName=name, PolicyDocument=managed)["Policy"]
            iam.attach_role_policy(RoleName=name, PolicyArn=policy["Arn"])
        session = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")
        given = session["Credentials"]

        def acting(service: str) -> Any:
            return self.client(
                service,
                aws_access_key_id=given["AccessKeyId"],
                aws_secret_access_key=given["SecretAccessKey"],
                aws_session_token=given["SessionToken"],
            )

        return arn, acting


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    name = "_authenticate_and_authorize_action"
    monkeypatch.setattr(ActionAuthenticatorMixin, name, getattr(ActionAuthenticatorMixin, name))
    enforce_rights()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield Cloud(f"http://{host}:{port}")
    server.stop()


def allow(actions: str | list[str], resources: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def refused(call: Callable[..., object], **arguments: object) -> bool:
    """Whether a call is refused for want of a right; another mistake is none of that."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"]).startswith("AccessDenied")
    return False


def test_a_role_does_what_it_may_and_no_more(cloud: Cloud) -> None:
    _, acting = cloud.role(allow(["eks:ListClusters", "sqs:List*"]))

    assert not refused(acting("eks").list_clusters)
    assert not refused(acting("sqs").list_queues)
    assert refused(acting("eks").create_cluster, name="a", roleArn="b", resourcesVpcConfig={})
    assert refused(acting("sqs").create_queue, QueueName="a")
    assert refused(acting("ec2").describe_vpcs)
    assert not refused(acting("sts").get_caller_identity)


def test_a_role_without_policies_does_nothing(cloud: Cloud) -> None:
    _, acting = cloud.role()
    assert refused(acting("secretsmanager").list_secrets)


def test_an_attached_policy_counts(cloud: Cloud) -> None:
    document = json.dumps(
        {"Version": "2012-10-17", "Statement": allow("logs:DescribeLogGroups")},
    )
    _, acting = cloud.role(managed=document)
    assert not refused(acting("logs").describe_log_groups)
    assert refused(acting("sns").list_topics)


def test_whoever_has_no_role_does_everything(cloud: Cloud) -> None:
    assert not refused(cloud.client("ec2").describe_vpcs)


def test_a_role_reaches_the_objects_that_it_may(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    mine, theirs = (uuid4().hex for _ in range(2))
    for bucket in (mine, theirs):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=bucket, Key="a/one", Body=b"x")
    _, acting = cloud.role(
        allow("s3:GetObject", f"arn:aws:s3:::{mine}/a/*"),
        allow("s3:ListBucket", f"arn:aws:s3:::{mine}"),
    )

    role = acting("s3")
    assert not refused(role.get_object, Bucket=mine, Key="a/one")
    assert not refused(role.list_objects_v2, Bucket=mine)
    assert refused(role.get_object, Bucket=theirs, Key="a/one")
    assert refused(role.put_object, Bucket=mine, Key="a/one", Body=b"y")
    assert refused(role.list_objects_v2, Bucket=theirs)


def test_a_buckets_policy_may_let_a_role_in(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    name = uuid4().hex
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=name, Key="one", Body=b"x")
    arn, acting = cloud.role()
    _, other = cloud.role()
    statement = allow(
        ["s3:List*", "s3:DeleteObject*"], [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    )
    policy = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": {"AWS": arn}}]}
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy))

    assert refused(other("s3").list_object_versions, Bucket=name)
    assert not refused(acting("s3").list_object_versions, Bucket=name)
    assert not refused(
        acting("s3").delete_objects, Bucket=name, Delete={"Objects": [{"Key": "one"}]}
    )
