"""What is called after a deployment has a name that its service takes, however long it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.names import stack_prefix
from kubeflow_aws.files.data_file import read_data_file
from tests.support.assembly import Assembly, synthesize
from tests.support.deployments import variation
from tests.support.platforms import sample_of

LONGEST = "a-1-b-2-c-3-d-4-e-5f"
"""As long as a name can be, with as many hyphens."""

MACHINE = "m" * 63


class Name(BaseModel):
    """A property that is a name.

    Attributes:
        type: Of the resource.
        property: Path of the property.
        form: What the service takes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    property: str
    form: str


class AwsNames(BaseModel):
    """The file of names.

    Attributes:
        read_on: When the forms were looked up.
        names: Properties that are names.
        stack: The form of a stack's name.
        mentions: Properties that only speak of the deployment.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_on: date
    names: tuple[Name, ...]
    stack: str
    mentions: tuple[str, ...]


FORMS = read_data_file(Path(__file__).with_name("aws_names.yaml"), TypeAdapter(AwsNames))


@pytest.fixture(scope="module")
def longest(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """Production with everything on, under the longest name."""
    deployment = variation(
        data_plane,
        {
            "name": LONGEST,
            "environment": "production",
            "auth": {
                "users": [{"email": "alice@example.com"}],
                "cognito": {"custom_domain": True, "machine_clients": [{"name": MACHINE}]},
            },
        },
    )
    return synthesize(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("longest")
    )


def called_after(assembly: Assembly) -> dict[tuple[str, str], set[str]]:
    """The names with the deployment's in them, by type and property."""
    found: dict[tuple[str, str], set[str]] = {}
    for template in assembly.templates.values():
        for resource in template["Resources"].values():
            for path, text in texts(resource.get("Properties", {}), ""):
                if LONGEST in text or re.sub(r"\W", "", stack_prefix(LONGEST)) in text:
                    found.setdefault((resource["Type"], path), set()).add(text)
    return found


def texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    """What is written out in a property; references and tags have their own limits."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, list):
        for each in node:
            yield from texts(each, path)
    elif isinstance(node, dict):
        for key, value in node.items():
            below = f"{path}.{key}" if path else key
            if not key.startswith("Fn::") and key != "Ref" and not key.endswith("Tags"):
                yield from texts(value, below)


def test_every_name_is_one_that_its_service_takes(longest: Assembly) -> None:
    forms = {(each.type, each.property): each.form for each in FORMS.names}
    found = {
        key: names
        for key, names in called_after(longest).items()
        if key[1].partition(".")[0] not in FORMS.mentions
    }

    assert found.keys() == forms.keys()
    for key, names in found.items():
        assert [name for name in names if not re.fullmatch(forms[key], name)] == [], key


def test_every_stack_has_a_name_that_cloudformation_takes(longest: Assembly) -> None:
    assert {name for name in longest.templates if "Platform" not in name} >= {
        f"{stack_prefix(LONGEST)}Network"
    }
    for name in longest.templates:
        assert re.fullmatch(FORMS.stack, name)


def test_a_name_that_rds_refuses_would_fail() -> None:
    [form] = [each.form for each in FORMS.names if each.property == "DBInstanceIdentifier"]

    assert re.fullmatch(form, "a-b-metadata")
    assert not re.fullmatch(form, "a--b-metadata")
    assert not re.fullmatch(form, "a" * 64)
