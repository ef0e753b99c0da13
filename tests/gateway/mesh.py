"""A pod's sidecar in the real Envoy: who calls is known by mutual TLS, and policies decide."""

from __future__ import annotations

import datetime
import json
import socket
import ssl
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.gateway.rbac import Config, rbac_filters

_TYPES = "type.googleapis.com/envoy.extensions"


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)])


_AUTHORITY = _name("authority")
_WORKLOAD = _name("workload")


class Authority:
    """Gives workloads their identities, as istiod does.

    Args:
        folder: Takes certificates and keys.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.file = folder / "authority.pem"
        certificate = self._certificate(
            _AUTHORITY, self._key, x509.BasicConstraints(ca=True, path_length=0)
        )
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def identity(self, principal: str) -> tuple[Path, Path]:
        """The files of a workload's certificate and key.

        Args:
            principal: cluster.local/ns/NAMESPACE/sa/ACCOUNT.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        uri = x509.UniformResourceIdentifier(f"spiffe://{principal}")
        certificate = self._certificate(_WORKLOAD, key, x509.SubjectAlternativeName([uri]))
        name = principal.replace("/", "-")
        files = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        files[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return files

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(_AUTHORITY)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=True)
            .sign(self._key, hashes.SHA256())
        )


def sidecar_config(
    policies: Iterable[Mapping[str, Any]],
    *,
    ports: Mapping[int, int],
    admin_port: int,
    authority: Authority,
    behind: int,
) -> Config:
    """Configuration of a sidecar.

    Args:
        policies: The AuthorizationPolicies that select the pod.
        ports: Ports of the pod, and where each of them listens on this machine.
        admin_port: Where Envoy's own pages are.
        authority: Who gave everybody her certificate.
        behind: Port of the server, on this machine.
    """
    text = json.dumps(list(policies))
    for port, here in ports.items():
        text = text.replace(f'"{port}"', f'"{here}"')
    filters = rbac_filters(json.loads(text))
    files = authority.identity("cluster.local/ns/team-1/sa/default-editor")
    return {
        "admin": {"address": _address(admin_port)},
        "static_resources": {
            "listeners": [_listener(each, filters, authority, files) for each in ports.values()],
            "clusters": [
                {
                    "name": "app",
                    "type": "STATIC",
                    "connect_timeout": "5s",
                    "load_assignment": {
                        "cluster_name": "app",
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": _address(behind)}}]}
                        ],
                    },
                }
            ],
        },
    }


def ask(
    port: int, authority: Authority, principal: str, *, user: str, path: str, method: str = "GET"
) -> int:
    """The status of what a workload asks in the name of a user."""
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = False
    certificate, key = authority.identity(principal)
    context.load_cert_chain(certificate, key)
    head = f"{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\nkubeflow-userid: {user}"
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        context.wrap_socket(plain) as connection,
    ):
        connection.sendall(f"{head}\r\n\r\n".encode())
        return int(connection.recv(4096).split()[1])


def _listener(
    port: int, filters: list[Config], authority: Authority, files: tuple[Path, Path]
) -> Config:
    certificate, key = files
    manager = {
        "@type": f"{_TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "inbound",
        # As istiod sets it by default (MeshConfig.pathNormalization, BASE).
        "normalize_path": True,
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "app",
                    "domains": ["*"],
                    "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "app"}}],
                }
            ]
        },
        "http_filters": [
            *filters,
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.filters.http.router.v3.Router"},
            },
        ],
    }
    name = "envoy.filters.network.http_connection_manager"
    return {
        "address": _address(port),
        "filter_chains": [
            {
                "filters": [{"name": name, "typed_config": manager}],
                "transport_socket": {
                    "name": "envoy.transport_sockets.tls",
                    "typed_config": {
                        "@type": f"{_TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
                        "require_client_certificate": True,
                        "common_tls_context": {
                            "tls_certificates": [
                                {
                                    "certificate_chain": {"filename": str(certificate)},
                                    "private_key": {"filename": str(key)},
                                }
                            ],
                            "validation_context": {"trusted_ca": {"filename": str(authority.file)}},
                        },
                    },
                },
            }
        ],
    }


def _address(port: int) -> Config:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
