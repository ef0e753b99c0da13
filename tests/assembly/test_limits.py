"""The templates keep AWS's limits and our budgets (docs/architecture.md, Budgets)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kubeflow_aws.manifests.packs import MAX_ANSWER_BYTES, MAX_PACK_BYTES, pack_component
from kubeflow_aws.manifests.platform import Platform
from tests.support.assembly import Assembly, applies, gates, resources

pytestmark = pytest.mark.upstream


@pytest.fixture(
    params=["upstream_assembly", "upstream_cognito_assembly", "upstream_default_assembly"]
)
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """The default deployment, and the one with most of everything."""
    found: Assembly = request.getfixturevalue(request.param)
    return found


def of_kubeflow(assembly: Assembly) -> dict[str, dict[str, Any]]:
    return {n: t for n, t in assembly.templates.items() if n.startswith("KubeflowPlatform")}


def sizes(assembly: Assembly) -> dict[str, int]:
    return {
        name: next(assembly.folder.glob(f"{name}.*template.json")).stat().st_size
        for name in assembly.templates
    }


def test_no_template_is_near_the_limit_of_a_megabyte(assembly: Assembly) -> None:
    assert max(sizes(assembly).values()) < 800_000


def test_the_kubeflow_stack_is_under_2_2_megabytes(assembly: Assembly) -> None:
    found = sizes(assembly)

    assert sum(found[name] for name in of_kubeflow(assembly)) < 2_200_000


def test_no_stack_has_more_resources_or_outputs_than_cloudformation_allows(
    assembly: Assembly,
) -> None:
    for template in assembly.templates.values():
        assert len(template["Resources"]) <= 500
        assert len(template.get("Outputs", {})) <= 200
        assert len(template.get("Parameters", {})) <= 200


def test_the_kubeflow_stack_has_at_most_45_custom_resources(assembly: Assembly) -> None:
    # People come on top, and a StorageClass for each shared file system.
    count = sum(
        len(applies(template)) + len(gates(template))
        for name, template in of_kubeflow(assembly).items()
        if not re.search("Contributors|Efs|Fsx", name)
    )

    assert count <= 45


def test_packs_keep_their_limits(upstream_platform: Platform, assembly: Assembly) -> None:
    for one in upstream_platform.components:
        for pack in pack_component(one.component, one.objects):
            assert pack.escaped_bytes <= MAX_PACK_BYTES
            assert pack.answer_bytes <= MAX_ANSWER_BYTES
    for template in assembly.templates.values():
        for pack_resource in applies(template).values():
            assert len(json.dumps(pack_resource["Properties"])) < 250_000


def test_at_most_eight_applies_come_one_after_another(assembly: Assembly) -> None:
    platform = assembly.stack("Platform")
    nested = resources(platform, "AWS::CloudFormation::Stack")

    def template_of(logical_id: str) -> dict[str, Any]:
        name = logical_id.partition("NestedStack")[0]
        return assembly.nested(f"Platform{name}")

    def longest(template: dict[str, Any], names: set[str]) -> int:
        def depth(name: str) -> int:
            before = set(template["Resources"][name].get("DependsOn", ())) & names
            is_apply = name in applies(template)
            return is_apply + max((depth(each) for each in before), default=0)

        return max((depth(name) for name in names), default=0)

    def chain(logical_id: str) -> int:
        own = template_of(logical_id)
        before = set(nested[logical_id].get("DependsOn", ())) & nested.keys()
        inside = longest(own, set(applies(own)) | set(gates(own)))
        return inside + max((chain(each) for each in before), default=0)

    assert max(chain(each) for each in nested) <= 8
