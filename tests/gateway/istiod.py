"""A real istiod on a real API server, with the objects that we apply.

Where the variable `PILOT_DISCOVERY` names its program, all tests of the gateway run in what it
makes of them, instead of `tests.gateway.pilot`. See docs/contributing.md.
"""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from localcloud.kubernetes.programs import control_plane_of
from tests.gateway.dump import gateway_config
from tests.gateway.envoy import free_port
from tests.gateway.issuers import Issuers
from tests.gateway.rbac import Config
from tests.gateway.xds import Dump, Proxy, config_dump
from tests.platform.bare import apply_all
from tests.support.kubernetes import MERGE, Cluster, running_cluster
from tests.support.platforms import PROJECT

VARIABLE: Final = "PILOT_DISCOVERY"
SYSTEM: Final = "istio-system"
GATEWAY: Final = "istio-ingressgateway"
ROUTES: Final = "http.8080"
_CONFIG_MAP: Final = f"/api/v1/namespaces/{SYSTEM}/configmaps/istio"
_OTHER_ADDRESSES: Final = ("httpsAddr", "secureGRPCAddr", "monitoringAddr")
_START_SECONDS: Final = 60
_READ: Final = frozenset({"ConfigMap", "Ingress", "IngressClass", "Namespace", "Service"})
"""Kinds of Kubernetes itself that it reads, of those that we apply."""

