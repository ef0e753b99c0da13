"""A real server with TLS, which stands in for RDS's: MariaDB, or MySQL where one is at hand.

What only MySQL 8.4 understands stands in comments that MariaDB and older ones skip, as their
documentation says ("Executable comment syntax", "Comments"): MariaDB's own default for new users is
the native plugin.
"""

from __future__ import annotations

import datetime
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

START_SECONDS = 60
NO_SOCKET = "127.1"
"""A name of the server for the C clients, which take `localhost` for a socket in a folder."""

SERVER_NAMES = ("localhost", NO_SOCKET)
ADMIN_PASSWORD = r"""a"b\c#d`e$f;g"""  # noqa: S105
"""RDS makes master passwords of nearly all characters."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server.

    Attributes:
        port: On localhost.
        authority: Who signed its certificate, in PEM.
        folder: Its files.
    """

    port: int
    authority: Path
    folder: Path

    def connect(
        self,
        user: str,
        password: str,
        *,
        database: str | None = None,
        tls: bool = True,
        host: str = "localhost",
    ) -> pymysql.connections.Connection[Any]:
        """A connection as some user, with TLS to this very server."""
        return pymysql.connect(
            host=host,
            port=self.port,
            user=user,
            password=password,
            database=database,
            ssl_ca=str(self.authority) if tls else None,
            ssl_verify_identity=tls,
            ssl_disabled=not tls,
            autocommit=True,
        )

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What the administrator gets for a statement."""
        with self.connect("admin", ADMIN_PASSWORD) as connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor.fetchall())

    @contextmanager
    def demanding_tls(self) -> Iterator[None]:
        """Until the block ends, it takes no connection without TLS, as RDS is told."""
        self.query("SET GLOBAL require_secure_transport = 1")
        try:
            yield
        finally:
            self.query("SET GLOBAL require_secure_transport = 0")


@contextmanager
def running_server(program: str, folder: Path) -> Iterator[Server]:
    """Run a server until the block ends.

    Args:
        program: Path of `mariadbd` or `mysqld`.
        folder: An empty folder for its files; its path must be short, for a socket lies in it.

    Raises:
        RuntimeError: It did not start; the text is its log.
    """
    authority = _certificates(folder)
    data, log = folder / "data", folder / "log"
    user = ["--user=root"] if os.geteuid() == 0 else []
    common = ["--no-defaults", f"--datadir={data}", *user]
    version = subprocess.run(
        [program, "--no-defaults", "--version"], check=True, capture_output=True, text=True
    ).stdout
    if "MariaDB" in version:
        install = [shutil.which("mariadb-install-db") or "mariadb-install-db"]
        own = ["--skip-test-db"]
    else:
        install, own = [program], ["--initialize-insecure"]
    subprocess.run([*install, *common, *own], check=True, capture_output=True)
    setup = folder / "setup.sql"
    escaped = ADMIN_PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
    setup.write_text(
        f"CREATE USER 'admin'@'%' IDENTIFIED BY '{escaped}';\n"
        "GRANT ALL PRIVILEGES ON *.* TO 'admin'@'%' WITH GRANT OPTION;\n"
    )
    port = _free_port()
    with log.open("w") as output:
        process = subprocess.Popen(
            [
                program,
                *common,
                # MySQL's, each of some versions: what another server does not know, it leaves.
                "--loose-default-authentication-plugin=mysql_native_password",
                "--loose-mysql-native-password=ON",
                "--loose-mysqlx=OFF",
                f"--port={port}",
                "--bind-address=127.0.0.1",
                f"--socket={folder / 's'}",
                f"--init-file={setup}",
                f"--ssl-ca={folder / 'chain.pem'}",
                f"--ssl-cert={folder / 'server.pem'}",
                f"--ssl-key={folder / 'server.key'}",
            ],
            stdout=output,
            stderr=output,
        )
    server = Server(port=port, authority=authority, folder=folder)
    try:
        _wait(server, process, log)
        yield server
    finally:
        process.terminate()
        process.wait(30)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            server.query("SELECT 1")
        except pymysql.MySQLError:
            time.sleep(0.1)
        else:
            return
    process.kill()
    raise RuntimeError(f"the server does not start: {log.read_text()[-4000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _certificates(folder: Path) -> Path:
    """A chain of the form that RDS has; returns the file of its root.

    Clients have the region's root. The server sends its own certificate with the subordinate
    authority's that signed it (RDS User Guide, "Certificate authorities").
    """
    now = datetime.datetime.now(datetime.UTC)
    common_names = ("Amazon RDS test Root CA", "Amazon RDS test Subordinate CA", "localhost")
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in common_names]
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in names]

    def certificate(index: int, signer: int, extension: x509.ExtensionType) -> bytes:
        made = (
            x509.CertificateBuilder()
            .subject_name(names[index])
            .issuer_name(names[signer])
            .public_key(keys[index].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(keys[signer], hashes.SHA256())
        )
        return made.public_bytes(serialization.Encoding.PEM)

    authority = folder / "authority.pem"
    root = certificate(0, 0, x509.BasicConstraints(ca=True, path_length=1))
    authority.write_bytes(root)
    own = certificate(2, 1, x509.SubjectAlternativeName([x509.DNSName(n) for n in SERVER_NAMES]))
    subordinate = certificate(1, 0, x509.BasicConstraints(ca=True, path_length=0))
    (folder / "server.pem").write_bytes(own + subordinate)
    # MySQL takes the first of the certificates above, and what else it sends from here.
    (folder / "chain.pem").write_bytes(subordinate + root)
    (folder / "server.key").write_bytes(
        keys[2].private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return authority
