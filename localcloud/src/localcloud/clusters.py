"""The Kubernetes APIs of the emulated EKS clusters, and who may use them."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from localcloud.identity import principal_of
from localcloud.kubernetes.api import Authenticate, KubernetesApi
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.nodes import NODE_GROUP, Node, have_nodes
from localcloud.kubernetes.trees import Tree
from localcloud.resources.provider import ResourceError

StartApi: TypeAlias = Callable[[str, Authenticate, Path, str], KubernetesApi]
"""Starts an API of a Kubernetes version that keeps its files in a folder, for a region."""
MayAccess: TypeAlias = Callable[[str, str], bool]
"""Whether a principal has an access entry: of a cluster's ARN, to a role's ARN."""


class Clusters:
    """Starts and stops an API for each cluster.

    Args:
        folder: For the APIs' files.
        start_api: Starts one.

    Attributes:
        admin_token: Opens every API: for the person at this machine, who has no IAM role.
        may_access: Asked for everybody else.
    """

    def __init__(self, folder: Path, start_api: StartApi) -> None:
        self._folder = folder
        self._start_api = start_api
        self._apis: dict[str, KubernetesApi] = {}
        self._lock = threading.Lock()
        self.admin_token = secrets.token_urlsafe(32)
        self.may_access: MayAccess = lambda _cluster, _principal: False

    @property
    def apis(self) -> dict[str, KubernetesApi]:
        """The running APIs by the ARNs of their clusters."""
        with self._lock:
            return dict(self._apis)

    def start(self, account: str, region: str, name: str, version: str) -> KubernetesApi:
        """Start the API of a cluster.

        Raises:
            RuntimeError: If it has one.
        """
        arn = _arn(account, region, name)
        if arn in self.apis:
            raise RuntimeError(f"{arn} has an API already")
        api = self._start_api(
            version,
            lambda token: self._user(arn, token),
            self._folder / region / name,
            region,
        )
        with self._lock:
            self._apis[arn] = api
        return api

    def stop(self, account: str, region: str, name: str) -> None:
        """Stop the API of a cluster, if it has one."""
        with self._lock:
            api = self._apis.pop(_arn(account, region, name), None)
        if api is not None:
            api.stop()

    def define(self, account: str, region: str, name: str, definitions: Sequence[Tree]) -> None:
        """Create CustomResourceDefinitions in a cluster; those that are there stay.

        Raises:
            ResourceError: If the cluster's API refuses one, or does not answer.
        """
        with self._client(self.apis[_arn(account, region, name)]) as client:
            for definition in definitions:
                with _existing_is_fine():
                    client.post(
                        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition
                    )

    def have_nodes(
        self, account: str, region: str, name: str, group: str, nodes: Sequence[Node]
    ) -> None:
        """Let the nodes of a managed group be these; without a cluster there are none.

        Raises:
            ResourceError: If the cluster's API refuses something, or does not answer.
        """
        api = self.apis.get(_arn(account, region, name))
        if api is None:
            return
        with self._client(api) as client:
            have_nodes(client, f"{NODE_GROUP}={group}", nodes)

    def stop_all(self) -> None:
        """Stop every API."""
        with self._lock:
            apis = list(self._apis.values())
            self._apis.clear()
        for api in apis:
            api.stop()

    @contextmanager
    def _client(self, api: KubernetesApi) -> Iterator[Client]:
        """A client whose errors are a resource's."""
        client = Client(api.url, api.ca_certificate, self.admin_token)
        try:
            yield client
        except ClientError as error:
            raise ResourceError(f"the cluster's Kubernetes API: {error}") from error
        finally:
            client.close()

    def _user(self, arn: str, token: str) -> str | None:
        if secrets.compare_digest(token, self.admin_token):
            return "localcloud-admin"
        principal = principal_of(token)
        return principal if principal and self.may_access(arn, principal) else None


@contextmanager
def _existing_is_fine() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.code != 409:
            raise


def _arn(account: str, region: str, name: str) -> str:
    return f"arn:aws:eks:{region}:{account}:cluster/{name}"
