"""What an application expects to exist, exists before it is deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.cloud import LocalCloud, LocalCloudProps
from localcloud.demo.surroundings import Surroundings, SurroundingsError, Zone, prepare


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    cloud = LocalCloud(LocalCloudProps(folder=tmp_path, node_modules=tmp_path))
    cloud.start()
    yield cloud
    cloud.stop()


def test_zones_have_their_ids_and_secrets_their_keys(cloud: LocalCloud) -> None:
    surroundings = Surroundings(
        region="us-west-2",
        zones=[Zone(id="Z0123456789EXAMPLE", name="example.com")],
        secrets={"sign-in": ["google", "oidc"]},
    )
    for _ in range(2):
        prepare(cloud.clients, surroundings)

    zones = cloud.clients.client("route53", "us-west-2").list_hosted_zones()["HostedZones"]
    named = [(zone["Id"], zone["Name"]) for zone in zones]
    assert named.count(("/hostedzone/Z0123456789EXAMPLE", "example.com.")) == 1
    secrets = cloud.clients.client("secretsmanager", "us-west-2")
    text = secrets.get_secret_value(SecretId="sign-in")["SecretString"]
    assert json.loads(text).keys() == {"google", "oidc"}


def test_a_file_says_them(tmp_path: Path) -> None:
    file = tmp_path / "surroundings.json"
    file.write_text('{"region": "us-west-2", "zones": [{"id": "Z1", "name": "example.com"}]}')

    assert Surroundings.read(file) == Surroundings(
        region="us-west-2", zones=[Zone(id="Z1", name="example.com")]
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("region: us-west-2", "cannot be read as JSON"),
        ("{}", r"\$: 'region' is a required property"),
        ('{"region": "r", "zones": [{"id": "Z1"}]}', r"zones\[0\]: 'name' is a required"),
        ('{"region": "r", "secret": {}}', "'secret' was unexpected"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "surroundings.json"
    file.write_text(text)

    with pytest.raises(SurroundingsError, match=rf"surroundings.json.*{reason}"):
        Surroundings.read(file)


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
