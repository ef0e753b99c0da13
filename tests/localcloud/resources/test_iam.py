"""Identities have the policies of their templates."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import Resource
from tests.localcloud.resources.stack import Stack

ROLE = "AWS::IAM::Role"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
EKS_CNI = "arn:aws:iam::aws:policy/AmazonEKS_CNI_Policy"


def trust(service: str = "lambda") -> dict[str, Any]:
    principal = {"Service": f"{service}.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    return {"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def allow(action: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def embedded(name: str, action: str) -> dict[str, Any]:
    return {"PolicyName": name, "PolicyDocument": allow(action)}


def attached(stack: Stack, role: Resource) -> set[str]:
    answer = stack.client("iam").list_attached_role_policies(RoleName=role.physical_id)
    return {policy["PolicyArn"] for policy in answer["AttachedPolicies"]}


def actions(stack: Stack, role: Resource) -> dict[str, str]:
    client, name = stack.client("iam"), role.physical_id
    return {
        policy: client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"][
            "Statement"
        ][0]["Action"]
        for policy in client.list_role_policies(RoleName=name)["PolicyNames"]
    }


def test_a_role_has_its_managed_and_its_own_policies(stack: Stack) -> None:
    old = {
        **trust(),
        "ManagedPolicyArns": [READ_ONLY, EKS_CNI],
        "Policies": [embedded("one", "s3:*"), embedded("two", "sqs:*")],
    }
    role = stack.create(ROLE, **old)
    assert attached(stack, role) == {READ_ONLY, EKS_CNI}
    assert actions(stack, role) == {"one": "s3:*", "two": "sqs:*"}
    new = {**trust(), "ManagedPolicyArns": [EKS_CNI, ADMIN], "Policies": [embedded("one", "ec2:*")]}
    stack.update(ROLE, role, old, **new)
    assert attached(stack, role) == {EKS_CNI, ADMIN}
    assert actions(stack, role) == {"one": "ec2:*"}
    stack.delete(ROLE, role, **new)
    stack.delete(ROLE, role, **new)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stack.client("iam").get_role(RoleName=role.physical_id)


def test_a_role_changes_its_trust_description_boundary_and_tags(stack: Stack) -> None:
    old = {**trust(), "PermissionsBoundary": READ_ONLY, "Tags": [{"Key": "a", "Value": "b"}]}
    role = stack.create(ROLE, **old)

    def shown() -> Any:
        return stack.client("iam").get_role(RoleName=role.physical_id)["Role"]

    assert shown()["PermissionsBoundary"]["PermissionsBoundaryArn"] == READ_ONLY
    assert shown()["Tags"] == [{"Key": "a", "Value": "b"}]
    stack.update(
        ROLE, role, old, **trust("ec2"), Description="For instances", MaxSessionDuration="7200"
    )
    now = shown()
    assert "PermissionsBoundary" not in now
    assert (now["Description"], now["MaxSessionDuration"]) == ("For instances", 7200)
    assert not now.get("Tags")
    statement = now["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}


def test_a_role_that_another_attached_a_policy_to_stays(stack: Stack) -> None:
    role = stack.create(ROLE, **trust())
    stack.client("iam").attach_role_policy(RoleName=role.physical_id, PolicyArn=ADMIN)
    with pytest.raises(ClientError, match="must detach all policies first"):
        stack.delete(ROLE, role, **trust())


def test_a_failed_creation_leaves_a_role_to_delete(stack: Stack) -> None:
    properties = {**trust(), "ManagedPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]}
    with pytest.raises(Exception, match="NoSuchPolicy") as caught:
        stack.create(ROLE, **properties)
    left = getattr(caught.value, "left", None)
    assert left is not None
    stack.delete(ROLE, left, **properties)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        stack.client("iam").get_role(RoleName=left.physical_id)


def test_a_policy_follows_its_roles_and_its_name(stack: Stack) -> None:
    one, two = (stack.create(ROLE, **trust()) for _ in range(2))
    old = {**embedded("access", "s3:*"), "Roles": [one.physical_id]}
    policy = stack.create("AWS::IAM::Policy", **old)
    assert actions(stack, one) == {"access": "s3:*"}
    moved = {**embedded("access", "sqs:*"), "Roles": [two.physical_id]}
    stack.update("AWS::IAM::Policy", policy, old, **moved)
    assert (actions(stack, one), actions(stack, two)) == ({}, {"access": "sqs:*"})
    renamed = {**moved, "PolicyName": "other"}
    stack.update("AWS::IAM::Policy", policy, moved, **renamed)
    assert actions(stack, two) == {"other": "sqs:*"}
    stack.delete("AWS::IAM::Policy", policy, **renamed)
    assert actions(stack, two) == {}


def test_a_managed_policy_keeps_five_versions_and_leaves_none(stack: Stack) -> None:
    kind, role = "AWS::IAM::ManagedPolicy", stack.create(ROLE, **trust())
    old: dict[str, Any] = {"PolicyDocument": allow("s3:*"), "Roles": [role.physical_id]}
    policy = stack.create(kind, **old)
    assert attached(stack, role) == {policy.physical_id}
    for number in range(6):
        new = {"PolicyDocument": allow(f"s3:Get{number}"), "Roles": [role.physical_id]}
        stack.update(kind, policy, old, **new)
        old = new
    client = stack.client("iam")
    versions = client.list_policy_versions(PolicyArn=policy.physical_id)["Versions"]
    assert len(versions) == 5
    default = client.get_policy(PolicyArn=policy.physical_id)["Policy"]["DefaultVersionId"]
    assert default == "v7"
    stack.delete(kind, policy, **old)
    stack.delete(kind, policy, **old)
    assert attached(stack, role) == set()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client.get_policy(PolicyArn=policy.physical_id)


def test_an_instance_profile_changes_its_role(stack: Stack) -> None:
    kind = "AWS::IAM::InstanceProfile"
    one, two = (stack.create(ROLE, **trust("ec2")).physical_id for _ in range(2))
    profile = stack.create(kind, Roles=[one])
    stack.update(kind, profile, {"Roles": [one]}, Roles=[two])
    client = stack.client("iam")
    shown = client.get_instance_profile(InstanceProfileName=profile.physical_id)
    assert [role["RoleName"] for role in shown["InstanceProfile"]["Roles"]] == [two]
    stack.delete(kind, profile, Roles=[two])
    stack.delete(kind, profile, Roles=[two])
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client.get_instance_profile(InstanceProfileName=profile.physical_id)


def test_an_identity_provider_has_its_audience_and_changes_its_tags(stack: Stack) -> None:
    kind = "AWS::IAM::OIDCProvider"
    fixed = {"Url": "https://oidc.example.com/id/1", "ClientIdList": ["sts.amazonaws.com"]}
    provider = stack.create(kind, **fixed)
    stack.update(kind, provider, fixed, **fixed, Tags=[{"Key": "a", "Value": "b"}])
    client = stack.client("iam")
    shown = client.get_open_id_connect_provider(OpenIDConnectProviderArn=provider.physical_id)
    assert shown["ClientIDList"] == ["sts.amazonaws.com"]
    assert shown["Tags"] == [{"Key": "a", "Value": "b"}]
    stack.delete(kind, provider, **fixed)
    stack.delete(kind, provider, **fixed)
    everything = client.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert provider.physical_id not in [item["Arn"] for item in everything]
