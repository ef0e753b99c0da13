"""A cloud whose only resource type is a thing that records what is done to it."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localcloud.cloudformation.api import Call, CloudFormationApi
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.stack import Stack, Stacks
from localcloud.resources.provider import (
    CancelledError,
    NotEmulatedError,
    Properties,
    Provider,
    Request,
    Resource,
    ResourceError,
)

REGION = "us-west-2"
ACCOUNT = "123456789012"
THING = "Test::Thing"


class Things(Provider):
    """Makes things that exist in a dictionary.

    A thing with ``Fail: create`` (or update, delete) fails that way, with ``Fail: partly`` it
    leaves something, with ``Fail: slow`` it ends only when the operation is cancelled. To and from
    ``Fail: unknown`` there is no update at all.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.existing: dict[str, Properties] = {}
        self.together = threading.Barrier(2)
        self._numbers = itertools.count(1)

    def create(self, request: Request) -> Resource:
        self.calls.append(f"create {request.logical_id}")
        match request.properties.get("Fail"):
            case "create":
                raise ResourceError(f"{request.logical_id} cannot be made")
            case "slow":
                assert request.cancelled.wait(10)
                raise CancelledError("cancelled")
            case "partly":
                self.existing["part"] = {}
                raise ResourceError("only a part was made", Resource(physical_id="part"))
        if request.properties.get("Together"):
            self.together.wait(10)
        made = self._resource(f"thing-{next(self._numbers)}", request)
        self.existing[made.physical_id] = request.properties
        return made

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        assert old != request.properties
        self.calls.append(f"update {request.logical_id}")
        if request.properties.get("Fail") == "update":
            raise ResourceError(f"{request.logical_id} cannot be changed")
        if "unknown" in (request.properties.get("Fail"), old.get("Fail")):
            raise NotEmulatedError(f"nobody wrote how {request.logical_id} changes")
        self.existing[resource.physical_id] = request.properties
        return self._resource(resource.physical_id, request)

    def find_existing(self, request: Request) -> Resource | None:
        name = request.properties.get("Name")
        for physical_id, properties in self.existing.items():
            if name and properties.get("Name") == name:
                return self._resource(physical_id, request)
        return None

    def delete(self, request: Request, resource: Resource) -> None:
        self.calls.append(f"delete {request.logical_id}")
        if self.existing[resource.physical_id].get("Fail") == "delete":
            raise ResourceError(f"{request.logical_id} does not go")
        del self.existing[resource.physical_id]

    def snapshot(self, request: Request, resource: Resource) -> None:
        assert resource.physical_id in self.existing
        self.calls.append(f"snapshot {request.logical_id}")

    def _resource(self, physical_id: str, request: Request) -> Resource:
        size = request.properties.get("Size", "0")
        return Resource(physical_id=physical_id, attributes={"Size": size, "Inner.Name": "inner"})


class _Types:
    """Knows `THING` alone; its Name cannot be changed without replacement."""

    def __init__(self) -> None:
        self.things = Things()

    def provider_of(self, resource_type: str) -> Provider:
        if resource_type != THING:
            raise ResourceError(f"the local cloud does not know {resource_type}")
        return self.things

    def check(self, request: Request) -> None:
        self.provider_of(request.resource_type)

    def replaced_by(self, request: Request, old: Properties) -> list[str]:
        return ["Name"] if old.get("Name") != request.properties.get("Name") else []


@dataclass
class _Services:
    """Stands for S3, where the templates of nested stacks are, and for Systems Manager."""

    bodies: dict[str, str] = field(default_factory=dict)

    def client(self, service: str, region: str) -> Any:
        assert region == REGION
        assert service in {"s3", "ssm", "ec2"}
        return self

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803  # boto3's
        assert Bucket == "templates"
        return {"Body": _Body(self.bodies[Key])}

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803
        assert WithDecryption
        return {"Parameter": {"Value": f"value of {Name}"}}

    def describe_availability_zones(self) -> dict[str, Any]:
        return {"AvailabilityZones": [{"ZoneName": f"{REGION}{letter}"} for letter in "ab"]}


@dataclass
class _Body:
    text: str

    def read(self) -> bytes:
        return self.text.encode()


class FakeCloud:
    """CloudFormation over things, used through the actions of its API."""

    def __init__(self) -> None:
        self._services = _Services()
        types = _Types()
        self.things = types.things
        self.stacks = Stacks()
        self.engine = Engine(Environment(stacks=self.stacks, types=types, clients=self._services))
        self.api = CloudFormationApi(self.engine)

    def call(self, action: str, **parameters: object) -> dict[str, Any]:
        """Call an action, and wait for what it began."""
        call = Call(account=ACCOUNT, region=REGION, parameters=parameters)
        answer = self.api.actions[action](call)
        self.engine.wait()
        return answer

    def deploy(self, name: str, resources: Mapping[str, Any], **sections: object) -> str:
        """Create or update a stack, and return its status."""
        exists = any(stack.name == name and stack.exists for stack in self.stacks.all())
        body = json.dumps({"Resources": resources, **sections})
        self.call("UpdateStack" if exists else "CreateStack", StackName=name, TemplateBody=body)
        return self.stack(name).status

    def delete(self, name: str) -> str:
        """Delete a stack, and return its status."""
        self.call("DeleteStack", StackName=name)
        return self.stack(name).status

    def nested(self, key: str, resources: Mapping[str, Any], **sections: object) -> dict[str, Any]:
        """A nested stack's resource, its template put where it is looked for."""
        self._services.bodies[key] = json.dumps({"Resources": resources, **sections})
        url = f"https://s3.{REGION}.amazonaws.com/templates/{key}"
        return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}

    def stack(self, name: str) -> Stack:
        """The newest stack of a name, even if it is deleted."""
        return [stack for stack in self.stacks.all() if stack.name == name][-1]

    def nested_in(self, name: str) -> list[Stack]:
        """The stacks nested in a stack, the deleted ones included."""
        return [s for s in self.stacks.all() if s.parent_id == self.stack(name).id]

    def statuses(self, stack: Stack) -> list[str]:
        """The statuses that a stack itself went through."""
        return [event.status for event in stack.events if event.physical_id == stack.id]

    def reason(self, stack: Stack, logical_id: str) -> str:
        """Why a resource failed last."""
        return next(
            event.reason or ""
            for event in reversed(stack.events)
            if event.logical_id == logical_id and event.status.endswith("_FAILED")
        )


def thing(*depends_on: str, policy: str | None = None, **properties: object) -> dict[str, Any]:
    """A thing of a template.

    Args:
        depends_on: DependsOn.
        policy: DeletionPolicy, and UpdateReplacePolicy where that knows it.
        properties: Any.
    """
    resource: dict[str, Any] = {"Type": THING, "Properties": properties}
    if depends_on:
        resource["DependsOn"] = list(depends_on)
    if policy:
        resource["DeletionPolicy"] = policy
        resource["UpdateReplacePolicy"] = "Delete" if policy == "RetainExceptOnCreate" else policy
    return resource
