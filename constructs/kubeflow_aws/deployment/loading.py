"""Reads a deployment file and says, one line a mistake, what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.rules import checked
from kubeflow_aws.deployment.rules.delivery import check_delivery
from kubeflow_aws.deployment.section import Section
from kubeflow_aws.files.errors import UserError


class DeploymentError(UserError):
    """A deployment file that cannot be used; one line a mistake."""


class _StrictLoader(yaml.SafeLoader):
    """PyYAML keeps the last of two equal keys in silence; this loader refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    problem=f"key {key!r} stands here twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


DEFAULT_DEPLOYMENT = "cognito-rds-s3"


def deployment_path(project: Path, name: str | None) -> Path:
    """The file of `-c deployment=NAME`: a name under deployments/, or a path to a file."""
    chosen = name or DEFAULT_DEPLOYMENT
    if chosen.endswith((".yaml", ".yml")):
        return Path(chosen)
    return project / "deployments" / f"{chosen}.yaml"


File = TypeVar("File", bound=Section)


def load_deployment(path: Path) -> Deployment:
    """Read and check one deployment file.

    Raises:
        DeploymentError: The file is missing, no YAML, or breaks a rule; the text names the file,
            the field, what was found and what is allowed.
    """
    deployment = _load(path, Deployment, least="region: us-west-2")
    try:
        return checked(deployment)
    except ValueError as error:
        raise DeploymentError(f"{path}: {error}") from None


def load_delivery(path: Path, *, root: Path) -> tuple[Delivery, list[Deployment]]:
    """Read and check a delivery file, and the deployment file of each of its stages.

    Args:
        path: The delivery file.
        root: Root of the repository, from which it names deployment files.

    Raises:
        DeploymentError: One of the files is missing, no YAML, or breaks a rule.
    """
    delivery = _load(path, Delivery, least="account, region, repository, connection_arn, stages")
    deployments = [load_deployment(root / stage.deployment) for stage in delivery.stages]
    try:
        check_delivery(delivery, deployments)
    except ValueError as error:
        raise DeploymentError(f"{path}: {error}") from None
    return delivery, deployments


def _load(path: Path, model: type[File], *, least: str) -> File:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        others = ", ".join(sorted(file.stem for file in path.parent.glob("*.yaml"))) or "none"
        raise DeploymentError(
            f"{path}: cannot be read ({error.strerror}); deployments here: {others}"
        ) from None
    except UnicodeDecodeError as error:
        raise DeploymentError(f"{path}: is not UTF-8 text ({error.reason})") from None
    try:
        content = yaml.load(text, _StrictLoader)  # noqa: S506  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise DeploymentError(f"{where}: is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise DeploymentError(f"{path}: is not YAML: {error}") from None
    if not isinstance(content, dict):
        raise DeploymentError(f"{path}: holds no settings; the least is `{least}`")
    try:
        # In JSON mode strict means strict about scalars, while lists become tuples.
        return model.model_validate_json(json.dumps(content, default=str))
    except ValidationError as error:
        lines = [f"{path}: {_sentence(detail, model)}" for detail in error.errors()]
        raise DeploymentError("\n".join(lines)) from None


def _sentence(detail: ErrorDetails, model: type[Section]) -> str:
    """One mistake: the field's path, what was found, what is allowed."""
    where = ".".join(map(str, detail["loc"]))
    found = json.dumps(detail["input"], default=str)
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            sentence = str(context["error"])
        case "missing":
            sentence = "is missing" + _meaning(detail["loc"], model)
        case "extra_forbidden":
            sentence = "is no setting; check its spelling and indentation"
        case "string_pattern_mismatch":
            sentence = f"found {found}; allowed: text that matches {context['pattern']}"
        case "enum":
            sentence = f"found {found}; allowed: {context['expected']}"
        case "string_type":
            sentence = f"found {found}; allowed: text (put it in quotes)"
        case _:
            shown = found if len(found) < 80 else found[:77] + "..."
            sentence = f"found {shown}; {detail['msg'][0].lower()}{detail['msg'][1:]}"
    return f"{where}: {sentence}" if where else sentence


def _meaning(path: tuple[int | str, ...], model: type[Section]) -> str:
    """What a field is for, as its description says, unless sections differ about it."""
    schema = model.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    fields = [section.get("properties", {}).get(path[-1], {}) for section in sections]
    meanings = {field["description"] for field in fields if "description" in field}
    if len(meanings) != 1:
        return ""
    [meaning] = meanings
    first = meaning[0].lower() if meaning[1].islower() else meaning[0]
    return f": {first}{meaning[1:].rstrip('.')}"
