"""Makes what a deployment expects to exist, as `kubeflow-aws demo deploy` does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kubeflow_aws.cli.surroundings import surroundings_of
from kubeflow_aws.deployment import Deployment
from localcloud.clients import EmulatedClients
from localcloud.demo.surroundings import Surroundings
from localcloud.demo.surroundings import prepare as prepare_surroundings


def prepare(clients: EmulatedClients, deployment: Deployment) -> None:
    """Create the hosted zones and the secrets that a deployment names."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "surroundings.json"
        file.write_text(surroundings_of(deployment), encoding="utf-8")
        prepare_surroundings(clients, Surroundings.read(file))
