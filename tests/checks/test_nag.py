"""No unacknowledged finding in any form of the deployment, and no idle acknowledgment."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.support.assembly import CheckedAssembly, findings
from tests.support.deployments import (
    EVERY_PROVIDER,
    EXISTING_VPC,
    NEW_ZONE,
    PRODUCTION,
    variation,
)
from tests.support.platforms import sample_of

FORMS: dict[str, dict[str, JsonValue]] = {
    "production": {
        **PRODUCTION,
        "cluster": {
            "public_access_cidrs": ["203.0.113.0/24"],
            "admin_role_arns": ["arn:aws:iam::123456789012:role/admin"],
        },
    },
    "China": {"region": "cn-north-1"},
    "existing VPC": {"network": EXISTING_VPC},
    "existing cluster of 1.24": {
        "network": EXISTING_VPC,
        "cluster": {
            "kubernetes_version": "1.24",
            "existing": {
                "name": "theirs",
                "security_group_id": "sg-0123456789abcdef0",
                "accept_unsupported_version": True,
            },
        },
    },
}


def test_no_unacknowledged_finding_in_the_data_plane(checked_data_plane: CheckedAssembly) -> None:
    assert checked_data_plane.findings == []


def test_no_unacknowledged_finding_in_a_cluster_of_others(
    checked_existing_cluster: CheckedAssembly,
) -> None:
    assert checked_existing_cluster.findings == []


@pytest.mark.parametrize("changes", FORMS.values(), ids=list(FORMS))
def test_no_unacknowledged_finding(
    changes: dict[str, JsonValue], vanilla: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    deployment = variation(vanilla, changes)

    assert findings(deployment, sample_of(deployment, sample_cache), tmp_path) == []


COGNITO_FORMS: dict[str, dict[str, JsonValue]] = {
    "development": {},
    "production with everything": {
        **PRODUCTION,
        "domain": NEW_ZONE,
        "auth": {
            "cognito": {
                "custom_domain": True,
                "mfa": "optional",
                "plan": "plus",
                "identity_providers": EVERY_PROVIDER,
                "machine_clients": [{"name": "ci"}],
            },
        },
        "profiles": [],
    },
}


@pytest.mark.parametrize("changes", COGNITO_FORMS.values(), ids=list(COGNITO_FORMS))
def test_no_unacknowledged_finding_with_cognito(
    changes: dict[str, JsonValue], cognito: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    deployment = variation(cognito, changes)

    assert findings(deployment, sample_of(deployment, sample_cache), tmp_path) == []


@pytest.mark.parametrize("name", [preset.value for preset in Preset])
def test_no_unacknowledged_finding_in_any_option(
    name: str, option: Callable[[str], CheckedAssembly]
) -> None:
    assert option(name).findings == []


DATA_FORMS: dict[str, dict[str, JsonValue]] = {
    "production": {
        **PRODUCTION,
        "profiles": [
            {"name": "vision", "owner": "alice@example.com", "artifacts_prefix": "teams/vision"},
            {
                "name": "theirs",
                "owner": "alice@example.com",
                "role_arn": "arn:aws:iam::123456789012:role/theirs",
            },
        ],
    },
    "small, without backups": {
        "rds": {"instance_class": "db.t4g.micro", "backup_retention_days": 0},
        "s3": {"bucket_name": "my-artifacts"},
    },
}


@pytest.mark.parametrize("changes", DATA_FORMS.values(), ids=list(DATA_FORMS))
def test_no_unacknowledged_finding_with_data(
    changes: dict[str, JsonValue], project: Path, sample_cache: Path, tmp_path: Path
) -> None:
    deployment = variation(load_deployment(project / "deployments" / "rds-s3.yaml"), changes)

    assert findings(deployment, sample_of(deployment, sample_cache), tmp_path) == []


def test_every_acknowledgment_gives_a_reason_beside_its_construct(project: Path) -> None:
    """Only `acknowledge*` may do it, and each call's reason is an argument of some length."""
    calls = [
        (file, call)
        for file in (*project.glob("stacks/*.py"), *project.rglob("constructs/**/*.py"))
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
    ]
    named = [
        (file, call)
        for file, call in calls
        if isinstance(call.func, ast.Name) and call.func.id.startswith("acknowledge")
    ]
    direct = [
        file.name
        for file, call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "Acknowledgment"
    ]

    assert direct == ["acknowledge.py"]
    assert len(named) >= 8
    for file, call in named:
        for keyword in call.keywords:
            if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant):
                assert len(str(keyword.value.value)) > 40, f"{file.name}:{call.lineno}"
