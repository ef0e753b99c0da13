"""Starts the Kubernetes API of a cluster: a real control plane, else the small one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from localcloud.kubernetes import ca_bundles, load_balancers, volumes, workloads
from localcloud.kubernetes.api import Authenticate, KubernetesApi
from localcloud.kubernetes.ca_bundles import CaBundles
from localcloud.kubernetes.changes import Changes
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.control_plane import ControlPlane, ControlPlaneProps
from localcloud.kubernetes.controllers import Controllers, Part
from localcloud.kubernetes.in_process import InProcessApi
from localcloud.kubernetes.load_balancers import LoadBalancers
from localcloud.kubernetes.volumes import Volumes
from localcloud.kubernetes.workloads import Workloads


@dataclass(frozen=True, kw_only=True, slots=True)
class StartProps:
    """Inputs of `start_api`.

    Attributes:
        version: Of Kubernetes, for example ``1.35``; a real one has the version of its programs.
        authenticate: Decides about bearer tokens.
        folder: For files of a real one.
        programs: Folder with the programs of a control plane; None for the small API.
        region: Part of load balancers' host names.
    """

    version: str
    authenticate: Authenticate
    folder: Path
    programs: Path | None
    region: str


class ControlledApi:
    """An API together with the stand-ins for what else acts on a cluster.

    Args:
        api: The API.
        token: One that the API takes, for the stand-ins.
        props: See `StartProps`.
    """

    def __init__(self, api: KubernetesApi, token: str, props: StartProps) -> None:
        self._api = api
        self._token = token
        self._client = self._new_client()
        parts = _parts(self._client, api, props)
        watched = {path for part in parts for path in part.watched}
        self._changes = Changes(self._new_client, sorted(watched))
        self._controllers = Controllers(parts, self._changes)

    @property
    def url(self) -> str:
        """``https://127.0.0.1:PORT``."""
        return self._api.url

    @property
    def ca_certificate(self) -> str:
        """The CA that signed its certificate, in PEM."""
        return self._api.ca_certificate

    def pause(self) -> None:
        """Refuse connections until `resume`."""
        self._api.pause()

    def resume(self) -> None:
        """End an outage."""
        self._api.resume()

    def stop(self) -> None:
        """Stop everything for good."""
        self._controllers.stop()
        self._client.close()
        self._api.stop()
        self._changes.join()

    def _new_client(self) -> Client:
        return Client(self._api.url, self._api.ca_certificate, self._token)


def start_api(props: StartProps) -> KubernetesApi:
    """Start an API and what acts on it.

    Raises:
        RuntimeError: If a real one does not come up.
    """
    token = secrets.token_urlsafe(32)

    def authenticate(given: str) -> str | None:
        if secrets.compare_digest(given, token):
            return "localcloud-controllers"
        return props.authenticate(given)

    if props.programs is None:
        return ControlledApi(InProcessApi(props.version, authenticate), token, props)
    real = ControlPlane(
        ControlPlaneProps(
            programs=props.programs,
            authenticate=authenticate,
            token=token,
            folder=props.folder,
        )
    )
    return ControlledApi(real, token, props)


def _parts(client: Client, api: KubernetesApi, props: StartProps) -> list[Part]:
    """What acts on either API, and what a real one's controllers and drivers would do."""
    last = (
        Part(reconcile=Volumes(client).reconcile, watched=volumes.WATCHED)
        if props.programs
        else Part(reconcile=Workloads(client).reconcile, watched=workloads.WATCHED)
    )
    return [
        Part(
            reconcile=LoadBalancers(client, region=props.region).reconcile,
            watched=load_balancers.WATCHED,
        ),
        Part(
            reconcile=CaBundles(client, ca_certificate=api.ca_certificate).reconcile,
            watched=ca_bundles.WATCHED,
        ),
        last,
    ]
