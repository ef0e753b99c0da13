"""A Kubernetes API under test, as kubectl and as plain HTTP see it."""

from __future__ import annotations

import http.client
import itertools
import json
import ssl
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, metadata
from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.nodes import NODE_GROUP, Node, have_nodes
from localcloud.kubernetes.start import StartProps, start_api
from tests.support.kubectl import Kubectl
from tests.support.waiting import eventually

Tree: TypeAlias = dict[str, Any]

TOKEN = "of-the-tests"  # noqa: S105
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"
_TIMEOUT_SECONDS = 30.0


def authenticate(token: str) -> str | None:
    """Know one user."""
    return "tester" if token == TOKEN else None


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """One API, and the clients of it.

    Attributes:
        api: The API.
        program: Its kubectl.
    """

    api: KubernetesApi
    program: Kubectl

    @classmethod
    def of(cls, api: KubernetesApi, folder: Path) -> Cluster:
        """The cluster of an API; kubectl keeps its files in a folder."""
        kubectl = Kubectl(url=api.url, authority=api.ca_certificate, token=TOKEN, folder=folder)
        return cls(api=api, program=kubectl)

    @contextmanager
    def client(self) -> Iterator[Client]:
        """The client of the stand-ins."""
        with closing(Client(self.api.url, self.api.ca_certificate, TOKEN)) as client:
            yield client

    def try_kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl; it may fail."""
        return self.program.run(*arguments, stdin=stdin)

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl prints; it must not fail."""
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode == 0, f"{arguments}: {done.stderr}"
        return done.stdout

    def refusal(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl says when it fails."""
        done = self.try_kubectl(*arguments, stdin=stdin)
        assert done.returncode != 0, f"{arguments} should have failed: {done.stdout}"
        return done.stderr

    def apply(self, *items: Mapping[str, Any], manager: str = "one") -> None:
        """Apply server-side, by force."""
        self.kubectl(
            "apply",
            "--server-side",
            "--force-conflicts",
            f"--field-manager={manager}",
            "-f",
            "-",
            stdin=manifest(*items),
        )

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content_type: str = "application/json",
        token: str = TOKEN,
        user: str | None = None,
        group: str | None = None,
    ) -> tuple[int, Tree]:
        """The code and the body of an answer; a real API may be asked as another user."""
        with closing(self._connect()) as connection:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}
            if user:
                headers["Impersonate-User"] = user
            if user and group:
                headers["Impersonate-Group"] = group
            connection.request(method, path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else {}

    def done(
        self, method: str, path: str, body: object = None, *, content_type: str = "application/json"
    ) -> Tree:
        """The answer to a request that must not fail."""
        code, answer = self.request(method, path, body, content_type=content_type)
        assert code < 300, answer
        return answer

    def get(self, path: str) -> Tree:
        """An object or a list that must be there."""
        return self.done("GET", path)

    def exists(self, path: str) -> bool:
        """Whether something is there."""
        code, answer = self.request("GET", path)
        assert code in {200, 404}, answer
        return code == 200

    def address_of(self, item: KubernetesObject, namespace: str) -> str:
        """The path of an object, in a namespace if its kind has one."""
        version = str(item["apiVersion"])
        prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
        [resource] = [
            each
            for each in self.get(prefix)["resources"]
            if each["kind"] == item["kind"] and "/" not in each["name"]
        ]
        place = f"/namespaces/{namespace}" if resource["namespaced"] else ""
        return f"{prefix}{place}/{resource['name']}/{metadata(item)['name']}"

    def try_apply(
        self, address: str, item: KubernetesObject, *, dry_run: bool = False
    ) -> tuple[int, Tree]:
        """Apply an object server-side and by force, as a deployment does; it may be refused."""
        query = "fieldManager=trial&force=true" + ("&dryRun=All" if dry_run else "")
        return self.request("PATCH", f"{address}?{query}", item, content_type=APPLY)

    def watch(self, path: str, count: int, *, during: Callable[[], object]) -> list[Tree]:
        """The first events of a watch while something happens; it has begun when that does."""
        with closing(self._connect()) as connection:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            connection.request("GET", f"{path}&watch=true&timeoutSeconds=20", None, headers)
            answer = connection.getresponse()
            assert answer.status == 200
            during()
            return [json.loads(line) for line in itertools.islice(answer, count)]

    def define(self, definition: Tree) -> None:
        """Apply a CRD, and wait until its first version is served."""
        self.apply(definition)
        name, group = definition["spec"]["names"]["plural"], definition["spec"]["group"]
        path = f"/apis/{group}/{definition['spec']['versions'][0]['name']}/{name}"
        eventually(lambda: None if self.request("GET", path)[0] == 200 else path)

    def namespace(self) -> str:
        """A new namespace."""
        name = f"space-{uuid.uuid4().hex[:8]}"
        self.done("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        return name

    def _connect(self) -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cadata=self.api.ca_certificate)
        address = self.api.url.removeprefix("https://")
        return http.client.HTTPSConnection(address, context=context, timeout=_TIMEOUT_SECONDS)


@contextmanager
def running_cluster(
    folder: Path, *, programs: Path | None, nodes: Sequence[Node] = ()
) -> Iterator[Cluster]:
    """Start a Kubernetes API and what acts on it; nothing of it stays behind.

    Args:
        folder: For its files, and those of kubectl.
        programs: Folder with the programs of a real control plane; None for the small API.
        nodes: What it has to begin with.
    """
    state = folder / "state"
    api = start_api(
        StartProps(
            version="1.35",
            authenticate=authenticate,
            folder=state,
            programs=programs,
            region="us-west-2",
        )
    )
    try:
        cluster = Cluster.of(api, folder)
        with cluster.client() as client:
            have_nodes(client, f"{NODE_GROUP}=tests", nodes)
        yield cluster
    finally:
        api.stop()
    assert not state.exists()


def manifest(*items: Mapping[str, Any]) -> str:
    """The text of objects, for kubectl."""
    # JSON, for Go and Python do not agree on what is a word in YAML: y, for example.
    return "\n---\n".join(map(json.dumps, items))
