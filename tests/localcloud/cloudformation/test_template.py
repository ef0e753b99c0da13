"""What a template may be, and what its intrinsics come to."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.cloudformation.errors import CloudFormationError, TemplateError
from localcloud.cloudformation.template import parse
from tests.support.fake_cloud import FakeCloud, thing

ONE = {"A": thing()}


def value(cloud: FakeCloud, node: object, **sections: object) -> Any:
    """What a property of a resource comes to."""
    sections.setdefault("Parameters", {"Name": {"Type": "String", "Default": "given"}})
    status = cloud.deploy("app", {"A": thing(Size="9"), "B": thing("A", Of=node)}, **sections)
    assert status == "CREATE_COMPLETE", cloud.reason(cloud.stack("app"), "B")
    return cloud.stack("app").resources["B"].properties["Of"]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Name"}, "given"),
        ({"Ref": "AWS::Region"}, "us-west-2"),
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "A"}, "thing-1"),
        ({"Fn::GetAtt": ["A", "Size"]}, "9"),
        ({"Fn::GetAtt": "A.Size"}, "9"),
        ({"Fn::GetAtt": ["A", "Inner.Name"]}, "inner"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 1, True]]}, "a-given-1-true"),
        ({"Fn::Sub": "${Name}-${A.Size}-${!Kept}"}, "given-9-${Kept}"),
        ({"Fn::Sub": ["${X}${Name}", {"X": {"Ref": "A"}}]}, "thing-1given"),
        ({"Fn::Select": ["1", {"Fn::Split": [",", "a,b"]}]}, "b"),
        ({"Fn::Select": [0, {"Fn::GetAZs": ""}]}, "us-west-2a"),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Base64": "text"}, "dGV4dA=="),
        ({"Fn::ToJsonString": {"a": {"Ref": "Name"}}}, '{"a":"given"}'),
        ({"Fn::Length": ["a", "b"]}, 2),
        (["a", {"Ref": "AWS::NoValue"}], ["a"]),
        ({"k": {"Ref": "AWS::NoValue"}, "l": 1}, {"l": 1}),
        ("{{resolve:ssm:/path/name}}", "value of /path/name"),
    ],
)
def test_intrinsics(cloud: FakeCloud, node: object, expected: object) -> None:
    assert value(cloud, node) == expected


def test_a_mapping_gives_the_value_of_its_keys(cloud: FakeCloud) -> None:
    mapping = {"ByRegion": {"us-west-2": {"Zone": "Z1"}}}
    node = {"Fn::FindInMap": ["ByRegion", {"Ref": "AWS::Region"}, "Zone"]}
    assert value(cloud, node, Mappings=mapping) == "Z1"


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        ({"Fn::Nonsense": 1}, "does not know the intrinsic function Fn::Nonsense"),
        ({"Fn::Select": [5, ["a"]]}, "cannot select nonexistent value at index 5"),
        ({"Fn::Join": ["", "text"]}, "Fn::Join object requires a list"),
        ({"Fn::FindInMap": ["No", "such", "map"]}, "Unable to get mapping for No::such::map"),
        ("{{resolve:vault:secret}}", "does not know the dynamic reference"),
        ({"Fn::Sub": ["${X}", {"X": ["a"]}]}, "a string is needed"),
    ],
)
def test_an_intrinsic_that_cannot_be_resolved_fails_its_resource(
    cloud: FakeCloud, node: object, sentence: str
) -> None:
    assert cloud.deploy("app", {"A": thing(Of=node)}) == "ROLLBACK_COMPLETE"
    assert sentence in cloud.reason(cloud.stack("app"), "A")


@pytest.mark.parametrize(
    ("conditions", "exists"),
    [
        ({"C": {"Fn::Equals": [True, "true"]}}, True),
        ({"C": {"Fn::Not": [{"Fn::Equals": ["a", "a"]}]}}, False),
        (
            {
                "C": {"Fn::And": [{"Condition": "D"}, {"Condition": "D"}]},
                "D": {"Fn::Or": [{"Fn::Equals": [1, 2]}, {"Fn::Equals": [1, 1]}]},
            },
            True,
        ),
    ],
)
def test_conditions(cloud: FakeCloud, conditions: object, exists: bool) -> None:
    cloud.deploy("app", {**ONE, "B": {**thing(), "Condition": "C"}}, Conditions=conditions)
    assert ("B" in cloud.stack("app").resources) is exists


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ({"Resources": {}}, "At least one Resources member"),
        ({"Resources": ONE, "Transform": "X"}, "expands no Transform"),
        ({"Resources": {"A": {"Properties": {}}}}, "must contain a Type member"),
        ({"Resources": {"A-B": thing()}}, "non alphanumeric"),
        (
            {"Resources": {"A": {**thing(), "CreationPolicy": {}}}},
            "does not emulate CreationPolicy",
        ),
        ({"Resources": {"A": thing(policy="Archive")}}, "does not emulate the policy 'Archive'"),
        ({"Resources": {"A": thing("B")}}, r"Unresolved resource dependencies \[B\]"),
        ({"Resources": {"A": thing(X={"Fn::Sub": "${B.C}"})}}, r"dependencies \[B\]"),
        ({"Resources": {"A": thing("B"), "B": thing("A")}}, r"Circular dependency .*\[A, B\]"),
        ({"Resources": {"A": {**thing(), "Condition": "C"}}}, "condition dependency C"),
        ({"Resources": ONE, "Outputs": {"O": {"Value": {"Ref": "B"}}}}, "the Outputs block"),
        ({"Resources": {f"A{n}": thing() for n in range(501)}}, "501, is greater than .* 500"),
        (
            {"Resources": ONE, "Outputs": {f"O{n}": {"Value": "v"} for n in range(201)}},
            "Number of outputs, 201, is greater than maximum allowed, 200",
        ),
        ({"Resources": {"A": thing(X="x" * 1_000_000)}}, "may not exceed 1000000 bytes"),
    ],
)
def test_a_template_that_aws_would_refuse_is_refused(
    template: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(TemplateError, match=sentence):
        parse(json.dumps(template))


def test_what_is_neither_json_nor_yaml_is_refused() -> None:
    with pytest.raises(TemplateError, match="not JSON or YAML"):
        parse("Resources: [")


def test_yaml_with_short_forms_means_the_same_as_json() -> None:
    yaml = """
      Description: 2026-11-23
      Resources:
        A: {Type: Test::Thing}
        B:
          Type: Test::Thing
          Properties:
            Attribute: !GetAtt A.Size
            Text: !Sub
              - ${X}
              - X: !Ref A
            Zone: !Select [0, !GetAZs ""]
    """
    assert parse(yaml).resources["B"].properties == {
        "Attribute": {"Fn::GetAtt": "A.Size"},
        "Text": {"Fn::Sub": ["${X}", {"X": {"Ref": "A"}}]},
        "Zone": {"Fn::Select": [0, {"Fn::GetAZs": ""}]},
    }
    assert parse(yaml).description == "2026-11-23"


def test_a_long_template_must_come_from_s3(cloud: FakeCloud) -> None:
    with pytest.raises(CloudFormationError, match="less than or equal to 51200"):
        cloud.deploy("app", {"A": thing(X="x" * 51_200)})


@pytest.mark.parametrize(
    ("declaration", "given", "sentence"),
    [
        ({}, None, r"Parameters: \[P\] must have values"),
        ({"AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues"),
        ({"AllowedPattern": "[a-z]+"}, "1", "must match pattern"),
        ({}, "x" * 4097, "at most 4096 bytes"),
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(
    cloud: FakeCloud, declaration: dict[str, Any], given: str | None, sentence: str
) -> None:
    parameters = [{"ParameterKey": "P", "ParameterValue": given}] if given else []
    body = {"Resources": ONE, "Parameters": {"P": {"Type": "String", **declaration}}}
    with pytest.raises(TemplateError, match=sentence):
        cloud.call(
            "CreateStack", StackName="app", TemplateBody=json.dumps(body), Parameters=parameters
        )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("CommaDelimitedList", ["a", "b"]),
        ("List<AWS::EC2::Subnet::Id>", ["a", "b"]),
        ("AWS::SSM::Parameter::Value<String>", "value of a,b"),
    ],
)
def test_typed_parameters(cloud: FakeCloud, kind: str, expected: object) -> None:
    parameters = {"P": {"Type": kind, "Default": "a,b"}}
    assert value(cloud, {"Ref": "P"}, Parameters=parameters) == expected


def test_a_secret_parameter_is_not_shown(cloud: FakeCloud) -> None:
    body = {"Resources": ONE, "Parameters": {"P": {"Type": "String", "NoEcho": True}}}
    parameters = [{"ParameterKey": "P", "ParameterValue": "secret"}]
    cloud.call("CreateStack", StackName="app", TemplateBody=json.dumps(body), Parameters=parameters)
    assert "secret" not in json.dumps(cloud.call("DescribeStacks"), default=str)
