"""Resources as the engine makes them, one at a time, in services of moto."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from localcloud.kubernetes.nodes import Node
from localcloud.kubernetes.trees import Tree
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.registry import Registry

ACCOUNT = "123456789012"
REGION = "us-west-2"


class Services:
    """Makes clients of a moto server, one per service and region."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str = REGION) -> Any:
        """A client of a service."""
        key = (service, region)
        if key not in self._clients:
            self._clients[key] = boto3.client(
                service,
                region_name=region,
                endpoint_url=self._endpoint,
                aws_access_key_id="testing",
                aws_secret_access_key="testing",  # noqa: S106
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
            )
        return self._clients[key]

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._clients.values():
            client.close()


@dataclass
class Api:
    """The part of a Kubernetes API that a cluster's properties come from."""

    url: str = "https://127.0.0.1:6443"
    ca_certificate: str = "-----BEGIN CERTIFICATE-----\n"

    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


@dataclass
class Apis:
    """Remembers which Kubernetes APIs run."""

    running: dict[tuple[str, str, str], str] = field(default_factory=dict)
    defined: list[str] = field(default_factory=list)
    nodes: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def start(self, account: str, region: str, name: str, version: str) -> Api:
        self.running[account, region, name] = version
        return Api()

    def stop(self, account: str, region: str, name: str) -> None:
        self.running.pop((account, region, name), None)

    def define(self, account: str, region: str, name: str, definitions: Sequence[Tree]) -> None:
        assert (account, region, name) in self.running
        self.defined += [each["metadata"]["name"] for each in definitions]

    def have_nodes(
        self, account: str, region: str, name: str, group: str, nodes: Sequence[Node]
    ) -> None:
        assert not nodes or (account, region, name) in self.running
        self.nodes[name, group] = [node.name for node in nodes]


@dataclass
class Stack:
    """Creates, updates and deletes resources as the engine does."""

    services: Services
    registry: Registry
    apis: Apis
    tags: dict[str, str] = field(default_factory=dict)

    def client(self, service: str, region: str = REGION) -> Any:
        return self.services.client(service, region)

    def request(self, resource_type: str, properties: Properties, name: str = "Thing") -> Request:
        return Request(
            account=ACCOUNT,
            region=REGION,
            stack_id=f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/Test/1",
            stack_name="Test",
            logical_id=name,
            resource_type=resource_type,
            properties=properties,
            clients=self.services,
            tags=self.tags,
        )

    def create(self, resource_type: str, **properties: Any) -> Resource:
        request = self.request(resource_type, properties)
        self.registry.check(request)
        return self.registry.provider_of(resource_type).create(request)

    def update(
        self, resource_type: str, resource: Resource, old: Properties, **properties: Any
    ) -> Resource:
        request = self.request(resource_type, properties)
        self.registry.check(request)
        assert not self.registry.replaced_by(request, old)
        return self.registry.provider_of(resource_type).update(request, resource, old)

    def subnets(self, vpc: str) -> list[str]:
        return [
            self.create(
                "AWS::EC2::Subnet",
                VpcId=vpc,
                CidrBlock=f"10.0.{number}.0/24",
                AvailabilityZone=f"us-west-2{zone}",
            ).physical_id
            for number, zone in enumerate("ab")
        ]

    def delete(self, resource_type: str, resource: Resource, **properties: Any) -> None:
        request = self.request(resource_type, properties)
        self.registry.provider_of(resource_type).delete(request, resource)
