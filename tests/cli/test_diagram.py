"""The diagrams say what the templates say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3 as s3

from kubeflow_aws.assembly.stack_graph import Stack, stacks_of
from kubeflow_aws.assembly.templates import NESTED_TYPE
from kubeflow_aws.cli.diagram import diagrams_of, part_lines, stack_lines
from kubeflow_aws.files.errors import UserError
from tests.support.assembly import Assembly, CheckedAssembly, new_app

ARROW: Final = re.compile(r"  n(\w+) (?:(-->)|(-\.->))(?:\|\"(.*)\"\|)? n(\w+)")
BOX: Final = re.compile(r"  n(\w+)\[\"(.*)\"\]")


def arrows(lines: Iterable[str]) -> dict[tuple[str, str], str]:
    """What stands beside each arrow; `dotted` for an order alone."""
    found = [match for line in lines if (match := ARROW.fullmatch(line))]
    return {
        (each[1], each[5]): "dotted" if each[3] else (each[4] or "").replace("<br>", " ")
        for each in found
    }


def boxes(lines: Iterable[str]) -> dict[str, str]:
    """What stands in each box."""
    found = [match for line in lines if (match := BOX.fullmatch(line))]
    return {each[1]: each[2].replace("<br>", " ") for each in found}


@pytest.fixture(scope="session")
def default(option: Callable[[str], CheckedAssembly]) -> Assembly:
    return option("cognito-rds-s3").assembly


@pytest.fixture(scope="session")
def platform(default: Assembly) -> Stack:
    [found] = [stack for stack in stacks_of(default.folder) if stack.name.endswith("Platform")]
    return found


def test_an_arrow_between_stacks_is_an_output_that_a_template_reads(default: Assembly) -> None:
    stacks = stacks_of(default.folder)
    names = [stack.name for stack in stacks]
    texts = {
        name: " ".join(
            file.read_text("utf-8") for file in default.folder.glob(f"{name}*.template.json")
        )
        for name in names
    }

    assert {pair for pair, label in arrows(stack_lines(stacks)).items() if label != "dotted"} == {
        (owner, reader)
        for reader in names
        for owner in names
        if re.search(rf'"Fn::GetStackOutput": {{\s+"StackName": "{owner}"', texts[reader])
    }


def test_stacks_say_what_they_hold_and_pass_on(default: Assembly) -> None:
    lines = list(stack_lines(stacks_of(default.folder)))

    assert boxes(lines)["KubeflowData"].startswith("KubeflowData RDS database, 2 secrets")
    assert "load balancer by Ingress" in boxes(lines)["KubeflowPlatform"]
    assert "2 node pools" in boxes(lines)["KubeflowCluster"]
    label = arrows(lines)["KubeflowCluster", "KubeflowPlatform"]
    assert label == "EKS cluster, OIDC issuer, cluster security group, function, role"
    assert "master user secret" in arrows(lines)["KubeflowData", "KubeflowPlatform"]


def test_components_wait_for_what_their_nested_stacks_depend_on(
    default: Assembly, platform: Stack
) -> None:
    drawn = set(arrows(part_lines(platform)))
    resources = default.stack("KubeflowPlatform")["Resources"]
    nested = {
        logical_id: logical_id.partition("NestedStack")[0]
        for logical_id, each in resources.items()
        if each["Type"] == NESTED_TYPE and logical_id.startswith("Components")
    }
    given = {
        (nested[earlier], name)
        for logical_id, name in nested.items()
        for earlier in resources[logical_id].get("DependsOn", ())
        if earlier in nested
    }

    assert given <= reachable(drawn)
    assert {pair for pair in reachable(drawn) if set(pair) <= set(nested.values())} <= reachable(
        given
    )
    # Nothing is drawn that other arrows say already.
    assert not [pair for pair in drawn if pair in reachable(drawn - {pair})]
    assert ("ComponentsIstio", "ComponentsPipelines") not in drawn


def reachable(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """All pairs that a chain of these joins."""
    found = set(pairs)
    while more := {(a, d) for a, b in found for c, d in pairs if b == c} - found:
        found |= more
    return found


def test_what_must_be_ready_stands_in_the_box(platform: Stack) -> None:
    found = boxes(part_lines(platform))

    assert found["ComponentsIstio"] == "istio waits for Deployment istiod"
    assert found["ComponentsDatabase"] == "database waits for Job database-bootstrap"
    assert found["Names"] == "names 2 DNS records waits for Ingress kubeflow"
    assert found["DataAccess"] == "data access 6 pod roles"


def test_the_largest_deployment_can_still_be_read(production_assembly: Assembly) -> None:
    text = diagrams_of(production_assembly.folder)

    for diagram in text.split("```mermaid")[1:]:
        assert 8 <= len(boxes(diagram.splitlines())) <= 40
        assert max(len(line) for line in diagram.splitlines()) < 300


def test_many_profiles_are_one_part(platform: Stack) -> None:
    assert not [name for name in boxes(part_lines(platform)) if re.search(r"\d", name)]


def test_an_order_alone_is_dotted_and_another_region_is_named(tmp_path: Path) -> None:
    app = new_app(tmp_path)
    west = cdk.Environment(region="us-west-2")
    first = cdk.Stack(app, "First", env=west)
    buckets = [s3.Bucket(first, name) for name in ("A", "B")]
    second = cdk.Stack(app, "Second", env=west)
    copy = s3.CfnBucket(second, "Copy")
    cdk.Tags.of(copy).add("arn", buckets[0].bucket_arn)
    cdk.Tags.of(copy).add("name", buckets[0].bucket_name)
    third = cdk.Stack(app, "Third", env=cdk.Environment(region="us-east-1"))
    third.add_stack_dependency(first)
    s3.Bucket(third, "C")
    app.synth()
    lines = list(stack_lines(stacks_of(tmp_path)))

    assert boxes(lines) == {
        "First": "First 2 S3 buckets",
        "Second": "Second S3 bucket",
        "Third": "Third in us-east-1 S3 bucket",
    }
    # Name and ARN of one bucket are one thing.
    assert arrows(lines) == {("First", "Second"): "S3 bucket", ("First", "Third"): "dotted"}


def test_stacks_stand_in_the_order_of_the_deployment(default: Assembly) -> None:
    manifest = json.loads((default.folder / "manifest.json").read_text("utf-8"))["artifacts"]
    order = list(boxes(stack_lines(stacks_of(default.folder))))

    for earlier, later in pairwise(order):
        assert later not in manifest[earlier]["dependencies"]


def test_a_folder_without_an_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no cloud assembly; run make synth"):
        diagrams_of(tmp_path)
