"""Services of moto, and a stack to make resources in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from localcloud.moto_service import let_mysql_8_4_have_options
from localcloud.resources.registry import Registry
from tests.localcloud.resources.stack import Apis, Services, Stack


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    let_mysql_8_4_have_options()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    clients = Services(f"http://{host}:{port}")
    yield clients
    clients.close()
    server.stop()


@pytest.fixture
def stack(services: Services) -> Stack:
    apis = Apis()
    return Stack(services=services, registry=Registry(kubernetes=apis), apis=apis)
