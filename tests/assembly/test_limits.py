"""The templates keep AWS's limits and our budgets (docs/architecture.md, Budgets)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kubeflow_aws.applying.limits import AT_ONCE
from kubeflow_aws.rendering.packs import MAX_ANSWER_BYTES, MAX_PACK_BYTES, pack_component
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, applies, gates
from tests.support.custom_resources import most_at_once, most_in_a_row, order_of

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


@pytest.mark.parametrize("stack", ["Platform", "Cluster"])
def test_at_most_four_custom_resources_are_in_flight(stack: str, assembly: Assembly) -> None:
    """A new account may run ten functions at once, and each holds two."""
    assert most_at_once(order_of(assembly, stack)) <= AT_ONCE == 4


def test_at_most_twenty_custom_resources_come_one_after_another(assembly: Assembly) -> None:
    assert most_in_a_row(order_of(assembly, "Platform")) <= 20
