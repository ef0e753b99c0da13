"""What grows also shrinks: a deployment file from all to less and back, on a local cloud.

The tests follow one another on one cloud, after those of other modules have left it empty. The
stack that has a thing is deployed before those that read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kubeflow_aws.cli.aws.stacks import left_behind
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import synthesize
from tests.support.deployments import EVERY_PROVIDER, variation
from tests.support.platforms import best_of
from tests.support.surroundings import prepare

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

INGRESS = "/apis/networking.k8s.io/v1/namespaces/istio-system/ingresses/kubeflow"
PARAMETERS = "/apis/elbv2.k8s.aws/v1beta1/ingressclassparams/kubeflow"
PIPELINES = "/api/v1/namespaces/kubeflow/configmaps/pipeline-install-config"
PROFILES = "/apis/kubeflow.org/v1/profiles"
POOLS = "/apis/karpenter.sh/v1/nodepools"
CLASSES = "/apis/storage.k8s.io/v1/storageclasses"
ZONE = "Z0123456789EXAMPLE"
WITH_DATA = {"cert_manager", "load_balancer_controller", "pipelines"}
LEFT = "KubeflowCertificate-us-west-2"


def of(data_plane: Deployment, changes: Mapping[str, JsonValue]) -> Deployment:
    """A deployment with what keeps data; the other components have their own days."""
    off: JsonValue = dict.fromkeys(sorted(Components.model_fields.keys() - WITH_DATA), False)
    return variation(data_plane, {"components": off, **changes})


def auth(cognito: dict[str, JsonValue]) -> JsonValue:
    return {"users": [{"email": "alice@example.com"}], "cognito": cognito}


EVERYTHING: Mapping[str, JsonValue] = {
    "auth": auth(
        {
            "custom_domain": True,
            "identity_providers": EVERY_PROVIDER,
            "machine_clients": [{"name": "ci"}, {"name": "nightly"}],
        }
    ),
    "ingress": {"internal": True},
}
LESS: Mapping[str, JsonValue] = {
    "auth": auth({"machine_clients": [{"name": "nightly"}]}),
    "ingress": {"internal": False},
    "database": "in-cluster",
    "storage": {"efs": {"enabled": False}, "fsx": {"enabled": True}},
    "cluster": {"node_pools": {"gpu": None, "neuron": None}},
    "monitoring": {"prometheus": False, "container_insights": False},
    "profiles": [{"name": "bob", "owner": "alice@example.com", "artifacts_prefix": "teams/bob"}],
}
OTHER: Mapping[str, JsonValue] = {
    **EVERYTHING,
    "artifacts": "in-cluster",
    "storage": {"efs": {"enabled": True}, "fsx": {"enabled": False}},
    "profiles": [{"name": "alice", "owner": "alice@example.com"}],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("change"), None)


def deploy(laboratory: Laboratory, deployment: Deployment, folder: Path) -> None:
    """Make what the deployment expects, and deploy it."""
    prepare(laboratory.cloud.clients, deployment)
    laboratory.deploy(synthesize(deployment, best_of(deployment), folder))
    assert set(laboratory.statuses().values()) <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


def names(laboratory: Laboratory, path: str) -> set[str]:
    return {item["metadata"]["name"] for item in laboratory.read(path)["items"]}


def pool(laboratory: Laboratory) -> dict[str, Any]:
    """The user pool: its domain, providers and programs."""
    client = laboratory.client("cognito-idp")
    [found] = client.list_user_pools(MaxResults=5)["UserPools"]
    asked = {"UserPoolId": found["Id"], "MaxResults": 60}
    clients = client.list_user_pool_clients(**asked)["UserPoolClients"]
    return {
        "domain": client.describe_user_pool(UserPoolId=found["Id"])["UserPool"]["Domain"],
        "providers": len(client.list_identity_providers(**asked)["Providers"]),
        "clients": {each["ClientName"] for each in clients},
    }


def subnets(laboratory: Laboratory) -> set[str]:
    """Kinds of the subnets that the load balancer stands in."""
    ids = laboratory.read(PARAMETERS)["spec"]["subnets"]["ids"]
    found = laboratory.client("ec2").describe_subnets(SubnetIds=ids)["Subnets"]
    return {
        tag["Value"]
        for each in found
        for tag in each["Tags"]
        if tag["Key"] == "aws-cdk:subnet-type"
    }


def assert_the_name_leads_to_the_load_balancer(laboratory: Laboratory) -> None:
    [balancer] = laboratory.read(INGRESS)["status"]["loadBalancer"]["ingress"]
    answer = laboratory.client("route53").list_resource_record_sets(HostedZoneId=ZONE)
    [alias] = [
        record["AliasTarget"]["DNSName"]
        for record in answer["ResourceRecordSets"]
        if record["Name"] == "kubeflow.platform.example.com." and record["Type"] == "A"
    ]
    assert alias == balancer["hostname"]


def test_everything_is_there(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    laboratory.cdk.bootstrap(["us-east-1"])
    deploy(laboratory, of(data_plane, EVERYTHING), next(folders))

    assert pool(laboratory) == {
        "domain": "auth.platform.example.com",
        "providers": 5,
        "clients": {"load-balancer", "ci", "nightly"},
    }
    assert subnets(laboratory) == {"Private"}
    assert names(laboratory, POOLS) == {"cpu", "gpu", "neuron"}
    assert names(laboratory, CLASSES) == {"efs", "fsx", "gp3"}
    assert_the_name_leads_to_the_load_balancer(laboratory)


def test_it_shrinks(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    less = of(data_plane, LESS)
    deploy(laboratory, less, next(folders))

    assert pool(laboratory) == {
        "domain": "platform-example-com",
        "providers": 0,
        "clients": {"load-balancer", "nightly"},
    }
    assert subnets(laboratory) == {"Public"}
    assert names(laboratory, POOLS) == {"cpu"}
    assert names(laboratory, CLASSES) == {"fsx", "gp3"}
    assert laboratory.client("efs").describe_file_systems()["FileSystems"] == []
    assert laboratory.client("rds").describe_db_instances()["DBInstances"] == []
    assert laboratory.client("amp").list_workspaces()["workspaces"] == []
    assert laboratory.read(PIPELINES)["data"]["mysqlHost"] == "mysql"
    # A profile that leaves the file keeps what users have in it (docs/configuration.md).
    assert laboratory.exists(f"{PROFILES}/alice")
    assert_the_name_leads_to_the_load_balancer(laboratory)


def test_what_the_file_leads_to_no_more_is_told(
    laboratory: Laboratory, data_plane: Deployment
) -> None:
    clients = laboratory.cloud.clients
    session = SimpleNamespace(
        client=lambda service, region_name: clients.client(service, region_name)
    )
    stacks = laboratory.statuses().keys() - {LEFT}

    assert [left.name for left in left_behind(of(data_plane, LESS), session, stacks)] == [LEFT]


def test_it_grows_again_and_other_things_go(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    deploy(laboratory, of(data_plane, OTHER), next(folders))

    assert pool(laboratory)["domain"] == "auth.platform.example.com"
    assert pool(laboratory)["clients"] == {"load-balancer", "ci", "nightly"}
    assert subnets(laboratory) == {"Private"}
    assert names(laboratory, POOLS) == {"cpu", "gpu", "neuron"}
    assert names(laboratory, CLASSES) == {"efs", "gp3"}
    assert laboratory.client("fsx").describe_file_systems()["FileSystems"] == []
    [database] = laboratory.client("rds").describe_db_instances()["DBInstances"]
    config = laboratory.read(PIPELINES)["data"]
    assert config["mysqlHost"] == database["Endpoint"]["Address"]
    assert config["bucketName"] == "mlpipeline"
    assert laboratory.exists(f"{PROFILES}/bob")
    assert_the_name_leads_to_the_load_balancer(laboratory)


def test_claims_of_a_file_system_that_went_go_by_hand(laboratory: Laboratory) -> None:
    """Before it comes back as another one (docs/storage.md)."""
    gone = ("--ignore-not-found", "--timeout=60s")
    for profile in ("alice", "bob"):
        claims = ("delete", "persistentvolumeclaim", "--namespace", profile, "fast", "shared")
        volume = ("delete", "persistentvolume", f"fast-{profile}")
        for command in (claims, volume):
            done = laboratory.kubectl(*command, *gone)
            assert done.returncode == 0, done.stderr


def test_everything_comes_back_and_goes(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    deploy(laboratory, of(data_plane, EVERYTHING), next(folders))
    assert names(laboratory, CLASSES) == {"efs", "fsx", "gp3"}
    assert laboratory.read(PIPELINES)["data"]["bucketName"] != "mlpipeline"

    laboratory.cdk.destroy(laboratory.last_assembly)
    assert laboratory.stacks() == []
    assert laboratory.leftovers() == {}
