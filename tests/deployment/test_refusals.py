"""Every mistake in a deployment file is refused with a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import DeploymentError, load_deployment
from tests.support.refusals import (
    ALICE,
    COGNITO,
    DEX_USERS,
    DOMAIN,
    PUBLIC_VPC,
    USERS,
    VPC,
    WEST,
    assert_refused,
    cognito,
    provider,
)

REFUSALS = {
    "not YAML": ("region: [", ":1:10: is not YAML: expected the node content"),
    "not settings": ("just text", "holds no settings; the least is `region: us-west-2`"),
    "a key twice": (WEST + WEST, ":1:1: is not YAML: key 'region' stands here twice"),
    "no region": ("name: kubeflow", "region: is missing"),
    "a region that is none": ("region: oregon", 'region: found "oregon"; allowed: text that'),
    "an unknown key": (WEST + USERS + "colour: blue", "colour: is no setting; check its spelling"),
    "a number for text": (
        WEST + USERS + "account: 123456789012",
        "account: found 123456789012; allowed: text (put it in quotes)",
    ),
    "a version as a number": (
        WEST + USERS + "cluster: {kubernetes_version: 1.35}",
        "cluster.kubernetes_version: found 1.35; allowed: text (put it in quotes)",
    ),
    "a name too long": (WEST + USERS + "name: kubeflow-of-the-whole-company", "name: found"),
    "a version that Kubeflow does not run on": (
        WEST + USERS + 'cluster: {kubernetes_version: "1.33"}',
        'cluster.kubernetes_version: "1.33" does not run Kubeflow 26.03.1; '
        'allowed: "1.34", "1.35", "1.36"',
    ),
    "a new cluster of 1.24": (
        WEST + USERS + 'cluster: {kubernetes_version: "1.24"}',
        'cluster: EKS creates no cluster of Kubernetes "1.24" any more; '
        'leave kubernetes_version out for "1.35"',
    ),
    "an existing cluster of 1.24": (
        WEST
        + USERS
        + VPC
        + 'cluster: {kubernetes_version: "1.24", '
        + "existing: {name: old, security_group_id: sg-0123456789abcdef0}}",
        'cluster: Kubeflow 26.03.1 does not run on Kubernetes "1.24"; upgrade the cluster to 1.34 '
        "or newer, or set existing.accept_unsupported_version",
    ),
    "an API server open to the world": (
        WEST + USERS + "cluster: {public_access_cidrs: [0.0.0.0/0]}",
        "cluster.public_access_cidrs: 0.0.0.0/0 opens the API server to the internet; "
        "give the ranges that need it, /8 or narrower, or none",
    ),
    "an existing cluster without its VPC": (
        WEST + USERS + "cluster: {existing: {name: old, security_group_id: sg-0123456789abcdef0}}",
        "cluster.existing names old; give its VPC under network.existing",
    ),
    "nodes for somebody else's cluster": (
        WEST
        + USERS
        + VPC
        + "cluster: {admin_role_arns: ['arn:aws:iam::123456789012:role/a'], "
        + "existing: {name: old, security_group_id: sg-0123456789abcdef0}}",
        "cluster: existing names a cluster that has its own admin_role_arns; "
        "remove admin_role_arns",
    ),
    "a public range": (
        WEST + USERS + "network: {cidr: 8.8.0.0/16}",
        "network.cidr: 8.8.0.0/16 cannot hold the platform; give a private range (RFC 1918) from "
        "/16 to /20, such as 10.0.0.0/16",
    ),
    "two zones": (
        WEST + USERS + "network: {availability_zones: [us-west-2a, us-west-2b]}",
        "network: availability_zones names three different zones, or is left out",
    ),
    "a zone elsewhere": (
        WEST + USERS + "network: {availability_zones: [us-east-1a, us-east-1b, us-east-1c]}",
        "availability zone us-east-1a is not in region us-west-2",
    ),
    "a subnet too few": (
        WEST + USERS + VPC.replace(", subnet-0123456789abcdef1]", "]"),
        "network.existing.private_subnet_ids",
    ),
    "a shape for somebody else's VPC": (
        WEST + USERS + VPC + "  cidr: 10.0.0.0/16",
        "network: existing names a VPC that has its own cidr; remove cidr",
    ),
    "nobody to sign in": (
        WEST + "preset: vanilla",
        "auth.provider dex needs at least one entry in auth.users "
        "(./kubeflow-aws password writes a password_hash)",
    ),
    "an unknown provider": (
        WEST + "auth: {provider: ldap}",
        "auth.provider: found \"ldap\"; allowed: 'cognito' or 'dex'",
    ),
    "an unknown preset": (
        WEST + DEX_USERS + "preset: chocolate",
        "preset: found \"chocolate\"; allowed: 'cognito-rds-s3', 'cognito-rds-only'",
    ),
    "Kubeflow's own password": (
        # The hash of upstream's manifests, common/dex/base/dex-passwords.yaml.
        WEST
        + USERS.replace(
            "$2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6",
            "$2y$12$4K/VkmDd1q1Orb3xAt82zu8gk7Ad6ReFR4LCP9UeYE90NLiN9Df72",
        ),
        "auth.users.0.password_hash: this is the password of Kubeflow's documentation, which "
        "everybody knows; write another with ./kubeflow-aws password",
    ),
    "a cheap hash": (
        WEST + USERS.replace("$2b$12$", "$2b$04$"),
        "auth.users.0.password_hash: the bcrypt cost is 4; allowed: 10 or more "
        "(./kubeflow-aws password)",
    ),
    "a password instead of its hash": (
        WEST + "auth: {users: [{email: user@example.com, password_hash: secret}]}",
        'auth.users.0.password_hash: found "secret"; allowed: text that matches',
    ),
    "an upper-case e-mail address": (
        WEST + USERS.replace("user@", "User@"),
        'auth.users.0.email: found "User@example.com"; give one address in lower-case ASCII',
    ),
    "a user twice": (
        WEST + USERS + DEX_USERS.replace("\nauth:\n  users:\n", ""),
        "auth: users names user@example.com twice; one entry per user",
    ),
    "a stranger's profile": (
        WEST + USERS + "profiles: [{name: team, owner: other@example.com}]",
        "profiles.team belongs to other@example.com, who is not in auth.users",
    ),
    "a profile twice": (
        WEST
        + USERS
        + "profiles: [{name: team, owner: user@example.com}, "
        + "{name: team, owner: user@example.com}]",
        "profiles names team twice; a profile is a namespace",
    ),
    "a profile over the platform": (
        WEST + USERS + "profiles: [{name: istio-system, owner: user@example.com}]",
        "profiles names istio-system, a namespace of the platform; choose another",
    ),
    "a wildcard for an owner": (
        WEST + USERS + "profiles: [{name: team, owner: '*@example.com'}]",
        'profiles.0.owner: found "*@example.com"; give one address in lower-case ASCII such as '
        "user@example.com, without wildcards",
    ),
    "an owner beyond ASCII": (
        WEST + USERS + "profiles: [{name: team, owner: jürgen@example.com}]",
        'profiles.0.owner: found "jürgen@example.com"; give one address in lower-case ASCII',
    ),
    "a stranger for a contributor": (
        WEST
        + USERS
        + "profiles: [{name: team, owner: user@example.com, contributors: [{email: a@b.com}]}]",
        "profiles.team.contributors names a@b.com, who is not in auth.users",
    ),
    "an owner who contributes": (
        WEST
        + USERS
        + "profiles: [{name: team, owner: user@example.com, "
        + "contributors: [{email: user@example.com}]}]",
        "profiles.0: team names user@example.com twice; a contributor has one role, and the owner "
        "needs none",
    ),
    "a quota that is no quantity": (
        WEST + USERS + "profiles: [{name: t, owner: user@example.com, quota: {memory: 64 GB}}]",
        'profiles.0.quota.memory: found "64 GB"; allowed: text that matches',
    ),
    "Cognito without a domain": (
        WEST + "preset: cognito\n" + ALICE,
        "auth.provider cognito needs domain.name, a subdomain of the platform's own such as "
        "platform.example.com",
    ),
    "a domain that is not in its zone": (
        WEST
        + "preset: cognito\n"
        + DOMAIN.replace("name: example.com", "name: example.org")
        + ALICE,
        "domain: name platform.example.com is not in the hosted zone example.org; give a name such "
        "as platform.example.org, or another hosted_zone",
    ),
    "a domain that only ends like its zone": (
        WEST + "preset: cognito\n" + DOMAIN.replace("name: example.com", "name: ample.com"),
        "domain: name platform.example.com is not in the hosted zone ample.com",
    ),
    "a zone delegated by itself": (
        WEST
        + "preset: cognito\n"
        + DOMAIN.replace("hosted_zone", "parent_zone").replace(
            "name: example.com", "name: platform.example.com"
        ),
        "domain: name platform.example.com is not below the parent zone platform.example.com",
    ),
    "a zone that exists and is delegated": (
        WEST
        + "preset: cognito\n"
        + DOMAIN
        + "  parent_zone: {id: Z0123456789EXAMPLE, name: example.com}",
        "domain: hosted_zone exists already, so nothing is delegated; remove parent_zone",
    ),
    "a domain that nothing serves": (
        WEST + USERS + DOMAIN,
        "domain.name is platform.example.com, but nothing serves it; set ingress.enabled: true, or "
        "remove domain",
    ),
    "a load balancer without a domain": (
        WEST + USERS + "ingress: {enabled: true}",
        "ingress.enabled needs domain.name",
    ),
    "Cognito without a load balancer": (
        COGNITO + ALICE + "ingress: {enabled: false}",
        "ingress.enabled is false, but users of Cognito sign in at the load balancer",
    ),
    "a range that is none": (
        COGNITO + ALICE + "ingress: {allowed_cidrs: [everywhere]}",
        "ingress.allowed_cidrs: Expected 4 octets in 'everywhere'; give ranges such as",
    ),
    "a region whose load balancers are unknown": (
        WEST.replace("us-west-2", "xx-east-1") + USERS + DOMAIN + "ingress: {enabled: true}",
        "region xx-east-1: its load balancers' hosted zone is not known",
    ),
    "a load balancer in subnets of unknown ranges": (
        COGNITO + ALICE + PUBLIC_VPC,
        "network.existing.load_balancer_cidrs is empty; give the ranges of the subnets",
    ),
    "a scraper in subnets of unknown ranges": (
        WEST + USERS + VPC + "monitoring: {prometheus: true}",
        "network.existing.private_cidrs is empty, and monitoring.prometheus needs it; give the "
        "ranges of the private subnets",
    ),
    "a range of private subnets that is none": (
        WEST + USERS + VPC + "    private_cidrs: [inside]",
        "network.existing: private_cidrs: Expected 4 octets in 'inside'; give ranges such as",
    ),
    "private subnets as wide as the world": (
        WEST + USERS + VPC + "    private_cidrs: [0.0.0.0/0]",
        "network.existing: private_cidrs: 0.0.0.0/0 is wider than any VPC; give the ranges of the "
        "subnets, /16 or narrower, such as 10.0.0.0/24",
    ),
    "a load balancer on the internet without public subnets": (
        COGNITO + ALICE + VPC + "    load_balancer_cidrs: [10.0.0.0/24]",
        "network.existing.public_subnet_ids is empty, and a load balancer on the internet needs "
        "them; give them, or set ingress.internal: true",
    ),
    "a password for Cognito": (
        COGNITO + DEX_USERS,
        "auth.users: user@example.com has a password_hash, but Cognito lets users choose",
    ),
    "no password for Dex": (
        WEST + "preset: vanilla\n" + ALICE,
        "auth.users: alice@example.com has no password_hash, which Dex needs",
    ),
    "a user pool for Dex": (
        WEST + USERS + "  cognito: {mfa: optional}",
        "auth.cognito is set, but auth.provider is dex; remove it, or set provider: cognito",
    ),
    "more users than Cognito invites": (
        COGNITO
        + f"auth: {{users: [{', '.join(f'{{email: u{i}@example.com}}' for i in range(51))}]}}",
        "auth.users names 51 users; Cognito itself sends 50 invitations a day, so give "
        "auth.cognito.sender",
    ),
    "a prefix with a word of Amazon's": (
        cognito("domain_prefix: my-cognito"),
        'auth.cognito.domain_prefix: found "my-cognito"; Cognito takes no prefix with "cognito"',
    ),
    "a prefix with a hyphen at its end": (
        cognito("domain_prefix: kubeflow-"),
        'auth.cognito.domain_prefix: found "kubeflow-"; Cognito takes 1 to 63 lower-case letters',
    ),
    "a domain that makes no prefix": (
        (COGNITO + ALICE).replace("platform.example.com", "aws.example.com"),
        'auth.cognito.domain_prefix: made from domain.name, found "aws-example-com"; Cognito takes '
        'no prefix with "aws" in it; give one',
    ),
    "two names for the sign-in page": (
        cognito("domain_prefix: mine, custom_domain: true"),
        "auth.cognito: custom_domain and domain_prefix are two ways to name the sign-in page",
    ),
    "a provider without its secret": (
        provider("type: google, client_id: abc, domains: [example.com]"),
        "auth.cognito.identity_providers.0.google.client_secret: is missing: where its secret is "
        "kept; never in this file",
    ),
    "a provider's secret in the file": (
        provider("type: google, client_id: abc, domains: [example.com], client_secret: hunter2"),
        "auth.cognito.identity_providers.0.google.client_secret: found",
    ),
    "a provider for everybody's addresses": (
        provider("type: google, client_id: abc, client_secret: {secret: google}, domains: []"),
        "auth.cognito.identity_providers.0.google.domains: found []",
    ),
    "a provider under a name of Cognito's": (
        provider(
            "type: oidc, name: Google, issuer: 'https://id.example.com', client_id: abc, "
            "client_secret: {secret: oidc}, domains: [example.com]"
        ),
        "identity_providers: Google is a name of Cognito's own; choose another",
    ),
    "a provider twice": (
        provider(
            "type: google, client_id: a, client_secret: {secret: g}, domains: [example.com]}, "
            "{type: google, client_id: b, client_secret: {secret: g}, domains: [example.org]"
        ),
        "identity_providers names Google twice; one entry per provider",
    ),
    "a program twice": (
        cognito("machine_clients: [{name: ci}, {name: ci}]"),
        "machine_clients names ci twice; one entry per program",
    ),
    "KServe without Knative": (
        WEST + USERS + "components: {knative: false}",
        "components.kserve needs components.knative; switch both off or both on",
    ),
    "a new cluster without cert-manager": (
        WEST + USERS + "components: {cert_manager: false}",
        "components.cert_manager is off, but a new cluster has none; "
        "switch it off only with cluster.existing",
    ),
    "a GPU pool without GPUs": (
        WEST + USERS + "cluster: {node_pools: {gpu: {instance_types: [m7i.xlarge]}}}",
        "cluster: node_pools.gpu.instance_types names m7i.xlarge, which has no NVIDIA GPU; take "
        "one of the families g4dn, g5, g6,",
    ),
    "a platform on one node": (
        WEST + USERS + "cluster: {system_nodes: {min_size: 1, max_size: 1}}",
        "cluster.system_nodes: min_size is 1; the platform needs at least 2 nodes",
    ),
    "sizes out of order": (
        WEST + USERS + "cluster: {system_nodes: {min_size: 3, max_size: 2}}",
        "cluster.system_nodes: sizes are out of order: min_size 3, desired_size 3, max_size 2",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    assert_refused(text, sentence, tmp_path)


def test_a_missing_file_names_the_deployments_that_exist(project: Path) -> None:
    with pytest.raises(DeploymentError, match=r"deployments here:.* ?vanilla"):
        load_deployment(project / "deployments" / "no-such.yaml")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("region: 1\ncolour: blue\nenvironment: moon", encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_deployment(file)

    assert len(str(refusal.value).splitlines()) == 3
