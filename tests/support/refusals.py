"""Deployment files with a mistake, and what must be said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import DeploymentError, load_deployment

WEST = "region: us-west-2\n"
DEX_USERS = """
auth:
  users:
    - email: user@example.com
      password_hash: $2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6
"""


def assert_refused(text: str, sentence: str, folder: Path) -> None:
    """A file with this text is refused with this sentence, and every line names the file."""
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_deployment(file)

    assert sentence in str(refusal.value)
    for line in str(refusal.value).splitlines():
        assert line.startswith(str(file))
