"""What of a deployment cannot change later, and what a plan says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.lasting import lasting_problems, lasting_values
from kubeflow_aws.deployment.rules import checked
from tests.support.field_changes import ANOTHER_DEPLOYMENT, CHANGES, everything_on, merged

WITHOUT_EFFECT: Final = {
    # Where the sources are.
    "upstream",
    # A name for switches that have changes of their own.
    "preset",
    # Off only where a cluster exists already.
    "components.cert_manager",
    "components.load_balancer_controller",
}


def lasting(change: Mapping[str, Any]) -> Mapping[str, str]:
    """What is kept of a deployment with everything on, and a change."""
    content = json.dumps(merged(everything_on(), change))
    return lasting_values(checked(Deployment.model_validate_json(content)))


def test_the_sentence_says_what_is_deployed_and_why() -> None:
    change = {"storage": {"efs": {"storage_class": "shared"}}}

    [problem] = lasting_problems(lasting({}), lasting(change))

    assert problem == (
        "storage.efs.storage_class is efs in what is deployed, and shared in the file: it "
        "cannot change later, since the profiles' claims `shared` name it, and a claim keeps "
        "its class; give efs"
    )


@pytest.mark.parametrize(
    ("before", "after", "count"), [(2400, 4800, 0), (4800, 2400, 1), (2400, 2400, 0)]
)
def test_what_grows_may_grow(before: int, after: int, count: int) -> None:
    old, new = (lasting({"storage": {"fsx": {"storage_gib": size}}}) for size in (before, after))

    assert len(lasting_problems(old, new)) == count


def test_a_newer_version_is_larger_than_one_that_sorts_behind_it() -> None:
    old, new = (lasting({"rds": {"engine_version": version}}) for version in ("8.4.9", "8.4.10"))

    assert lasting_problems(old, new) == []
    assert lasting_problems(new, old) != []


def test_the_version_of_a_snapshot_is_not_known_here() -> None:
    restored = lasting({"rds": {"snapshot": "last"}})
    upgraded = lasting({"rds": {"snapshot": "last", "engine_version": "8.4.9"}})

    assert "rds.engine_version" not in restored
    assert lasting_problems(restored, upgraded) == []
    assert lasting_problems(upgraded, restored) == []


def test_a_sign_in_page_keeps_its_name() -> None:
    """Which is made from the platform's, unless the file gives one."""
    elsewhere: dict[str, Any] = {"domain": {"name": "elsewhere.example.com"}}
    kept = merged(elsewhere, {"auth": {"cognito": {"domain_prefix": "platform-example-com"}}})
    own: dict[str, Any] = {"auth": {"cognito": {"custom_domain": True}}}

    [prefix] = lasting_problems(lasting({}), lasting(elsewhere))
    [name] = lasting_problems(lasting(own), lasting(merged(own, elsewhere)))

    assert prefix.startswith("auth.cognito.domain_prefix is platform-example-com in what is dep")
    assert prefix.endswith("; give platform-example-com")
    assert name.startswith("domain.name is platform.example.com in what is deployed, and elsewhe")
    assert lasting_problems(lasting({}), lasting(kept)) == []
    assert lasting_problems(lasting({}), lasting(own)) == []
    assert lasting_problems(lasting(own), lasting({})) == []


@pytest.mark.parametrize(
    "change",
    [
        {"storage": {"fsx": {"throughput": 125, "type": "persistent-2"}}},
        {"network": {"availability_zones": ["us-west-2a", "us-west-2b", "us-west-2c"]}},
        {"storage": {"efs": {"storage_class": "efs"}}},
        {"rds": {"engine_version": "8.4.8"}},
    ],
    ids=["fsx", "zones", "efs", "rds"],
)
def test_a_default_may_be_written_out(change: dict[str, Any]) -> None:
    assert lasting(change) == lasting({})


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ({"storage": {"fsx": {"enabled": False}}}, "storage.fsx."),
        ({"storage": {"efs": {"enabled": False}}}, "storage.efs."),
        ({"database": "in-cluster"}, "rds."),
        (CHANGES["artifacts"], "s3."),
    ],
    ids=["fsx", "efs", "rds", "s3"],
)
def test_what_is_switched_off_binds_nobody(change: dict[str, Any], gone: str) -> None:
    def of_it(found: Mapping[str, str]) -> list[str]:
        return [field for field in found if field.startswith(gone)]

    assert of_it(lasting({}))
    assert of_it(lasting(change)) == []


def test_what_an_older_version_did_not_keep_is_not_compared() -> None:
    assert lasting_problems({}, lasting({})) == []


def test_the_schema_says_so_where_an_editor_shows_it(project: Path) -> None:
    schema = json.loads((project / "docs" / "deployment.schema.json").read_text("utf-8"))
    field = schema["$defs"]["EfsSettings"]["properties"]["storage_class"]

    assert field["description"].endswith(
        "Cannot change later: the profiles' claims `shared` name it, and a claim keeps its class."
    )


def fields(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """All fields of the deployment file that hold no section themselves."""
    for name, field in model.model_fields.items():
        below = sections_of(field.annotation)
        if not below:
            yield f"{path}{name}"
        for section, is_list in below:
            yield from fields(section, f"{path}{name}{'[]' if is_list else ''}.")


def sections_of(annotation: Any) -> list[tuple[type[BaseModel], bool]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [(annotation, False)]
    is_list = getattr(annotation, "__origin__", None) is tuple
    return [
        (section, is_list or below)
        for choice in getattr(annotation, "__args__", ())
        for section, below in sections_of(choice)
    ]


def test_every_field_is_changed_once() -> None:
    """A new field has to be tried, or to say that it cannot change."""
    names = {*CHANGES, *ANOTHER_DEPLOYMENT, *WITHOUT_EFFECT}
    known = {name.replace("[]", "") for name in names}

    def is_known(field: str) -> bool:
        plain = field.replace("[]", "")
        return any(f"{plain}.".startswith(f"{name}.") for name in known)

    assert [field for field in fields(Deployment) if not is_known(field)] == []
