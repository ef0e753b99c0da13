"""The load balancer: what the Ingress asks for, and what stands around it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.ingress.alias_records import host_name
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from tests.support.assembly import ACCOUNT, Assembly, Template, resources, synthesize
from tests.support.deployments import EXISTING_CLUSTER, variation
from tests.support.platforms import sample_of

AUTH = "alb.ingress.kubernetes.io/auth-type"
ORDER = "alb.ingress.kubernetes.io/group.order"


def objects_of(assembly: Assembly) -> dict[str, Any]:
    return {f"{item['kind']} {key_of(item).name}": item for item in assembly.objects()}


@pytest.fixture(scope="session")
def objects(cognito_assembly: Assembly) -> dict[str, Any]:
    return objects_of(cognito_assembly)


@pytest.fixture(scope="session")
def platform_stack(cognito_assembly: Assembly) -> Template:
    return cognito_assembly.stack("Platform")


def ingresses(objects: dict[str, KubernetesObject]) -> dict[str, Any]:
    return {name: item for name, item in objects.items() if name.startswith("Ingress ")}


def test_only_the_gateways_namespace_may_use_the_load_balancer(objects: dict[str, Any]) -> None:
    spec = objects["IngressClassParams kubeflow"]["spec"]

    assert spec["namespaceSelector"] == {
        "matchLabels": {"kubernetes.io/metadata.name": "istio-system"}
    }
    assert spec["group"] == {"name": "kubeflow"}
    for item in ingresses(objects).values():
        assert item["spec"]["ingressClassName"] == "kubeflow"
        assert not [name for name in item["metadata"]["annotations"] if "group.name" in name]


def test_it_serves_https_with_a_current_policy(objects: dict[str, Any]) -> None:
    spec = objects["IngressClassParams kubeflow"]["spec"]
    attributes = {each["key"]: each["value"] for each in spec["loadBalancerAttributes"]}

    assert spec["sslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
    assert spec["sslRedirectPort"] == "443"
    assert len(spec["certificateArn"]) == 1
    assert attributes["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert attributes["access_logs.s3.enabled"] == "true"
    assert (spec["scheme"], spec["targetType"]) == ("internet-facing", "ip")


def test_every_way_in_is_logout_a_machine_or_a_sign_in(objects: dict[str, Any]) -> None:
    """No rule forwards anything else without an action that authenticates."""
    by_order = sorted(
        ingresses(objects).values(), key=lambda item: int(item["metadata"]["annotations"][ORDER])
    )

    assert [item["metadata"]["name"] for item in by_order] == [
        "kubeflow-logout",
        "kubeflow-machines",
        "kubeflow-scripts",
        "kubeflow",
    ]
    logout, machines, *rest = by_order
    paths = [
        (path["path"], path["pathType"])
        for rule in logout["spec"]["rules"]
        for path in rule["http"]["paths"]
    ]
    assert paths == [("/logout", "Exact"), ("/oauth2/sign_out", "Exact")]
    assert "alb.ingress.kubernetes.io/jwt-validation" in machines["metadata"]["annotations"]
    for item in rest:
        assert item["metadata"]["annotations"][AUTH] == "cognito"
        assert (
            item["metadata"]["annotations"]["alb.ingress.kubernetes.io/auth-scope"]
            == "openid email"
        )
    for item in by_order:
        for rule in item["spec"]["rules"]:
            assert rule["host"] in {"kubeflow.platform.example.com", "*.platform.example.com"}


def test_machines_are_checked_at_the_load_balancer_too(cognito_assembly: Assembly) -> None:
    template = cognito_assembly.nested("ComponentsIngress")
    text = json.dumps(template)

    assert "kubeflow_caller" in text
    assert "/.well-known/jwks.json" in text


def test_health_checks_go_where_no_policy_applies(objects: dict[str, Any]) -> None:
    for item in ingresses(objects).values():
        annotations = item["metadata"]["annotations"]
        assert annotations["alb.ingress.kubernetes.io/healthcheck-port"] == "15021"
        assert annotations["alb.ingress.kubernetes.io/healthcheck-path"] == "/healthz/ready"


def test_the_gateway_admits_the_load_balancers_subnets(
    objects: dict[str, Any], cognito_assembly: Assembly
) -> None:
    policy = objects["NetworkPolicy allow-load-balancer-to-istio-ingressgateway"]["spec"]
    subnets = resources(cognito_assembly.stack("Network"), "AWS::EC2::Subnet")
    public = {
        subnet["Properties"]["CidrBlock"]
        for logical_id, subnet in subnets.items()
        if "Public" in logical_id
    }

    [rule] = policy["ingress"]
    assert {each["ipBlock"]["cidr"] for each in rule["from"]} == public
    assert [port["port"] for port in rule["ports"]] == [8080, 15021]


def test_the_gateway_trusts_one_proxy(objects: dict[str, Any]) -> None:
    template = objects["Deployment istio-ingressgateway"]["spec"]["template"]

    config = json.loads(template["metadata"]["annotations"]["proxy.istio.io/config"])
    assert config == {"gatewayTopology": {"numTrustedProxies": 1}}


def test_names_point_to_what_the_ingress_says(platform_stack: Template) -> None:
    records = resources(platform_stack, "AWS::Route53::RecordSet").values()
    [(value_id, value)] = resources(
        platform_stack, "Custom::AWSCDK-EKS-KubernetesObjectValue"
    ).items()

    assert {record["Properties"]["Name"] for record in records} == {
        "kubeflow.platform.example.com.",
        "*.platform.example.com.",
    }
    for record in records:
        assert record["Properties"]["AliasTarget"] == {
            "DNSName": {"Fn::GetAtt": [value_id, "Value"]},
            # Of load balancers in us-west-2.
            "HostedZoneId": "Z1H1FL5HABSF5",
            "EvaluateTargetHealth": True,
        }
    assert value["Properties"]["JsonPath"] == host_name(internal=False)
    assert any("ComponentsIngress" in name for name in value["DependsOn"])


def test_the_ingress_comes_after_its_logs_and_its_gateway(platform_stack: Template) -> None:
    nested = resources(platform_stack, "AWS::CloudFormation::Stack")
    [ingress] = [each for name, each in nested.items() if name.startswith("ComponentsIngress")]

    before = " ".join(ingress["DependsOn"])
    assert "LoadBalancerAccessLogsBucketPolicy" in before
    assert "ComponentsCognito" in before


def test_only_load_balancers_of_this_account_deliver_logs(platform_stack: Template) -> None:
    [policy] = resources(platform_stack, "AWS::S3::BucketPolicy").values()
    [delivery] = [
        statement
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "LoadBalancersDeliver"
    ]

    assert delivery["Action"] == "s3:PutObject"
    assert delivery["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert "Condition" not in delivery
    assert delivery["Resource"]["Fn::Join"][1][-1] == f"/AWSLogs/{ACCOUNT}/*"


def test_the_controller_reads_the_clients_of_this_user_pool_alone(
    cognito_assembly: Assembly, platform_stack: Template
) -> None:
    readers = {
        logical_id: statement
        for template in cognito_assembly.templates.values()
        for logical_id, policy in resources(template, "AWS::IAM::Policy").items()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if "cognito-idp:DescribeUserPoolClient" in statement["Action"]
    }
    [(logical_id, statement)] = readers.items()
    [ingress] = [
        each
        for name, each in resources(platform_stack, "AWS::CloudFormation::Stack").items()
        if name.startswith("ComponentsIngress")
    ]

    assert "UsersPool" in statement["Resource"]["Fn::GetStackOutput"]["OutputName"]
    assert logical_id in ingress["DependsOn"]


def test_the_firewall_limits_and_does_not_stop_notebooks(platform_stack: Template) -> None:
    [acl] = resources(platform_stack, "AWS::WAFv2::WebACL").values()
    rules = {rule["Name"]: rule for rule in acl["Properties"]["Rules"]}
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]

    assert rules["RateLimit"]["Action"] == {"Block": {}}
    assert rules["RateLimit"]["Statement"]["RateBasedStatement"]["Limit"] == 10_000
    counted = {each["Name"] for each in common["RuleActionOverrides"]}
    assert {"SizeRestrictions_BODY", "SizeRestrictions_Cookie_HEADER"} <= counted
    [logging] = resources(platform_stack, "AWS::WAFv2::LoggingConfiguration").values()
    assert {field["SingleHeader"]["Name"] for field in logging["Properties"]["RedactedFields"]} == {
        "authorization",
        "cookie",
    }


def test_dex_behind_a_load_balancer_has_tls_and_no_sign_in_there(
    vanilla: Deployment, sample_cache: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    deployment = variation(
        vanilla,
        {
            "domain": {"name": "platform.example.com"},
            "ingress": {
                "enabled": True,
                "internal": True,
                "allowed_cidrs": ["10.0.0.0/8"],
                "web_acl": {"enabled": False},
            },
        },
    )
    assembly = synthesize(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("dex-ingress")
    )
    objects = objects_of(assembly)
    spec = objects["IngressClassParams kubeflow"]["spec"]

    assert list(ingresses(objects)) == ["Ingress kubeflow"]
    assert AUTH not in objects["Ingress kubeflow"]["metadata"]["annotations"]
    assert spec["scheme"] == "internal"
    assert spec["inboundCIDRs"] == ["10.0.0.0/8"]
    assert "wafv2AclArn" not in spec
    assert resources(assembly.stack("Platform"), "AWS::WAFv2::WebACL") == {}
    assert not [name for name in assembly.templates if name.endswith("Identity")]
    template = objects["Deployment istio-ingressgateway"]["spec"]["template"]
    assert "proxy.istio.io/config" in template["metadata"]["annotations"]


def reading(deployment: Deployment, sample_cache: Path, folder: Path) -> dict[str, Any]:
    """The properties by which CloudFormation tells whether to read the load balancer's name."""
    assembly = synthesize(deployment, sample_of(deployment, sample_cache), folder)
    [value] = resources(
        assembly.stack("Platform"), "Custom::AWSCDK-EKS-KubernetesObjectValue"
    ).values()
    properties: dict[str, Any] = value["Properties"]
    return properties


