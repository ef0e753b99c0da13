"""What a deployment expects to exist, exists before it is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from localcloud.cloud import LocalCloud, LocalCloudProps
from localcloud.demo.preparation import prepare
from tests.support.assembly import PROJECT
from tests.support.deployments import EVERY_PROVIDER, variation


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(LocalCloudProps(folder=tmp_path, node_modules=PROJECT / "node_modules"))
    cloud.start()
    yield cloud
    cloud.stop()


def test_zones_have_their_ids_and_secrets_their_keys(
    cognito: Deployment, cloud: LocalCloud
) -> None:
    auth: JsonValue = {"users": [], "cognito": {"identity_providers": EVERY_PROVIDER}}
    deployment = variation(cognito, {"auth": auth, "profiles": []})
    for _ in range(2):
        prepare(cloud.clients, deployment)

    zones = cloud.clients.client("route53", "us-west-2").list_hosted_zones()["HostedZones"]
    named = [(zone["Id"], zone["Name"]) for zone in zones]
    assert named.count(("/hostedzone/Z0123456789EXAMPLE", "example.com.")) == 1
    secrets = cloud.clients.client("secretsmanager", "us-west-2")
    text = secrets.get_secret_value(SecretId="sign-in")["SecretString"]
    assert json.loads(text).keys() == {"google", "facebook", "amazon", "oidc"}


def test_a_deployment_without_a_domain_expects_nothing(
    vanilla: Deployment, cloud: LocalCloud
) -> None:
    # moto is one for the whole process: other tests may have left zones.
    client = cloud.clients.client("route53", "us-west-2")
    before = client.list_hosted_zones()["HostedZones"]
    prepare(cloud.clients, vanilla)

    assert client.list_hosted_zones()["HostedZones"] == before


def test_scopes_of_a_resource_server_can_change(cloud: LocalCloud) -> None:
    """Another program in the deployment file is another scope; moto by itself has no such thing."""
    client = cloud.clients.client("cognito-idp", "us-west-2")
    pool = client.create_user_pool(PoolName="p")["UserPool"]["Id"]
    named = {"UserPoolId": pool, "Identifier": "kubeflow"}
    client.create_resource_server(**named, Name="Kubeflow", Scopes=[])
    scope = {"ScopeName": "ci", "ScopeDescription": "Act as ci"}
    client.update_resource_server(**named, Name="Kubeflow", Scopes=[scope])

    assert client.describe_resource_server(**named)["ResourceServer"]["Scopes"] == [scope]
    client.delete_resource_server(**named)
    found = client.list_resource_servers(UserPoolId=pool, MaxResults=5)["ResourceServers"]
    assert found == []