Objects = Iterable[Mapping[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Istiod:
    """A running istiod.

    Attributes:
        cluster: Where it reads.
        issuers: Where it fetches keys.
        xds_port: Where proxies ask.
        debug_port: Where it shows what it sends.
        folder: For the files of those who ask.
    """

    cluster: Cluster
    issuers: Issuers
    xds_port: int
    debug_port: int
    folder: Path

    def dump(self, proxy: Proxy) -> Dump:
        """What a proxy gets."""
        return config_dump(
            proxy, xds_port=self.xds_port, debug_port=self.debug_port, folder=self.folder
        )

    def gateway(self, objects: Objects) -> Proxy:
        """The gateway's proxy, as the agent in its pod makes it known.

        That is pkg/bootstrap/config.go of Istio: labels, the proxy's part of the mesh's
        configuration with the pod's annotation over it, and all variables `ISTIO_META_...`.
        """
        template = _deployment(objects, GATEWAY)["spec"]["template"]
        pod = template["metadata"]
        mesh = yaml.safe_load(self.cluster.get(_CONFIG_MAP)["data"]["mesh"])
        annotations = pod.get("annotations", {})
        metadata = {
            "NAMESPACE": SYSTEM,
            "LABELS": pod["labels"],
            "ANNOTATIONS": annotations,
            "PROXY_CONFIG": {
                **mesh.get("defaultConfig", {}),
                **json.loads(annotations.get("proxy.istio.io/config", "{}")),
            },
            "ISTIO_VERSION": _image(template).rpartition(":")[2],
            **{
                name.removeprefix("ISTIO_META_"): value
                for name, value in _variables(template).items()
                if name.startswith("ISTIO_META_")
            },
        }
        have_pod(self.cluster, SYSTEM, f"{GATEWAY}-0", "10.1.0.1", pod["labels"])
        return Proxy(
            kind="router",
            pod=f"{GATEWAY}-0",
            namespace=SYSTEM,
            address="10.1.0.1",
            metadata=metadata,
            routes=[ROUTES],
        )


@dataclass(frozen=True, kw_only=True)
class Programs:
    """What is run.

    Attributes:
        istiod: The program `pilot-discovery`.
        control_plane: Folder with the programs of a control plane.
    """

    istiod: Path
    control_plane: Path


def programs_of(environment: Mapping[str, str]) -> Programs | None:
    """What the environment names.

    Raises:
        RuntimeError: It names an istiod that is not there, or that has no control plane.
    """
    name = environment.get(VARIABLE)
    if not name:
        return None
    program, control_plane = Path(name).resolve(), control_plane_of(PROJECT)
    if not program.is_file():
        raise RuntimeError(f"{VARIABLE} names {name}, which is no file")
    if control_plane is None:
        raise RuntimeError(f"{VARIABLE} needs a real control plane: make control-plane")
    return Programs(istiod=program, control_plane=control_plane)


def sent_config(
    objects: Objects,
    *,
    programs: Programs,
    folder: Path,
    keys: Mapping[str, str],
    port: int,
    admin_port: int,
    backend: tuple[str, int],
) -> Config:
    """The same as `tests.gateway.pilot.envoy_config`, from a real istiod.

    Args:
        objects: All objects of the cluster.
        programs: What is run.
        folder: Takes the files of it all.
        keys: JSON Web Key Set by the address where istiod fetches it.
        port: Where the gateway listens, on this machine.
        admin_port: Where Envoy's own pages are.
        backend: Where every request goes that passes.
    """
    items = list(objects)
    with running_istiod(items, programs=programs, folder=folder, keys=keys) as istiod:
        dump = istiod.dump(istiod.gateway(items))
    return gateway_config(dump, port=port, admin_port=admin_port, backend=backend)


@contextmanager
def running_istiod(
    objects: Objects, *, programs: Programs, folder: Path, keys: Mapping[str, str]
) -> Iterator[Istiod]:
    """Apply objects to a new control plane, and run istiod in it until the block ends.

    Args:
        objects: All objects of the cluster; it gets those that istiod reads.
        programs: What is run.
        folder: Takes the files of it all.
        keys: JSON Web Key Set by the address where istiod fetches it.

    Raises:
        RuntimeError: It did not start; the text is the end of its log.
    """
    items = list(objects)
    with running_cluster(folder / "cluster", programs=programs.control_plane) as cluster:
        read = [dict(item) for item in items if is_read(item)]
        refused = apply_all(cluster, [*_namespaces(read), *read])
        assert not refused, refused
        issuers = Issuers(keys, folder / "issuers")
        istiod = Istiod(
            cluster=cluster,
            issuers=issuers,
            xds_port=free_port(),
            debug_port=free_port(),
            folder=folder / "asking",
        )
        with _running(istiod, programs.istiod, items, folder / "istiod"):
            yield istiod


def is_read(item: Mapping[str, Any]) -> bool:
    """Whether istiod reads an object, or its kind comes with it."""
    if item["kind"] == "CustomResourceDefinition":
        return str(item["spec"]["group"]).endswith(".istio.io")
    group = str(item["apiVersion"]).partition("/")[0]
    return group.endswith(".istio.io") or item["kind"] in _READ


def _namespaces(items: Objects) -> list[dict[str, Any]]:
    """The namespaces that no object is."""
    made = {item["metadata"]["name"] for item in items if item["kind"] == "Namespace"}
    named = {item["metadata"].get("namespace", "default") for item in items}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in sorted(named - made)
    ]


def have_pod(
    cluster: Cluster, namespace: str, name: str, address: str, labels: Mapping[str, str]
) -> None:
    """A running pod, for istiod finds by it the services of a proxy."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    if cluster.exists(f"{path}/{name}"):
        return
    restricted = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    pod = {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "main", "image": "none", "securityContext": restricted}],
        },
    }
    status = {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}
    cluster.done("POST", path, pod)
    cluster.done("PATCH", f"{path}/{name}/status", {"status": status}, content_type=MERGE)


@contextmanager
def _running(istiod: Istiod, program: Path, items: Objects, folder: Path) -> Iterator[None]:
    folder.mkdir()
    log = folder / "log"
    # Its own variables as they are applied, but for what belongs to this machine.
    environment = _variables(_deployment(items, "istiod")["spec"]["template"]) | {
        "POD_NAME": "istiod-0",
        "POD_NAMESPACE": SYSTEM,
        "HOME": str(folder),
        "ENABLE_DEBUG_ON_HTTP": "true",
        "HTTP_PROXY": istiod.issuers.proxy,
        "HTTPS_PROXY": istiod.issuers.proxy,
        "SSL_CERT_FILE": str(istiod.issuers.authority),
    }
    command = [
        *(str(program), "discovery", f"--kubeconfig={istiod.cluster.program.kubeconfig}"),
        f"--httpAddr=127.0.0.1:{istiod.debug_port}",
        f"--grpcAddr=127.0.0.1:{istiod.xds_port}",
        *(f"--{name}=127.0.0.1:{free_port()}" for name in _OTHER_ADDRESSES),
        f"--ctrlz_port={free_port()}",
    ]
    # The mesh's configuration comes from the cluster: there is no file of it in this folder.
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        _wait(process, istiod.debug_port, log)
        yield
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    raise RuntimeError(f"istiod does not start: {log.read_text('utf-8')[-4000:]}")


def _deployment(objects: Objects, name: str) -> dict[str, Any]:
    [found] = [
        item
        for item in objects
        if item["kind"] == "Deployment" and item["metadata"]["name"] == name
    ]
    return dict(found)


def _image(template: Mapping[str, Any]) -> str:
    return str(template["spec"]["containers"][0]["image"])


def _variables(template: Mapping[str, Any]) -> dict[str, str]:
    """The variables of a pod's first container that have a value of their own."""
    given = template["spec"]["containers"][0].get("env", ())
    return {each["name"]: each["value"] for each in given if "value" in each}
