"""What the UI of Pipelines asks of its server (asked-by-the-ui.yaml)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict

FILE: Final = Path(__file__).with_name("asked-by-the-ui.yaml")

SOURCES: Final = os.environ.get("KUBEFLOW_PIPELINES_SOURCES")
"""A clone of github.com/kubeflow/pipelines, if there is one to compare with."""


class Request(BaseModel):
    """One request of a browser.

    Attributes:
        method: Of the request.
        path: With its query, below /pipeline; STORE stands for s3 or minio.
        source: The file of Pipelines that makes it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: str = "GET"
    path: str
    source: str


class Asked(BaseModel):
    """All of the file.

    Attributes:
        version: Of Pipelines.
        read: The day on which somebody read its sources.
        pages: What the guard lets through unasked.
        guarded: What it asks about first.
        links: What it finds the namespace for.
        api: Methods by path, by the file of a generated client.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    read: object
    pages: dict[str, Request]
    guarded: dict[str, Request]
    links: dict[str, Request]
    api: dict[str, dict[str, list[str]]]

    def api_requests(self) -> Iterator[tuple[str, str]]:
        """Method and path of everything that is asked of the API, with a name for each {}."""
        for paths in self.api.values():
            for path, methods in paths.items():
                for method in methods:
                    yield method, path.replace("{}", "1b2-3c")


def asked() -> Asked:
    """The file."""
    return Asked.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
