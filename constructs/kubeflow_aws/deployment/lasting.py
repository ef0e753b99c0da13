"""Fields of the deployment file that cannot change once they are deployed.

Each says so itself, where it is declared: `Field(json_schema_extra=lasting("why"))`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from pydantic.fields import FieldInfo

from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.section import GROWING, LASTING, Section
from kubeflow_aws.deployment.storage import THROUGHPUTS

Recorded: TypeAlias = Mapping[str, str]
"""What lasts, by the field: kept in a template, and compared with the next one."""

LASTING_KEY: Final = "kubeflow-aws/cannot-change"
"""Where the platform's template keeps it, in its Metadata."""

_LEFT_OUT: Final = "left out"
_APART: Final = frozenset({"account", "name", "region"})
"""With another one, the stacks are others: there is nothing to compare with."""


def lasting_values(deployment: Deployment) -> Recorded:
    """What a deployment's fields say that cannot change; nothing of what is switched off.

    Args:
        deployment: The deployment file.
    """
    found = dict(_values(deployment, ""))
    # What is in force where the file says nothing: to write it out changes nothing.
    zones = deployment.network.zones_of(deployment.region)
    fsx = deployment.storage.fsx
    uses_cognito = deployment.auth_provider is AuthProvider.COGNITO
    has_custom_domain = uses_cognito and deployment.auth.cognito.custom_domain
    in_force = {
        "auth.cognito.domain_prefix": deployment.sign_in_prefix,
        "network.availability_zones": " ".join(zones),
        "rds.engine_version": str(deployment.rds.version),
        "storage.fsx.throughput": str(fsx.throughput or THROUGHPUTS[0]),
    }
    unused = {
        "auth.cognito.domain_prefix": not uses_cognito or has_custom_domain,
        "domain.name": not has_custom_domain,
        "rds.": deployment.database_option is not Database.RDS,
        # Only RDS knows the snapshot's.
        "rds.engine_version": deployment.rds.version is None,
        "s3.": deployment.artifacts_option is not Artifacts.S3,
        "network.cidr": deployment.network.existing is not None,
        "network.availability_zones": deployment.network.existing is not None,
        "cluster.kubernetes_version": deployment.cluster.existing is not None,
    }
    skipped = tuple(prefix for prefix, is_unused in unused.items() if is_unused)
    return {
        field: in_force.get(field, value)
        for field, value in sorted(found.items())
        if field not in _APART and not field.startswith(skipped)
    }


def lasting_problems(deployed: Recorded, wanted: Recorded) -> list[str]:
    """One sentence for each field that cannot change, and does.

    Args:
        deployed: What is deployed; of another version of this project it may lack fields.
        wanted: What the deployment file says.
    """
    reasons = lasting_fields()
    return [
        f"{field} is {deployed[field]} in what is deployed, and {wanted[field]} in the file: it "
        f"{'can only grow' if reasons[field].grows else 'cannot change later'}, since "
        f"{reasons[field].why}; {_as_before(deployed[field])}"
        for field in sorted(deployed.keys() & wanted.keys() & reasons.keys())
        if deployed[field] != wanted[field]
        and not (reasons[field].grows and _order(wanted[field]) > _order(deployed[field]))
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """Why a field cannot change.

    Attributes:
        why: The reason, as the end of a sentence.
        grows: Whether it may grow.
    """

    why: str
    grows: bool


def lasting_fields() -> dict[str, Reason]:
    """All fields that cannot change, with the reasons, in the order of the file."""
    return dict(_declared(Deployment, ""))


def _declared(model: type[Section], path: str) -> Iterator[tuple[str, Reason]]:
    for name, field in model.model_fields.items():
        mark = _mark(field)
        if mark:
            yield f"{path}{name}", mark
        for section in _sections_of(field.annotation):
            yield from _declared(section, f"{path}{name}.")


def _sections_of(annotation: object) -> Iterator[type[Section]]:
    """The section that a field holds, if it is there at all; lists hold things that come and go."""
    choices = getattr(annotation, "__args__", ()) if _is_optional(annotation) else (annotation,)
    for choice in choices:
        if isinstance(choice, type) and issubclass(choice, Section):
            yield choice


def _is_optional(annotation: object) -> bool:
    return type(None) in getattr(annotation, "__args__", ())


def _values(section: Section, path: str) -> Iterator[tuple[str, str]]:
    if getattr(section, "enabled", True) is False:
        return
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        is_section = any(True for _ in _sections_of(field.annotation))
        if _mark(field):
            yield f"{path}{name}", _text(value, is_section=is_section)
        if isinstance(value, Section):
            yield from _values(value, f"{path}{name}.")


def _text(value: object, *, is_section: bool) -> str:
    if is_section:
        return _LEFT_OUT if value is None else "given"
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, Enum):
        return str(value.value)
    return _LEFT_OUT if value is None else str(value)


def _mark(field: FieldInfo) -> Reason | None:
    extra = field.json_schema_extra
    for key in (LASTING, GROWING):
        if isinstance(extra, dict) and key in extra:
            return Reason(why=str(extra[key]), grows=key == GROWING)
    return None


def _as_before(value: str) -> str:
    return "leave it out" if value == _LEFT_OUT else f"give {value}"


def _order(value: str) -> tuple[int, ...]:
    """Sorts sizes and versions."""
    return tuple(int(part) for part in value.split("."))
