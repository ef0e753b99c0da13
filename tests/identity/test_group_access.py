"""What AWS would be asked for where a profile names a group, and where none does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubeflow_aws.assembly.stack_graph import outputs_read
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue, key_of
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP
from kubeflow_aws.profiles.contributor_groups import CONTRIBUTORS, GROUP, WRITER
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, Template, resources, synthesize
from tests.support.deployments import variation

CAMPUS: JsonValue = {
    "type": "saml",
    "name": "Campus",
    "metadata_url": "https://idp.campus.example.org/metadata",
    "domains": ["campus.example.org"],
    "verified": True,
    "groups_attribute": "http://schemas.xmlsoap.org/claims/Group",
}
CORPORATE: JsonValue = {
    "type": "oidc",
    "name": "Corporate",
    "issuer": "https://id.example.com",
    "client_id": "oidc-client",
    "client_secret": {"secret": "sign-in", "key": "oidc"},
    "domains": ["example.com"],
    "groups_attribute": "groups",
    "scopes": ["groups"],
}


@pytest.fixture(scope="module")
def with_groups(
    cognito: Deployment, cognito_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    changes: dict[str, JsonValue] = {
        "auth": {
            "users": [{"email": "alice@example.com"}],
            "cognito": {
                "identity_providers": [CAMPUS, CORPORATE],
                "machine_clients": [{"name": "ci"}],
            },
        },
        "profiles": [
            {
                "name": "alice",
                "owner": "alice@example.com",
                "contributors": [
                    {"group": "research"},
                    {"group": "Data Science", "provider": "Campus", "role": "view"},
                ],
            }
        ],
    }
    deployment = variation(cognito, changes)
    return synthesize(deployment, cognito_platform, tmp_path_factory.mktemp("with-groups"))


@pytest.fixture(scope="module")
def identity(with_groups: Assembly) -> Template:
    return with_groups.stack("Identity")


def trigger(template: Template) -> dict[str, Any]:
    [found] = [
        function["Properties"]
        for name, function in resources(template, "AWS::Lambda::Function").items()
        if "TokenTrigger" in name
    ]
    return dict(found)


def rules(template: Template, direction: str) -> list[dict[str, Any]]:
    kind = f"AWS::EC2::SecurityGroup{direction}"
    return [each["Properties"] for each in resources(template, kind).values()]


def test_the_trigger_reaches_the_api_server_and_nothing_else(identity: Template) -> None:
    group_id, group = next(iter(resources(identity, "AWS::EC2::SecurityGroup").items()))
    [opened] = rules(identity, "Ingress")
    [way] = rules(identity, "Egress")
    own = {"Fn::GetAtt": [group_id, "GroupId"]}

    assert trigger(identity)["VpcConfig"]["SecurityGroupIds"] == [own]
    assert len(trigger(identity)["VpcConfig"]["SubnetIds"]) == 3
    # EC2 has no way to say "nowhere": CDK names an address that is none.
    assert [each["CidrIp"] for each in group["Properties"]["SecurityGroupEgress"]] == [
        "255.255.255.255/32"
    ]
    assert (opened["FromPort"], opened["ToPort"]) == (443, 443)
    assert opened["SourceSecurityGroupId"] == own
    assert (way["FromPort"], way["ToPort"], way["GroupId"]) == (443, 443, own)
    assert way["DestinationSecurityGroupId"] == opened["GroupId"]


def test_its_name_in_the_cluster_is_a_group_and_no_policy(identity: Template) -> None:
    [entry] = resources(identity, "AWS::EKS::AccessEntry").values()

    assert entry["Properties"]["KubernetesGroups"] == [TRIGGER_GROUP]
    assert entry["Properties"]["Type"] == "STANDARD"
    assert "AccessPolicies" not in entry["Properties"]
    role = trigger(identity)["Role"]["Fn::GetAtt"][0]
    assert entry["Properties"]["PrincipalArn"] == {"Fn::GetAtt": [role, "Arn"]}


def test_it_is_told_where_the_cluster_is(identity: Template) -> None:
    variables = trigger(identity)["Environment"]["Variables"]

    assert set(variables) == {"CLUSTER", "IDENTITY_PROVIDERS", "MACHINES"}
    text = json.dumps(variables["CLUSTER"])
    for name in ("name", "url", "authority"):
        assert f'\\"{name}\\"' in text
    assert {stack for stack, _ in outputs_read(identity)} >= {"KubeflowCluster", "KubeflowNetwork"}


def test_it_comes_after_its_way_and_its_name(identity: Template) -> None:
    [(_, function)] = [
        (name, each)
        for name, each in resources(identity, "AWS::Lambda::Function").items()
        if "TokenTrigger" in name
    ]
    needed = {
        name
        for kind in ("SecurityGroupIngress", "SecurityGroupEgress")
        for name in resources(identity, f"AWS::EC2::{kind}")
    } | resources(identity, "AWS::EKS::AccessEntry").keys()

    assert needed <= set(function["DependsOn"])


def test_where_no_profile_names_a_group_it_opens_no_connection(
    cognito_assembly: Assembly,
) -> None:
    template = cognito_assembly.stack("Identity")

    assert "VpcConfig" not in trigger(template)
    assert "CLUSTER" not in trigger(template)["Environment"]["Variables"]
    assert not resources(template, "AWS::EKS::AccessEntry")
    assert not rules(template, "Ingress") + rules(template, "Egress")
    # Nothing of the cluster ties the stack to it.
    assert "KubeflowCluster" not in {stack for stack, _ in outputs_read(template)}


def test_the_code_is_that_of_the_trigger_alone(with_groups: Assembly) -> None:
    identity = with_groups.stack("Identity")
    key: str = trigger(identity)["Code"]["S3Key"]
    folder = with_groups.folder / f"asset.{key.removesuffix('.zip')}"
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert trigger(identity)["Handler"] == "pre_token_generation.index.handler"
    assert "pre_token_generation/index.py" in files
    assert {path.partition("/")[0] for path in files} == {"pre_token_generation"}


def test_a_provider_brings_its_groups_and_nobody_writes_them(identity: Template) -> None:
    [pool] = resources(identity, "AWS::Cognito::UserPool").values()
    [client] = [
        each
        for each in resources(identity, "AWS::Cognito::UserPoolClient").values()
        if each["Properties"]["ClientName"] == "load-balancer"
    ]
    providers = {
        each["Properties"]["ProviderName"]: each["Properties"]
        for each in resources(identity, "AWS::Cognito::UserPoolIdentityProvider").values()
    }

    [groups] = [each for each in pool["Properties"]["Schema"] if each["Name"] == "groups"]
    assert groups["Mutable"] is True
    assert groups["StringAttributeConstraints"]["MaxLength"] == "2048"
    campus = providers["Campus"]["AttributeMapping"]
    assert campus["custom:groups"] == "http://schemas.xmlsoap.org/claims/Group"
    assert providers["Corporate"]["AttributeMapping"]["custom:groups"] == "groups"
    assert providers["Corporate"]["ProviderDetails"]["authorize_scopes"] == "openid email groups"
    assert "custom:groups" in client["Properties"]["WriteAttributes"]
    # By this scope a user could write what the client may write.
    scopes = client["Properties"]["AllowedOAuthScopes"]
    assert "aws.cognito.signin.user.admin" not in scopes
    assert client["Properties"]["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]


def test_the_trigger_knows_who_tells_groups(identity: Template) -> None:
    variables = trigger(identity)["Environment"]["Variables"]
    known = json.loads(variables["IDENTITY_PROVIDERS"])

    assert known["Campus"]["groups"] is True
    assert known["Corporate"]["groups"] is True


def test_without_a_provider_that_tells_groups_none_is_written(cognito_assembly: Assembly) -> None:
    template = cognito_assembly.stack("Identity")

    for client in resources(template, "AWS::Cognito::UserPoolClient").values():
        assert "custom:groups" not in client["Properties"].get("WriteAttributes", ())


def test_each_group_has_its_objects_in_the_profile(with_groups: Assembly) -> None:
    found = [item for item in with_groups.objects() if key_of(item).name.startswith("group-")]
    labelled: list[Any] = [item for item in found if "labels" in json.dumps(item["metadata"])]
    subjects = {
        (item["subjects"][0]["name"], item["roleRef"]["name"])
        for item in labelled
        if item["kind"] == "RoleBinding"
    }

    assert subjects == {
        ("COGNITO:research", "kubeflow-edit"),
        ("Campus:Data Science", "kubeflow-view"),
    }
    assert [item["kind"] for item in labelled].count("AuthorizationPolicy") == 2
    for item in labelled:
        assert set(item["metadata"]["labels"]) == {CONTRIBUTORS, GROUP}
        assert item["metadata"]["namespace"] == "alice"
    writers: list[Any] = [item for item in found if item not in labelled]
    assert {item["roleRef"]["name"] for item in writers} == {WRITER}
