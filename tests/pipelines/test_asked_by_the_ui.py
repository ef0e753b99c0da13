"""The list of what the UI asks is what its sources say."""

from __future__ import annotations

import re
import subprocess

from tests.pipelines.asked import SOURCES, asked

UNUSED = ("DummyFilterServiceApi.ts", "apisv2beta1/visualization/apis/VisualizationServiceApi.ts")
"""Clients that frontend/src/lib/Apis.ts makes none of."""


def git(*arguments: str) -> str:
    command = ["git", "-C", str(SOURCES), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def clients() -> list[str]:
    folders = ("frontend/src/apis", "frontend/src/apisv2beta1")
    files = git("ls-tree", "-r", "--name-only", asked().version, *folders).splitlines()
    found = [each for each in files if re.search(r"/apis/\w+Api\.ts$", each)]
    return [each for each in found if not each.endswith(UNUSED)]


def test_the_generated_clients_ask_what_the_list_says() -> None:
    found: dict[str, dict[str, list[str]]] = {}
    for file in clients():
        text = git("show", f"{asked().version}:{file}")
        for path, method in re.findall(r"let urlPath = `([^`]+)`;.*?method: '(\w+)'", text, re.S):
            name = re.sub(r"\{[^}]*\}", "{}", path)
            # Its own server answers 403 (frontend/server/app.ts).
            if not name.endswith(":reportMetrics"):
                found.setdefault(file, {}).setdefault(name, []).append(method)

    assert {
        file: {path: sorted(methods) for path, methods in paths.items()}
        for file, paths in found.items()
    } == asked().api


def test_every_other_request_names_a_file_that_is_there() -> None:
    there = set(git("ls-tree", "-r", "--name-only", asked().version, "frontend").splitlines())
    listed = [*asked().pages.values(), *asked().guarded.values(), *asked().links.values()]

    assert {each.source for each in listed} <= there


def test_every_route_of_its_server_is_known() -> None:
    """Whoever adds one to the server adds it to the list, or says why not."""
    text = git("show", f"{asked().version}:frontend/server/app.ts")
    found = set(re.findall(r"['`](?:\$\{basePath\})?(/[A-Za-z_$][^'`]*)['`]", text))

    assert found == {
        "/${apiVersion1Prefix}/*",
        "/${apiVersion1Prefix}/_proxy/*",
        "/${apiVersion1Prefix}/healthz",
        "/${apiVersion1Prefix}/runs/${runId}/nodes/${nodeId}/log",
        "/${apiVersion1Prefix}/runs/*reportMetrics",
        "/${apiVersion1Prefix}/scheduledworkflows",
        "/${apiVersion1Prefix}/workflows",
        "/${apiVersion2Prefix}/*",
        "/${apiVersion2Prefix}/_proxy/*",
        "/${apiVersion2Prefix}/healthz",
        "/${apiVersion2Prefix}/runs/${runId}/nodes/${nodeId}/log",
        "/${apiVersion2Prefix}/scheduledworkflows",
        "/${apiVersion2Prefix}/workflows",
        "/apps/tensorboard",
        "/artifacts/*",
        "/artifacts/:source/:bucket/*",
        "/artifacts/get",
        "/index.html",
        "/k8s/pod",
        "/k8s/pod/events",
        "/k8s/pod/logs",
        "/ml_metadata.*",
        "/system/cluster-name",
        "/system/project-id",
        "/visualizations/allowed",
    }
