"""Sign-in with Cognito from its first day to its last, on a local cloud, with the real CDK CLI.

The tests follow one another on one cloud, after those of the vanilla deployment have left it empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import synthesize
from tests.support.deployments import EVERY_PROVIDER, NEW_ZONE, variation
from tests.support.platforms import best_of
from tests.support.surroundings import prepare

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

INGRESS = "/apis/networking.k8s.io/v1/namespaces/istio-system/ingresses/kubeflow"
GATEWAY = "/apis/security.istio.io/v1/namespaces/istio-system"
POLICIES = f"{GATEWAY}/authorizationpolicies"
ZONE = "Z0123456789EXAMPLE"
NEEDED = {"cert_manager", "load_balancer_controller"}


@pytest.fixture(scope="module")
def few(cognito: Deployment) -> Deployment:
    """Sign-in and what it stands on; the other components have their own days."""
    off: JsonValue = dict.fromkeys(sorted(Components.model_fields.keys() - NEEDED), False)
    return variation(cognito, {"components": off})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("sign-in"), None)


def deploy(laboratory: Laboratory, deployment: Deployment, folder: Path) -> None:
    """Make what the deployment expects, and deploy it."""
    prepare(laboratory.cloud.clients, deployment)
    laboratory.deploy(synthesize(deployment, best_of(deployment), folder))


def records(laboratory: Laboratory, zone: str) -> dict[str, Any]:
    found = laboratory.client("route53").list_resource_record_sets(HostedZoneId=zone)
    return {record["Name"]: record for record in found["ResourceRecordSets"]}


def user_pool(laboratory: Laboratory) -> str:
    [pool] = laboratory.client("cognito-idp").list_user_pools(MaxResults=5)["UserPools"]
    return str(pool["Id"])


def users(laboratory: Laboratory) -> set[str]:
    found = laboratory.client("cognito-idp").list_users(UserPoolId=user_pool(laboratory))["Users"]
    return {
        attribute["Value"]
        for user in found
        for attribute in user["Attributes"]
        if attribute["Name"] == "email"
    }


def contributors(laboratory: Laboratory) -> set[str]:
    path = "/apis/rbac.authorization.k8s.io/v1/namespaces/alice/rolebindings"
    people = [item["metadata"]["annotations"] for item in laboratory.read(path)["items"]]
    return {each["user"] for each in people if each["role"] != "admin"}


def test_sign_in_is_deployed_with_its_names_and_users(
    laboratory: Laboratory, few: Deployment, folders: Iterator[Path]
) -> None:
    deploy(laboratory, few, next(folders))

    stacks = ("Network", "Cluster", "Storage", "Domain", "Identity", "Platform", "Monitoring")
    assert laboratory.statuses() == dict.fromkeys(
        (f"Kubeflow{name}" for name in stacks), "CREATE_COMPLETE"
    )
    [balancer] = laboratory.read(INGRESS)["status"]["loadBalancer"]["ingress"]
    found = records(laboratory, ZONE)
    for name in ("kubeflow.platform.example.com.", "\\052.platform.example.com."):
        alias = (found.get(name) or found[name.replace("\\052", "*")])["AliasTarget"]
        assert alias["DNSName"] == balancer["hostname"]
    assert users(laboratory) == {"alice@example.com", "bob@example.com"}


def test_the_gateway_trusts_the_pool_that_was_made(laboratory: Laboratory) -> None:
    rules = laboratory.read(f"{GATEWAY}/requestauthentications/cognito")["spec"]["jwtRules"]
    clients = laboratory.client("cognito-idp").list_user_pool_clients(
        UserPoolId=user_pool(laboratory), MaxResults=10
    )["UserPoolClients"]
    annotations = laboratory.read(INGRESS)["metadata"]["annotations"]
    idp = json.loads(annotations["alb.ingress.kubernetes.io/auth-idp-cognito"])

    issuer = f"https://cognito-idp.us-west-2.amazonaws.com/{user_pool(laboratory)}"
    assert [rule["issuer"] for rule in rules[:2]] == [issuer, issuer]
    assert idp["userPoolClientID"] in {client["ClientId"] for client in clients}
    assert {client["ClientName"] for client in clients} == {"load-balancer", "ci"}


def test_a_program_finds_its_credentials(laboratory: Laboratory) -> None:
    text = laboratory.client("secretsmanager").get_secret_value(SecretId="kubeflow/machines/ci")[
        "SecretString"
    ]

    secret = json.loads(text)
    assert secret.keys() == {"client_id", "client_secret", "scope", "token_url"}
    assert secret["scope"] == "kubeflow/ci"
    assert secret["token_url"].endswith(".auth.us-west-2.amazoncognito.com/oauth2/token")


def test_who_leaves_the_file_can_do_nothing_any_more(
    laboratory: Laboratory, few: Deployment, folders: Iterator[Path]
) -> None:
    assert contributors(laboratory) == {"bob@example.com", "ci@machines.platform.example.com"}

    settings: JsonValue = {
        "users": [{"email": "alice@example.com"}],
        "cognito": {"machine_clients": [{"name": "ci"}]},
    }
    profile: JsonValue = {
        "name": "alice",
        "owner": "alice@example.com",
        "contributors": [{"email": "ci@machines.platform.example.com"}],
    }
    deploy(laboratory, variation(few, {"auth": settings, "profiles": [profile]}), next(folders))

    assert users(laboratory) == {"alice@example.com"}
    assert contributors(laboratory) == {"ci@machines.platform.example.com"}


def test_programs_come_and_go(
    laboratory: Laboratory, few: Deployment, folders: Iterator[Path]
) -> None:
    """The stack of those that go changes before the one that knows them."""
    for names in (["ci", "nightly"], ["nightly"]):
        settings: JsonValue = {
            "users": [{"email": "alice@example.com"}],
            "cognito": {"machine_clients": [{"name": name} for name in names]},
        }
        deploy(laboratory, variation(few, {"auth": settings, "profiles": []}), next(folders))

        clients = laboratory.client("cognito-idp").list_user_pool_clients(
            UserPoolId=user_pool(laboratory), MaxResults=10
        )["UserPoolClients"]
        ids = {client["ClientName"]: client["ClientId"] for client in clients}
        assert ids.keys() == {"load-balancer", *names}
        trusted = json.dumps(laboratory.read(POLICIES)["items"])
        assert [name for name in names if ids[name] not in trusted] == []


def test_everything_goes_and_the_zone_is_as_before(
    laboratory: Laboratory, folders: Iterator[Path]
) -> None:
    del folders
    laboratory.cdk.destroy(laboratory.last_assembly)

    assert laboratory.stacks() == []
    assert laboratory.leftovers() == {}
    kinds = {record["Type"] for record in records(laboratory, ZONE).values()}
    assert not kinds & {"A"}


def test_every_provider_and_a_sign_in_page_of_ones_own(
    laboratory: Laboratory, few: Deployment, folders: Iterator[Path]
) -> None:
    """With a new zone that its parent delegates to, and a certificate from another region."""
    laboratory.cdk.bootstrap(["us-east-1"])
    auth: JsonValue = {
        "users": [{"email": "alice@example.com"}],
        "cognito": {"custom_domain": True, "identity_providers": EVERY_PROVIDER},
    }
    deployment = variation(few, {"auth": auth, "domain": NEW_ZONE, "profiles": []})
    deploy(laboratory, deployment, next(folders))

    assert laboratory.statuses()["KubeflowCertificate-us-west-2"] == "CREATE_COMPLETE"
    assert records(laboratory, ZONE)["platform.example.com."]["Type"] == "NS"
    client = laboratory.client("cognito-idp")
    about = client.describe_user_pool_domain(Domain="auth.platform.example.com")
    assert about["DomainDescription"]["UserPoolId"] == user_pool(laboratory)
    certificates = laboratory.cloud.clients.client("acm", "us-east-1").list_certificates()
    names = [each["DomainName"] for each in certificates["CertificateSummaryList"]]
    assert names == ["auth.platform.example.com"]
    google = client.describe_identity_provider(
        UserPoolId=user_pool(laboratory), ProviderName="Google"
    )
    details = google["IdentityProvider"]["ProviderDetails"]
    assert details["client_secret"] == "of the local cloud"  # noqa: S105
    laboratory.cdk.destroy(laboratory.last_assembly)
    assert laboratory.stacks() == []
