"""What stacks read of each other holds none of them back (decision 0021)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubeflow_aws.assembly.stack_graph import outputs_read
from tests.support.assembly import Assembly, CheckedAssembly


def exports(assembly: Assembly) -> list[str]:
    return [
        f"{name}: {key}"
        for name, template in assembly.templates.items()
        for key, output in template.get("Outputs", {}).items()
        if "Export" in output
    ]


@pytest.mark.parametrize("name", ["vanilla", "cognito-rds-s3"])
def test_nothing_is_exported(name: str, option: Callable[[str], CheckedAssembly]) -> None:
    assert exports(option(name).assembly) == []


def test_what_is_read_is_an_output_of_a_stack(data_plane_assembly: Assembly) -> None:
    read = {
        (stack, output)
        for template in data_plane_assembly.templates.values()
        for stack, output in outputs_read(template)
    }

    assert {stack for stack, _ in read} >= {"KubeflowNetwork", "KubeflowData", "KubeflowIdentity"}
    assert [
        (stack, output)
        for stack, output in sorted(read)
        if output not in data_plane_assembly.templates[stack]["Outputs"]
    ] == []
