"""Certificates of the mesh: who a workload is to another one's sidecar."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TRUST_DOMAIN = "cluster.local"


class Mesh:
    """The authority of a mesh, in the place of istiod's.

    Args:
        folder: Takes its files.

    Attributes:
        authority: The file of its certificate.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, TRUST_DOMAIN)])
        self.authority = folder / "root.pem"
        self.authority.write_bytes(self._certificate(self._key, None))

    def identity(self, namespace: str, account: str) -> tuple[Path, Path]:
        """The files of a service account's certificate and key."""
        key = ec.generate_private_key(ec.SECP256R1())
        chain, secret = (
            self._folder / f"{namespace}-{account}-{part}.pem" for part in ("chain", "key")
        )
        chain.write_bytes(
            self._certificate(key, f"spiffe://{TRUST_DOMAIN}/ns/{namespace}/sa/{account}")
        )
        secret.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return chain, secret

    def client(self, namespace: str, account: str) -> ssl.SSLContext:
        """How the sidecar of a workload connects to another one."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # It is the other side that is asked here who it is.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(*self.identity(namespace, account))
        context.set_alpn_protocols(["istio"])
        return context

    def _certificate(self, key: ec.EllipticCurvePrivateKey, identity: str | None) -> bytes:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]) if identity else self._name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(
                x509.BasicConstraints(ca=identity is None, path_length=None), critical=True
            )
        )
        if identity:
            name = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(identity)])
            builder = builder.add_extension(name, critical=True)
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
