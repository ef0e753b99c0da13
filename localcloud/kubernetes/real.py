"""A real kube-apiserver with its etcd, from the folder that KUBEBUILDER_ASSETS names.

The folder is what envtest's ``setup-envtest use -p path`` prints. No pod runs here, so nobody
answers for webhooks: admission webhooks are switched off. Conversion webhooks cannot be: objects of
a CRD with one can be used in the version that is stored; a request for another version fails at
once, for the API server calls nothing that is not on loopback.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import yaml

from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.certificates import loopback_certificate
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.token_webhook import TokenWebhook

PROGRAMS: Final = ("etcd", "kube-apiserver")
_SUPERVISE: Final = Path(__file__).with_name("supervise.py")
_START_SECONDS: Final = 60
# Webhooks' pods do not run, and no controller makes the ServiceAccount that a pod needs.
_WITHOUT: Final = "MutatingAdmissionWebhook,ServiceAccount,ValidatingAdmissionWebhook"


class RealApi:
    """A Kubernetes API; see `localcloud.kubernetes.api.KubernetesApi`.

    Args:
        assets: Folder with the programs of `PROGRAMS`.
        authenticate: Decides about bearer tokens.
        probe_token: A token that `authenticate` takes, to see when it is up.
        folder: For data, certificates and logs; removed in the end.

    Raises:
        RuntimeError: If it does not come up; the text names its log.
    """

    def __init__(
        self, assets: Path, authenticate: Authenticate, probe_token: str, folder: Path
    ) -> None:
        self._assets = assets
        self._folder = folder
        self._probe_token = probe_token
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        certificate = loopback_certificate()
        self.ca_certificate = certificate.ca_certificate
        for name, text in (
            ("tls.crt", certificate.certificate),
            ("tls.key", certificate.key),
        ):
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text)
        self._webhook = TokenWebhook(authenticate)
        self._webhook.write_config(folder / "webhook.yaml")
        (folder / "egress.yaml").write_text(yaml.safe_dump(_no_egress(folder)))
        self._etcd_port, self._etcd_peer_port, self._port = _free_ports(3)
        self.url = f"https://127.0.0.1:{self._port}"
        self._etcd = self._start("etcd", *self._etcd_arguments())
        self._server = self._start("kube-apiserver", *self._server_arguments())
        try:
            self._wait()
        except RuntimeError:
            self.stop()
            raise

    def pause(self) -> None:
        """Stop the API server; etcd keeps the objects."""
        _end(self._server)

    def resume(self) -> None:
        """Start the API server again, and wait until it is ready."""
        self._server = self._start("kube-apiserver", *self._server_arguments())
        self._wait()

    def stop(self) -> None:
        """Stop all processes, and remove their files."""
        _end(self._server)
        _end(self._etcd)
        self._webhook.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / f"{program}.log").open("ab") as log:
            return subprocess.Popen(
                # Isolated, for this folder's modules must not stand in for Python's own.
                [sys.executable, "-I", str(_SUPERVISE), str(self._assets / program), *arguments],
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
            "--service-cluster-ip-range=10.100.0.0/16",
            "--service-account-issuer=https://localcloud.invalid",
            f"--service-account-key-file={self._folder / 'tls.crt'}",
            f"--service-account-signing-key-file={key}",
            "--authorization-mode=RBAC",
            f"--authentication-token-webhook-config-file={self._folder / 'webhook.yaml'}",
            "--authentication-token-webhook-version=v1",
            f"--egress-selector-config-file={self._folder / 'egress.yaml'}",
            "--authentication-token-webhook-cache-ttl=1s",
            f"--disable-admission-plugins={_WITHOUT}",
            "--enable-priority-and-fairness=false",
            "--allow-privileged=true",
        ]

    def _wait(self) -> None:
        client = Client(self.url, self.ca_certificate, self._probe_token)
        programs = {"etcd": self._etcd, "kube-apiserver": self._server}
        deadline = time.monotonic() + _START_SECONDS
        try:
            while time.monotonic() < deadline:
                ended = [name for name, program in programs.items() if program.poll() is not None]
                if ended:
                    raise RuntimeError(f"{ended[0]} ended: {self._end_of_log(ended[0])}")
                try:
                    client.get("/api/v1/namespaces/default")
                except ClientError:
                    time.sleep(0.2)
                else:
                    return
        finally:
            client.close()
        raise RuntimeError(
            f"kube-apiserver did not come up in {_START_SECONDS} seconds: "
            f"{self._end_of_log('kube-apiserver')}"
        )

    def _end_of_log(self, program: str) -> str:
        log = (self._folder / f"{program}.log").read_text(errors="replace")
        return " ".join(log.strip().splitlines()[-3:])


def _no_egress(folder: Path) -> dict[str, object]:
    """An ``EgressSelectorConfiguration``: what goes into the cluster goes through nobody's socket.

    Else the API server would call addresses of Services, which belong to nobody here or to a
    stranger, and wait.
    """
    transport = {"uds": {"udsName": str(folder / "nobody.sock")}}
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
