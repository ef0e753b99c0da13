"""The UI of Pipelines behind its guard, in the real Envoy."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from aiohttp import web

from kubeflow_aws.objects.kubernetes_object import key_of
from tests.gateway.backend import Backend
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.rbac import rbac_filters
from tests.gateway.serving import serving
from tests.pipelines.asked import SOURCES
from tests.support.assembly import Assembly

collect_ignore = [] if SOURCES else ["test_asked_by_the_ui.py"]

API_SERVER = "outbound|8888||ml-pipeline.kubeflow.svc.cluster.local"
_TYPES = "type.googleapis.com/envoy.extensions.filters"


@dataclass
class ApiServer:
    """Answers who may look into a namespace, as the API server of Pipelines does.

    Attributes:
        questions: Everything that it was asked.
    """

    questions: list[tuple[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        user = request.headers.get("kubeflow-userid", "")
        namespace = request.query["namespace"]
        self.questions.append((user, namespace))
        assert request.path == "/apis/v1beta1/auth"
        assert (request.query["resources"], request.query["verb"]) == ("VIEWERS", "GET")
        allowed = user == f"{namespace}@example.com"
        return web.json_response({}, status=200 if allowed else 403)


@dataclass(frozen=True, kw_only=True)
class GuardedUi:
    """The UI, as the gateway reaches it.

    Attributes:
        url: Without a path.
        behind: What reached the UI.
        api_server: Who was asked.
    """

    url: str
    behind: Backend
    api_server: ApiServer

    def get(self, path: str, user: str | None = "alice@example.com", *, method: str = "GET") -> int:
        """The status of an answer."""
        headers = {"kubeflow-userid": user} if user else {}
        return get_as_it_is(self.url, path, headers, method=method)


def get_as_it_is(
    url: str, path: str, headers: Mapping[str, str] | None = None, *, method: str = "GET"
) -> int:
    """The status of an answer to a path that goes out letter by letter; redirects are not taken."""
    request = requests.Request(method, url, headers=dict(headers or {})).prepare()
    request.url = url + path
    with requests.Session() as session:
        return session.send(request, timeout=20, allow_redirects=False).status_code


def _cluster(name: str, port: int) -> dict[str, Any]:
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    return {
        "name": name,
        "connect_timeout": "2s",
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}}]}],
        },
    }


def _config(
    filters: list[dict[str, Any]], *, port: int, admin: int, clusters: dict[str, int]
) -> dict[str, Any]:
    """A sidecar: filters in front of the first of some clusters, each on a port of this machine."""
    manager = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "inbound",
        # As istiod sets it by default (MeshConfig.pathNormalization, BASE).
        "normalize_path": True,
        "http_filters": [
            *filters,
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"},
            },
        ],
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "ui",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"prefix": "/"}, "route": {"cluster": next(iter(clusters))}}
                    ],
                }
            ]
        },
    }
    return {
        "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": admin}}},
        "static_resources": {
            "listeners": [
                {
                    "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                    "filter_chains": [
                        {
                            "filters": [
                                {
                                    "name": "envoy.filters.network.http_connection_manager",
                                    "typed_config": manager,
                                }
                            ]
                        }
                    ],
                }
            ],
            "clusters": [_cluster(name, each) for name, each in clusters.items()],
        },
    }


@pytest.fixture(
    scope="session",
    params=[
        pytest.param("rds_s3_assembly", id="s3"),
        pytest.param("sample_assembly", id="in-cluster"),
    ],
)
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """A deployment with artifacts in S3, and one with them in the cluster."""
    found: Assembly = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def ui(assembly: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedUi]:
    [item] = [item for item in assembly.objects() if key_of(item).name == "ml-pipeline-ui-guard"]
    found: Any = item
    [patch] = found["spec"]["configPatches"]
    assert patch["patch"]["operation"] == "INSERT_BEFORE"
    backend, api_server = Backend(), ApiServer()
    app = web.Application()
    app.router.add_get("/{path:.*}", api_server.answer)
    port, admin, api = free_port(), free_port(), free_port()
    config = _config(
        [patch["patch"]["value"]],
        port=port,
        admin=admin,
        clusters={"ui": backend.address[1], API_SERVER: api},
    )
    with ExitStack() as stack:
        stack.enter_context(serving(app, api))
        folder: Path = tmp_path_factory.mktemp("ui")
        stack.enter_context(running_envoy(config, folder))
        yield GuardedUi(url=f"http://127.0.0.1:{port}", behind=backend, api_server=api_server)


@dataclass(frozen=True, kw_only=True)
class SealedApiServer:
    """The API server of Pipelines behind its policies of denial.

    Attributes:
        url: Without a path.
        behind: What reached it.
    """

    url: str
    behind: Backend


@pytest.fixture(scope="session")
def sealed_api_server(
    assembly: Assembly, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SealedApiServer]:
    port, admin, backend = free_port(), free_port(), Backend()
    [policy] = [
        item for item in assembly.objects() if key_of(item).name == "ml-pipeline-deny-log-server"
    ]
    # The port that it listens on here.
    here = json.loads(json.dumps(policy).replace('"8888"', f'"{port}"'))
    config = _config(
        rbac_filters([here]), port=port, admin=admin, clusters={"api": backend.address[1]}
    )
    with running_envoy(config, tmp_path_factory.mktemp("api")):
        yield SealedApiServer(url=f"http://127.0.0.1:{port}", behind=backend)
