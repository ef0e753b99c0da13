"""Starts the Kubernetes API of a cluster: a real control plane, else the small one."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.kubernetes import ca_bundles, load_balancers, volumes
from localcloud.kubernetes.api import Authenticate, KubernetesApi
from localcloud.kubernetes.ca_bundles import CaBundles
from localcloud.kubernetes.changes import Changes
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.control_plane import ControlPlane, ControlPlaneProps
from localcloud.kubernetes.controllers import Controllers, Reconcile
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
        client: For the stand-ins; closed in the end.
        parts: What they do.
        changes: What sets `changed`; None if the API itself does.
        changed: What wakes them.
    """

    def __init__(
        self,
        api: KubernetesApi,
        client: Client,
        parts: Sequence[Reconcile],
        changes: Changes | None,
        changed: threading.Event,
    ) -> None:
        self._api = api
        self._client = client
        self._changes = changes
        self._controllers = Controllers(parts, changed)

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
        if self._changes:
            self._changes.stop()
        self._controllers.stop()
        self._client.close()
        self._api.stop()


def start_api(props: StartProps) -> KubernetesApi:
    """Start an API and what acts on it.

    Raises:
        RuntimeError: If a real one does not come up.
    """
    token = secrets.token_urlsafe(32)

    def authenticate_us_too(given: str) -> str | None:
        if secrets.compare_digest(given, token):
            return "localcloud-controllers"
        return props.authenticate(given)

    if props.programs is None:
        small = InProcessApi(props.version, authenticate_us_too)
        client = Client(small.url, small.ca_certificate, token)
        return ControlledApi(
            small,
            client,
            (
                Workloads(client).reconcile,
                LoadBalancers(client, region=props.region).reconcile,
                CaBundles(client, ca_certificate=small.ca_certificate).reconcile,
            ),
            None,
            small.changed,
        )
    real = ControlPlane(
        ControlPlaneProps(
            programs=props.programs,
            authenticate=authenticate_us_too,
            token=token,
            folder=props.folder,
        )
    )
    client = Client(real.url, real.ca_certificate, token)
    watched = {*load_balancers.WATCHED, *ca_bundles.WATCHED, *volumes.WATCHED}
    changes = Changes(lambda: Client(real.url, real.ca_certificate, token), sorted(watched))
    return ControlledApi(
        real,
        client,
        (
            LoadBalancers(client, region=props.region).reconcile,
            CaBundles(client, ca_certificate=real.ca_certificate).reconcile,
            Volumes(client).reconcile,
        ),
        changes,
        changes.changed,
    )