def test_the_name_is_read_again_if_and_only_if_the_load_balancer_is_replaced(
    cognito: Deployment, sample_cache: Path, tmp_path: Path, platform_stack: Template
) -> None:
    [value] = resources(platform_stack, "Custom::AWSCDK-EKS-KubernetesObjectValue").values()
    changed_in_place: dict[str, JsonValue] = {
        "ingress": {"allowed_cidrs": ["203.0.113.0/24"], "web_acl": {"enabled": False}}
    }
    replaced: dict[str, JsonValue] = {"ingress": {"internal": True}}

    assert (
        reading(variation(cognito, changed_in_place), sample_cache, tmp_path / "in-place")
        == value["Properties"]
    )
    assert reading(variation(cognito, replaced), sample_cache, tmp_path / "replaced") == {
        **value["Properties"],
        "JsonPath": host_name(internal=True),
    }


def test_an_existing_network_and_cluster_give_subnets_and_issuer(
    cognito: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    issuer = "https://oidc.eks.us-west-2.amazonaws.com/id/0123456789ABCDEF"
    network: JsonValue = {
        "existing": {
            "vpc_id": "vpc-0123456789abcdef0",
            "availability_zones": ["us-west-2a", "us-west-2b"],
            "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
            "public_subnet_ids": ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"],
            "load_balancer_cidrs": ["172.16.0.0/24", "172.16.1.0/24"],
        }
    }
    assert isinstance(EXISTING_CLUSTER, dict)
    existing = EXISTING_CLUSTER["existing"]
    assert isinstance(existing, dict)

    def objects_with(cluster: JsonValue) -> dict[str, Any]:
        deployment = variation(cognito, {"network": network, "cluster": {"existing": cluster}})
        return objects_of(
            synthesize(
                deployment,
                sample_of(deployment, sample_cache),
                tmp_path_factory.mktemp("existing"),
            )
        )

    with_issuer = objects_with({**existing, "oidc_issuer": issuer})
    without = objects_with(existing)

    spec = with_issuer["IngressClassParams kubeflow"]["spec"]
    assert spec["subnets"]["ids"] == ["subnet-0123456789abcdef2", "subnet-0123456789abcdef3"]
    policy = with_issuer["NetworkPolicy allow-load-balancer-to-istio-ingressgateway"]["spec"]
    assert [each["ipBlock"]["cidr"] for each in policy["ingress"][0]["from"]] == [
        "172.16.0.0/24",
        "172.16.1.0/24",
    ]
    issuers = [
        [rule["issuer"] for rule in objects["RequestAuthentication cognito"]["spec"]["jwtRules"]]
        for objects in (with_issuer, without)
    ]
    assert issuers[0][2:] == [issuer]
    assert len(issuers[1]) == 2
