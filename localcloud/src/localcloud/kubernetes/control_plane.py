"""A real Kubernetes control plane on loopback, with kwok in the place of every node's kubelet.

The programs are those of `localcloud.kubernetes.programs`. No container runs: kwok says that a pod
which the scheduler has placed is running (`kubelet.yaml`). So what needs an answer from within the
cluster gets a stand-in's: see `localcloud.kubernetes.in_cluster`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.certificates import Authority
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.in_cluster import InCluster
from localcloud.kubernetes.token_webhook import TokenWebhook

_SUPERVISE: Final = Path(__file__).with_name("supervise.py")
_KUBELET: Final = Path(__file__).with_name("kubelet.yaml")
_START_SECONDS: Final = 120
_DEFAULT_NAMESPACE: Final = "/api/v1/namespaces/default"
_OF_A_CONTROLLER: Final = f"{_DEFAULT_NAMESPACE}/configmaps/kube-root-ca.crt"
_SERVICES: Final = "10.100.0.0/16"
# EKS runs it beside the plug-ins that are on by default (EKS User Guide, "Kubernetes versions").
_ADMISSION: Final = "ExtendedResourceToleration"
# They say nothing on their own ports; the API server shows what they do.
_CLIENT: Final = ("--leader-elect=false", "--secure-port=0")
_RATE: Final = ("--kube-api-qps=200", "--kube-api-burst=400")


@dataclass(frozen=True, kw_only=True, slots=True)
class ControlPlaneProps:
    """Inputs of `ControlPlane`.

    Attributes:
        programs: Folder with the programs of `localcloud.kubernetes.programs.PROGRAMS`.
        authenticate: Decides about bearer tokens.
        token: One that `authenticate` takes, for the control plane's own parts.
        folder: For data, certificates and logs; removed in the end.
    """

    programs: Path
    authenticate: Authenticate
    token: str
    folder: Path


class ControlPlane:
    """A Kubernetes API; see `localcloud.kubernetes.api.KubernetesApi`.

    Args:
        props: See `ControlPlaneProps`.

    Raises:
        RuntimeError: If it does not come up; the text holds the end of its log.
    """

    def __init__(self, props: ControlPlaneProps) -> None:
        self._programs = props.programs
        self._folder = props.folder
        self._token = props.token
        self._port, self._etcd_port, self._etcd_peer_port = _free_ports(3)
        self.url = f"https://127.0.0.1:{self._port}"
        authority = Authority()
        self.ca_certificate = authority.certificate
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started = ExitStack()
        try:
            self._have_folder(authority)
            self._answer_calls(authority, props.authenticate)
            self._start_programs()
        except BaseException:
            # Ctrl-C, too: nobody else knows yet what is to be stopped.
            self.stop()
            raise

    def pause(self) -> None:
        """Stop the API server; etcd keeps the objects."""
        _end(self._running.pop("kube-apiserver"))

    def resume(self) -> None:
        """Start the API server again, and wait until it is ready."""
        self._start("kube-apiserver", *self._server_arguments())
        self._wait(_DEFAULT_NAMESPACE)

    def stop(self) -> None:
        """Stop all processes, and remove their files."""
        self._started.close()

    def _have_folder(self, authority: Authority) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True)
        self._started.callback(shutil.rmtree, self._folder, ignore_errors=True)
        self._write_secretly("tls.crt", authority.loopback.certificate)
        self._write_secretly("tls.key", authority.loopback.key)
        (self._folder / "ca.crt").write_text(authority.certificate)
        self._write_secretly("kubeconfig", json.dumps(self._kubeconfig()))

    def _answer_calls(self, authority: Authority, authenticate: Authenticate) -> None:
        """Listen to what the API server asks beside etcd."""
        webhook = TokenWebhook(authenticate)
        self._started.callback(webhook.stop)
        webhook.write_config(self._folder / "webhook.yaml")
        # Not in our folder: the path of a socket has at most 107 bytes on Linux, 103 on macOS.
        sockets = self._started.enter_context(tempfile.TemporaryDirectory(prefix="localcloud-"))
        socket_file = Path(sockets, "in-cluster.sock")
        client = Client(self.url, self.ca_certificate, self._token)
        in_cluster = InCluster(authority, client, socket_file)
        self._started.callback(in_cluster.stop)
        (self._folder / "egress.yaml").write_text(json.dumps(_egress(socket_file)))

    def _start_programs(self) -> None:
        self._started.callback(self._end_programs)
        self._start("etcd", *self._etcd_arguments())
        self._start("kube-apiserver", *self._server_arguments())
        self._wait(_DEFAULT_NAMESPACE)
        self._start("kube-controller-manager", *self._manager_arguments())
        self._start("kube-scheduler", self._own_kubeconfig, *_CLIENT, *_RATE)
        self._start("kwok", self._own_kubeconfig, *self._kwok_arguments())
        self._wait(_OF_A_CONTROLLER)

    def _end_programs(self) -> None:
        for name in reversed(list(self._running)):
            _end(self._running.pop(name))

    @property
    def _own_kubeconfig(self) -> str:
        return f"--kubeconfig={self._folder / 'kubeconfig'}"

    def _write_secretly(self, name: str, text: str) -> None:
        file = self._folder / name
        file.touch(mode=0o600)
        file.write_text(text)

    def _start(self, program: str, *arguments: str) -> None:
        with (self._folder / f"{program}.log").open("ab") as log:
            self._running[program] = subprocess.Popen(
                # Isolated, for this folder's modules must not stand in for Python's own.
                [sys.executable, "-I", str(_SUPERVISE), str(self._programs / program), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # All that it talks to is on loopback.
                env={k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
            )

    def _etcd_arguments(self) -> list[str]:
        client = f"http://127.0.0.1:{self._etcd_port}"
        peer = f"http://127.0.0.1:{self._etcd_peer_port}"
        return [
            f"--data-dir={self._folder / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            # Nothing of it outlives this process.
            "--unsafe-no-fsync",
        ]

    def _server_arguments(self) -> list[str]:
        key = self._folder / "tls.key"
        return [
            f"--etcd-servers=http://127.0.0.1:{self._etcd_port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={self._port}",
            f"--cert-dir={self._folder}",
            f"--tls-cert-file={self._folder / 'tls.crt'}",
            f"--tls-private-key-file={key}",
            f"--service-cluster-ip-range={_SERVICES}",
            "--service-account-issuer=https://localcloud.invalid",
            f"--service-account-key-file={self._folder / 'tls.crt'}",
            f"--service-account-signing-key-file={key}",
            "--authorization-mode=RBAC",
            f"--authentication-token-webhook-config-file={self._folder / 'webhook.yaml'}",
            "--authentication-token-webhook-version=v1",
            "--authentication-token-webhook-cache-ttl=1s",
            f"--egress-selector-config-file={self._folder / 'egress.yaml'}",
            f"--enable-admission-plugins={_ADMISSION}",
            "--enable-priority-and-fairness=false",
            "--allow-privileged=true",
        ]

    def _manager_arguments(self) -> list[str]:
        return [
            self._own_kubeconfig,
            f"--service-account-private-key-file={self._folder / 'tls.key'}",
            f"--root-ca-file={self._folder / 'ca.crt'}",
            *_CLIENT,
            *_RATE,
        ]

    def _kwok_arguments(self) -> list[str]:
        return [
            f"--config={_KUBELET}",
            "--manage-all-nodes=true",
            "--node-lease-duration-seconds=40",
        ]

    def _kubeconfig(self) -> dict[str, object]:
        authority = b64encode(self.ca_certificate.encode()).decode()
        cluster = {"server": self.url, "certificate-authority-data": authority}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "localcloud", "cluster": cluster}],
            "users": [{"name": "localcloud", "user": {"token": self._token}}],
            "contexts": [
                {"name": "localcloud", "context": {"cluster": "localcloud", "user": "localcloud"}}
            ],
            "current-context": "localcloud",
        }

    def _wait(self, path: str) -> None:
        """Wait until something is there, and no program has ended."""
        client = Client(self.url, self.ca_certificate, self._token)
        deadline = time.monotonic() + _START_SECONDS
        try:
            while time.monotonic() < deadline:
                for name, program in self._running.items():
                    if program.poll() is not None:
                        raise RuntimeError(f"{name} ended: {self._end_of_log(name)}")
                try:
                    client.get(path)
                except ClientError:
                    time.sleep(0.2)
                else:
                    return
        finally:
            client.close()
        raise RuntimeError(
            f"the control plane did not come up in {_START_SECONDS} seconds, there is no {path}: "
            f"{self._end_of_log('kube-apiserver')}"
        )

    def _end_of_log(self, program: str) -> str:
        log = (self._folder / f"{program}.log").read_text(errors="replace")
        return " ".join(log.strip().splitlines()[-3:])


def _egress(socket_file: Path) -> dict[str, object]:
    """An ``EgressSelectorConfiguration``: what goes into the cluster goes through our socket.

    Else the API server would call addresses of Services, which belong to nobody here or to a
    stranger.
    """
    transport = {"uds": {"udsName": str(socket_file)}}
    connection = {"proxyProtocol": "HTTPConnect", "transport": transport}
    return {
        "apiVersion": "apiserver.k8s.io/v1beta1",
        "kind": "EgressSelectorConfiguration",
        "egressSelections": [{"name": "cluster", "connection": connection}],
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
