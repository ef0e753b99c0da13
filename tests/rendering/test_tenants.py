"""The policies of profiles hold there alone, and their lists are what the platform says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import yaml

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of, metadata
from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.profiles.network import NAME
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.storage.ports import FILE_SYSTEMS

WRITING = {"create", "update", "patch", "*"}
MESH = {"networking.istio.io", "security.istio.io"}

WRITES_ELSEWHERE = {
    # Workloads outside of the cluster register by it; nobody here has any.
    "system:serviceaccount:istio-system:istiod",
}
"""Who may write objects of the mesh and writes none in profiles."""

OF_ONE_PROGRAM = "only-people-as-contributors"
"""Holds a program that may change policies, and nobody else."""

CHANGES_POLICIES = ("admissionregistration.k8s.io", "validatingadmissionpolicies")


def policies(platform: Platform) -> dict[str, dict[str, Any]]:
    """The component's policies by their names."""
    [found] = [one for one in platform.components if one.component.name == "tenants"]
    return {
        str(metadata(item)["name"]): dict(item)
        for item in found.objects
        if item["kind"] == "ValidatingAdmissionPolicy"
    }


def variable(policy: dict[str, Any], name: str) -> str:
    [found] = [each["expression"] for each in policy["spec"]["variables"] if each["name"] == name]
    return str(found)


def writers(objects: Iterable[KubernetesObject], group: str, resource: str = "*") -> set[str]:
    """Service accounts that may write a kind (or any kind of a group) in every namespace."""
    items = [dict[str, Any](item) for item in objects]
    roles = {key_of(item).name: item for item in items if item["kind"] == "ClusterRole"}

    def rules(name: str) -> Iterator[dict[str, Any]]:
        if name == "cluster-admin":
            yield {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
        role = roles.get(name, {})
        yield from role.get("rules") or ()
        for selector in role.get("aggregationRule", {}).get("clusterRoleSelectors", ()):
            wanted = selector["matchLabels"].items()
            for other, gathered in roles.items():
                labels: dict[str, str] = gathered["metadata"].get("labels", {})
                if other != name and wanted <= labels.items():
                    yield from rules(other)

    def writes(rule: dict[str, Any]) -> bool:
        groups, resources = set(rule.get("apiGroups", ())), set(rule.get("resources", ()))
        # A rule for every group names kinds, and `services` is none of the mesh.
        named = group in groups if resource == "*" and "*" not in resources else True
        return bool(
            {group, "*"} & groups
            and named
            and (resource == "*" or {resource, "*"} & resources)
            and any("/" not in each for each in resources)
            and WRITING & set(rule["verbs"])
        )

    def subjects() -> Iterator[str]:
        for item in items:
            if item["kind"] != "ClusterRoleBinding":
                continue
            if any(map(writes, rules(item["roleRef"]["name"]))):
                for each in item["subjects"]:
                    yield f"system:serviceaccount:{each['namespace']}:{each['name']}"

    return set(subjects())


@pytest.mark.upstream
def test_controllers_of_the_mesh_are_those_whose_roles_let_them(
    upstream_platform: Platform,
) -> None:
    objects = upstream_platform.objects
    policy = policies(upstream_platform)["no-mesh-configuration"]
    listed = re.findall(r"'(system:[^']+)'", variable(policy, "controller"))
    administrators = writers(objects, *CHANGES_POLICIES)

    found = {name for group in MESH for name in writers(objects, group)}

    assert sorted(found - administrators - WRITES_ELSEWHERE) == listed
    assert found >= WRITES_ELSEWHERE


@pytest.mark.upstream
def test_who_makes_external_names_may_make_services(upstream_platform: Platform) -> None:
    policy = policies(upstream_platform)["only-inner-services"]
    listed = re.findall(r"'(system:[^']+)'", variable(policy, "makesExternalNames"))

    assert set(listed) <= writers(upstream_platform.objects, "", "services")


@pytest.mark.upstream
def test_only_the_profile_controller_is_no_tenant_by_its_rights(
    upstream_platform: Platform,
) -> None:
    """Who may change the policies is not held by them."""
    assert writers(upstream_platform.objects, *CHANGES_POLICIES) == {
        "system:serviceaccount:kubeflow:profiles-controller-service-account"
    }


@pytest.mark.upstream
def test_trials_run_what_katib_waits_for(upstream_platform: Platform) -> None:
    [config] = [
        item["data"]
        for item in upstream_platform.objects
        if metadata(item)["name"] == "katib-config"
    ]
    assert isinstance(config, dict)
    settings = yaml.safe_load(str(config["katib-config.yaml"]))
    waited = [each.split(".", 2) for each in settings["init"]["controller"]["trialResources"]]
    policy = policies(upstream_platform)["no-trials-of-other-kinds"]

    listed = re.findall(r"'([^']+)'", variable(policy, "kinds"))

    assert listed == sorted(f"{group}/{version} {kind}" for kind, version, group in waited)


def test_every_policy_holds_in_profiles_and_fails_closed(sample_platform: Platform) -> None:
    found = policies(sample_platform)

    assert "only-inner-services" in found
    for name, policy in found.items():
        assert policy["spec"]["failurePolicy"] == "Fail"
        [(key, value)] = policy["spec"]["matchConstraints"]["namespaceSelector"][
            "matchLabels"
        ].items()
        assert NAMESPACE_LABELS[key] == value
        if name == OF_ONE_PROGRAM:
            assert "request.userInfo.username ==" in str(policy["spec"]["matchConditions"])
            continue
        # Whoever may change this very policy.
        assert f".name('{name}').check('update')" in variable(policy, "administrator")
        assert all(
            "variables.administrator" in each["expression"]
            for each in policy["spec"]["validations"]
        )


@pytest.mark.upstream
def test_profiles_made_by_the_controller_have_the_label(upstream_platform: Platform) -> None:
    """Those of the deployment file have it from us."""
    [labels] = [
        str(item["data"])
        for item in upstream_platform.objects
        if item["kind"] == "ConfigMap" and "namespace-labels" in str(metadata(item)["name"])
    ]

    assert 'app.kubernetes.io/part-of: "kubeflow-profile"' in labels


def test_every_policy_is_bound(sample_platform: Platform) -> None:
    bound = {
        dict[str, Any](item)["spec"]["policyName"]: dict[str, Any](item)["spec"]
        for item in sample_platform.objects
        if item["kind"] == "ValidatingAdmissionPolicyBinding"
    }

    for name in policies(sample_platform):
        assert bound[name]["validationActions"] == ["Deny"]


def test_what_is_shut_are_the_ports_of_file_systems(sample_platform: Platform) -> None:
    shut = yaml.safe_load(variable(policies(sample_platform)["no-egress-to-file-systems"], "shut"))

    assert shut == [list(each) for each in FILE_SYSTEMS]


def test_the_policy_that_is_kept_is_that_of_the_profile(sample_platform: Platform) -> None:
    [condition] = policies(sample_platform)["keep-network-policies"]["spec"]["matchConditions"]

    assert condition["expression"] == f"oldObject.metadata.name == '{NAME}'"
