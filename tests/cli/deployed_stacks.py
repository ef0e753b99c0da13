"""CloudFormation as a plan asks it, of an assembly that counts as deployed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from kubeflow_aws.assembly.stacks import nested_files
from kubeflow_aws.assembly.templates import MANIFEST_TYPE
from tests.support.assembly import Assembly, Template


class DeployedStacks:
    """Answers as CloudFormation's API does."""

    def __init__(self, assembly: Assembly) -> None:
        self.folder = assembly.folder
        self.templates: dict[str, Template] = copy.deepcopy(assembly.templates)
        self.never_made: set[str] = set()
        self.left: list[str] = []
        self.meta = SimpleNamespace(region_name="us-west-2")

    def client(self, service: str, region_name: str = "us-west-2") -> Any:
        """As a session's; other regions have no stacks."""
        assert service == "cloudformation"
        if region_name == "us-west-2":
            return self
        pages = SimpleNamespace(paginate=lambda: [])
        meta = SimpleNamespace(region_name=region_name)
        return SimpleNamespace(get_paginator=lambda _: pages, meta=meta)

    def get_paginator(self, operation: str) -> DeployedStacks:
        assert operation == "describe_stacks"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for name in (*self.templates, *self.left):
            yield {"Stacks": [{"StackName": name, "StackStatus": "CREATE_COMPLETE"}]}

    def get_template(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803  # boto3's name
        if StackName not in self.templates:
            message = f"Stack with id {StackName} does not exist"
            answer = {"Error": {"Code": "ValidationError", "Message": message}}
            raise ClientError(answer, "GetTemplate")
        return {"TemplateBody": self.templates[StackName]}

    def describe_stack_resources(
        self,
        *,
        StackName: str,  # noqa: N803
        LogicalResourceId: str,  # noqa: N803
    ) -> dict[str, Any]:
        file = nested_files(self.folder, f"{StackName}.template.json")[LogicalResourceId].name
        resource = {"ResourceStatus": "CREATE_COMPLETE"}
        if LogicalResourceId not in self.never_made:
            resource["PhysicalResourceId"] = file.partition(".")[0]
        return {"StackResources": [resource]}

    def edit(self, kind: str, name: str, changes: dict[str, Any]) -> None:
        """Change fields of one object, as if an earlier version had been deployed."""

        def changed(item: dict[str, Any]) -> dict[str, Any]:
            return item | changes

        self._rewrite(kind, name, lambda item: [changed(item)])

    def add_beside(self, kind: str, name: str, more: dict[str, Any]) -> None:
        """Let the pack of one object have one more."""
        self._rewrite(kind, name, lambda item: [item, more])

    def remove(self, kind: str, name: str) -> None:
        """Take one object out of its pack."""
        self._rewrite(kind, name, lambda _: [])

    def _rewrite(self, kind: str, name: str, edit: Any) -> None:
        for template in self.templates.values():
            for resource in template["Resources"].values():
                if resource["Type"] != MANIFEST_TYPE:
                    continue
                manifest = resource["Properties"]["Manifest"]
                if not isinstance(manifest, str):
                    continue
                items = json.loads(manifest)
                resource["Properties"]["Manifest"] = json.dumps(
                    [
                        each
                        for item in items
                        for each in (
                            edit(item)
                            if (item["kind"], item["metadata"]["name"]) == (kind, name)
                            else [item]
                        )
                    ]
                )
