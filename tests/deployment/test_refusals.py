"""Every mistake in a deployment file is refused with a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import DeploymentError, load_deployment

USERS = """
auth:
  users:
    - email: user@example.com
      password_hash: $2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6
"""
VPC = """
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    availability_zones: [us-west-2a, us-west-2b]
    private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
"""
WEST = "region: us-west-2\n"

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
        'cluster.kubernetes_version: "1.33" does not run Kubeflow 26.03; '
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
        'cluster: Kubeflow 26.03 does not run on Kubernetes "1.24"; upgrade the cluster to 1.34 or '
        "newer, or set existing.accept_unsupported_version",
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
        WEST,
        "auth.provider dex needs at least one entry in auth.users "
        "(make password writes a password_hash)",
    ),
    "an unknown provider": (
        WEST + "auth: {provider: ldap}",
        "auth.provider: found \"ldap\"; allowed: 'dex'",
    ),
    "an unknown preset": (
        WEST + USERS + "preset: chocolate",
        "preset: found \"chocolate\"; allowed: 'vanilla'",
    ),
    "Kubeflow's own password": (
        # The hash of upstream's manifests, common/dex/base/dex-passwords.yaml.
        WEST
        + USERS.replace(
            "$2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6",
            "$2y$12$4K/VkmDd1q1Orb3xAt82zu8gk7Ad6ReFR4LCP9UeYE90NLiN9Df72",
        ),
        "auth.users.0.password_hash: this is the password of Kubeflow's documentation, which "
        "everybody knows; write another with make password",
    ),
    "a cheap hash": (
        WEST + USERS.replace("$2b$12$", "$2b$04$"),
        "auth.users.0.password_hash: the bcrypt cost is 4; allowed: 10 or more (make password)",
    ),
    "a password instead of its hash": (
        WEST + "auth: {users: [{email: user@example.com, password_hash: secret}]}",
        'auth.users.0.password_hash: found "secret"; allowed: text that matches',
    ),
    "an upper-case e-mail address": (
        WEST + USERS.replace("user@", "User@"),
        'auth.users.0.email: found "User@example.com"; allowed: text that matches',
    ),
    "a user twice": (
        WEST + USERS + USERS.replace("\nauth:\n  users:\n", ""),
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
    "KServe without Knative": (
        WEST + USERS + "components: {knative: false}",
        "components.kserve needs components.knative; switch both off or both on",
    ),
    "a new cluster without cert-manager": (
        WEST + USERS + "components: {cert_manager: false}",
        "components.cert_manager is off, but a new cluster has none; "
        "switch it off only with cluster.existing",
    ),
    "a GPU group without GPUs": (
        WEST
        + USERS
        + "cluster: {node_groups: "
        + "{gpu: {instance_types: [m7i.xlarge], min_size: 0, max_size: 1}}}",
        "cluster.node_groups: gpu.instance_types names m7i.xlarge, which has no NVIDIA GPU",
    ),
    "a platform on one node": (
        WEST
        + USERS
        + "cluster: {node_groups: "
        + "{system: {instance_types: [m7i.xlarge], min_size: 1, max_size: 1}}}",
        "cluster.node_groups: system.min_size is 1; the platform needs at least 2 nodes",
    ),
    "sizes out of order": (
        WEST
        + USERS
        + "cluster: {node_groups: "
        + "{cpu: {instance_types: [m7i.xlarge], min_size: 3, max_size: 2}}}",
        "cluster.node_groups.cpu: sizes are out of order: min_size 3, desired_size 3, max_size 2",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_deployment(file)

    assert sentence in str(refusal.value)
    for line in str(refusal.value).splitlines():
        assert line.startswith(str(file))


def test_a_missing_file_names_the_deployments_that_exist(project: Path) -> None:
    with pytest.raises(DeploymentError, match=r"deployments here:.* ?vanilla"):
        load_deployment(project / "deployments" / "no-such.yaml")


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("region: 1\ncolour: blue\nenvironment: moon", encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_deployment(file)

    assert len(str(refusal.value).splitlines()) == 3
