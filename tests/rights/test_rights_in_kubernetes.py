"""The table of rights shows what is not harmless, and nobody has rights without being there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import key_of, metadata, pod_spec
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rights.holders import EVERYWHERE, Holder, holders_of
from kubeflow_aws.rights.notable import load_harmless, load_reasons, notable
from kubeflow_aws.rights.table import rights_table

GROUP = "rbac.authorization.k8s.io"
RULE = {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["create", "get"]}


def role(kind: str, name: str, *rules: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": {"name": name, **more.pop("metadata", {})},
        "rules": list(rules),
        **more,
    }


def binding(kind: str, to: str, namespace: str = "") -> dict[str, Any]:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": kind,
        "metadata": {"name": to, "namespace": namespace},
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": to},
        "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "kubeflow"}],
    }


def held(*items: Mapping[str, Any]) -> Holder:
    [holder] = holders_of([dict(item) for item in items])
    return holder


def test_a_binding_of_the_cluster_holds_everywhere() -> None:
    holder = held(role("ClusterRole", "r", RULE), binding("ClusterRoleBinding", "r"))

    assert (holder.name, holder.place) == ("kubeflow/a", EVERYWHERE)
    assert holder.rights == {"deployments.apps": {"create", "get"}}


def test_a_namespace_in_a_binding_of_the_cluster_means_nothing() -> None:
    there = {"namespace": "kubeflow"}

    holder = held(
        role("ClusterRole", "r", RULE, metadata=there), binding("ClusterRoleBinding", "r", "x")
    )

    assert holder.place == EVERYWHERE
    assert "deployments.apps" in holder.rights


def test_a_binding_in_a_namespace_holds_there() -> None:
    holder = held(role("ClusterRole", "r", RULE), binding("RoleBinding", "r", "x"))

    assert holder.place == "x"


def test_what_kubernetes_gathers_is_in_a_role() -> None:
    gathering = {"clusterRoleSelectors": [{"matchLabels": {"to": "r"}}]}

    holder = held(
        role("ClusterRole", "r", aggregationRule=gathering),
        role("ClusterRole", "part", RULE, metadata={"labels": {"to": "r"}}),
        role("ClusterRole", "other", {**RULE, "resources": ["pods"]}),
        binding("ClusterRoleBinding", "r"),
    )

    assert set(holder.rights) == {"deployments.apps"}


def test_a_role_of_kubernetes_is_named() -> None:
    holder = held(binding("ClusterRoleBinding", "cluster-admin"))

    assert holder.rights == {"the role cluster-admin": {"everything of"}}


@pytest.mark.parametrize(
    ("resource", "verb"),
    [
        ("configmaps", "get"),
        ("notebooks.kubeflow.org", "watch"),
        ("events", "create"),
        ("leases.coordination.k8s.io", "update"),
        ("notebooks/status.kubeflow.org", "patch"),
    ],
)
def test_what_is_harmless_is_left_out(resource: str, verb: str) -> None:
    assert notable({resource: frozenset({verb})}, load_harmless()) == {}


@pytest.mark.parametrize(
    ("resource", "verb"),
    [
        ("secrets", "get"),
        ("secrets (one)", "get"),
        ("pods/exec", "get"),
        ("nodes/proxy", "get"),
        ("*", "get"),
        ("*.*", "list"),
        ("pods", "create"),
        ("services/status", "update"),
        ("things.example.com", "delete"),
        ("clusterroles.rbac.authorization.k8s.io", "escalate"),
        ("users", "impersonate"),
    ],
)
def test_what_no_line_names_is_shown(resource: str, verb: str) -> None:
    assert notable({resource: frozenset({verb})}, load_harmless()) == {
        frozenset({verb}): [resource]
    }


def test_the_table_says_who_where_and_why() -> None:
    argo = Holder(name="kubeflow/argo", place=EVERYWHERE, rights={"pods": frozenset({"create"})})
    there = Holder(name="kubeflow/argo", place="kubeflow", rights=argo.rights)
    [_, _, row] = rights_table([argo, there]).splitlines()

    assert row.startswith("| kubeflow/argo | everywhere | create: pods | Pods and claims")


def test_many_verbs_are_one_word() -> None:
    everything = frozenset({"create", "delete", "patch", "update", "get", "list", "watch"})
    holder = Holder(name="kubeflow/argo", place="x", rights={"secrets": everything})

    assert "| write, read: secrets |" in rights_table([holder])


def test_rights_without_a_reason_are_refused() -> None:
    nobody = Holder(name="else/where", place="x", rights={"pods": frozenset({"create"})})

    with pytest.raises(UserError, match=r"reasons\.yaml: else/where has rights \(x\)"):
        rights_table([nobody])


@pytest.mark.upstream
def test_every_reason_is_about_somebody(all_upstream_variants: Platform) -> None:
    holders = holders_of(all_upstream_variants.objects)

    assert [
        (each.who, each.where)
        for each in load_reasons()
        if not any(each.is_for(holder) for holder in holders)
    ] == []


@pytest.mark.upstream
def test_everybody_who_has_rights_has_a_reason(all_upstream_variants: Platform) -> None:
    assert rights_table(holders_of(all_upstream_variants.objects))


@pytest.mark.upstream
def test_whoever_has_rights_runs(upstream_platform: Platform) -> None:
    """An account that nothing runs as has rights for whoever comes to use it."""
    running = {
        f"{metadata(item).get('namespace')}/{spec.get('serviceAccountName') or 'default'}"
        for item in upstream_platform.objects
        if (spec := pod_spec(item))
    }
    bound = {each.name for each in holders_of(upstream_platform.objects) if "/" in each.name}

    assert bound - running == set()


@pytest.mark.upstream
def test_nobody_reads_the_secrets_of_all_namespaces_but_those_who_are_known(
    upstream_platform: Platform,
) -> None:
    readers = {
        each.name
        for each in holders_of(upstream_platform.objects)
        if each.place == EVERYWHERE and {"list", "watch", "*"} & each.rights.get("secrets", set())
    }

    assert readers == {
        "cert-manager/cert-manager",
        "cert-manager/cert-manager-cainjector",
        "istio-system/istiod",
        "knative-serving/controller",
        "kubeflow-system/kubeflow-trainer-controller-manager",
        # Upstream's hook makes Secrets with keys, where artifacts are in the cluster.
        "kubeflow/meta-controller-service",
    }


@pytest.mark.upstream
def test_visualizations_are_nobodys(upstream_platform: Platform) -> None:
    """Its server runs the Python that is posted to it, for whoever names no namespace."""
    [policy] = [
        item
        for item in upstream_platform.objects
        if str(key_of(item)).startswith("AuthorizationPolicy")
        and metadata(item)["name"] == "ml-pipeline-visualizationserver"
    ]

    assert policy["spec"] == {"selector": {"matchLabels": {"app": policy_label(policy)}}}


def policy_label(policy: Mapping[str, Any]) -> str:
    return str(policy["metadata"]["name"])
