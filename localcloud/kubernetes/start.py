"""Starts the Kubernetes API of a cluster: a real one if there is one, else the small one."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from localcloud.kubernetes.api import Authenticate, KubernetesApi
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.controllers import Controllers
from localcloud.kubernetes.in_process import InProcessApi
from localcloud.kubernetes.real import PROGRAMS, RealApi


class MissingAssetsError(Exception):
    """KUBEBUILDER_ASSETS names a folder without the programs."""


@dataclass(kw_only=True)
class ControlledApi:
    """An API together with the loop that plays its controllers."""

    api: KubernetesApi
    controllers: Controllers

    @property
    def url(self) -> str:
        """``https://127.0.0.1:PORT``."""
        return self.api.url

    @property
    def ca_certificate(self) -> str:
        """The CA that signed its certificate, in PEM."""
        return self.api.ca_certificate

    def pause(self) -> None:
        """Refuse connections until `resume`."""
        self.api.pause()

    def resume(self) -> None:
        """End an outage."""
        self.api.resume()

    def stop(self) -> None:
        """Stop both for good."""
        self.controllers.stop()
        self.api.stop()


def start_api(
    version: str, authenticate: Authenticate, folder: Path, assets: Path | None, region: str
) -> KubernetesApi:
    """Start an API and its controllers.

    Args:
        version: Of Kubernetes, for example ``1.35``; a real one has the version of its program.
        authenticate: Decides about bearer tokens.
        folder: For files of a real one.
        assets: Folder with ``kube-apiserver`` and ``etcd``; None for the small API.
        region: Part of load balancers' host names.

    Raises:
        MissingAssetsError: If the folder lacks a program.
        RuntimeError: If a real one does not come up.
    """
    token = secrets.token_urlsafe(32)

    def authenticate_us_too(given: str) -> str | None:
        if secrets.compare_digest(given, token):
            return "localcloud-controllers"
        return authenticate(given)

    api: KubernetesApi
    if assets is None:
        api = InProcessApi(version, authenticate_us_too)
    else:
        missing = [name for name in PROGRAMS if not (assets / name).is_file()]
        if missing:
            raise MissingAssetsError(
                f"KUBEBUILDER_ASSETS: {assets} has no {' and no '.join(missing)}; let it name the "
                "folder that `setup-envtest use -p path` prints, or unset it"
            )
        api = RealApi(assets, authenticate_us_too, token, folder)
    client = Client(api.url, api.ca_certificate, token)
    controllers = Controllers(client, region=region, ca_certificate=api.ca_certificate)
    return ControlledApi(api=api, controllers=controllers)
