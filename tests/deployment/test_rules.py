"""The form of a deployment knows nothing of the rules, and no rule is forgotten."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.deployment import Deployment, DeploymentError, load_deployment, rules
from kubeflow_aws.deployment.rules import RULES, checked
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.support.deployments import option_of
from tests.support.field_changes import merged

OTHER = {"check_delivery"}
"""Over two kinds of files; load_delivery calls it."""

BROKEN: dict[str, tuple[str, Mapping[str, JsonValue], str]] = {
    "network": (
        "vanilla",
        {"network": {"availability_zones": ["eu-west-1a", "eu-west-1b", "eu-west-1c"]}},
        "availability zone eu-west-1a is not in region us-west-2",
    ),
    "components": ("vanilla", {"components": {"knative": False}}, "components.kserve needs"),
    "sign_in": ("vanilla", {"auth": {"users": []}}, "auth.provider dex needs at least one"),
    "ingress": ("vanilla", {"ingress": {"enabled": True}}, "ingress.enabled needs domain.name"),
    "database": ("vanilla", {"rds": {"multi_az": True}}, "rds is set, but database is in-cluster"),
    "artifacts": (
        "vanilla",
        {"s3": {"bucket_name": "kept"}},
        "s3 is set, but artifacts is in-cluster",
    ),
    "storage": (
        "vanilla",
        {"storage": {"fsx": {"enabled": True, "link_artifacts": True}}},
        "storage.fsx.link_artifacts is true, but artifacts is in-cluster",
    ),
    "production": ("vanilla", {"environment": "production"}, "auth.provider is dex, whose secrets"),
    "profiles": (
        "vanilla",
        {"profiles": [{"name": "alice", "owner": "nobody@example.com"}]},
        "profiles.alice belongs to nobody@example.com, who is not in auth.users",
    ),
    "groups": (
        "vanilla",
        {
            "profiles": [
                {"name": "a", "owner": "user@example.com", "contributors": [{"group": "staff"}]}
            ]
        },
        "profiles.a.contributors names the group staff, but auth.provider is dex",
    ),
    "lengths": (
        "cognito",
        {
            "domain": {"name": f"{'long.' * 11}example.com"},
            "auth": {"cognito": {"domain_prefix": "short"}},
        },
        "characters, but the load balancer needs a certificate for",
    ),
    "node_types": (
        "vanilla",
        {"cluster": {"system_nodes": {"instance_types": ["m99i.2xlarge"]}}},
        "cluster: system_nodes.instance_types names m99i.2xlarge",
    ),
}
"""A file that breaks a rule of each module, and nothing else."""


def broken(name: str) -> str:
    """The text of a deployment file."""
    option, change, _ = BROKEN[name]
    content = option_of(option).model_dump(mode="json", exclude_unset=True)
    return yaml.safe_dump(merged(content, change))


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_a_rule_has_the_form_and_is_refused(name: str, tmp_path: Path) -> None:
    _, _, sentence = BROKEN[name]
    file = tmp_path / "mine.yaml"
    file.write_text(broken(name), encoding="utf-8")

    form = Deployment.model_validate_json(json.dumps(yaml.safe_load(broken(name))))

    with pytest.raises(ValueError, match=re.escape(sentence)) as refused:
        checked(form)
    with pytest.raises(DeploymentError) as told:
        load_deployment(file)
    assert str(told.value) == f"{file}: {refused.value}"


def test_every_rule_that_is_written_is_one() -> None:
    modules = [
        importlib.import_module(f"{rules.__name__}.{found.name}")
        for found in pkgutil.iter_modules(rules.__path__)
    ]
    written = {
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_") and function.__module__ == module.__name__
    }

    assert {rule.__name__ for rule in written - set(RULES)} == OTHER
    assert {module.__name__.rpartition(".")[2] for module in modules} - {"delivery"} == set(BROKEN)
