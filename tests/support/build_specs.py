"""What projects of CodeBuild run, in a template."""

from __future__ import annotations

import json
from typing import Any

from tests.support.assembly import Template, resources


def build_spec(template: Template, name: str) -> dict[str, Any]:
    """The one of the project with a name in its logical id."""
    [project] = [
        project["Properties"]
        for logical_id, project in resources(template, "AWS::CodeBuild::Project").items()
        if name in logical_id
    ]
    spec: dict[str, Any] = json.loads(flat(project["Source"]["BuildSpec"]))
    return spec


def flat(value: Any) -> str:
    """A text of a template; what only CloudFormation knows is left out, but for the partition."""
    if isinstance(value, str):
        return value
    if value == {"Ref": "AWS::Partition"}:
        return "aws"
    return "".join(map(flat, value["Fn::Join"][1])) if "Fn::Join" in value else ""
