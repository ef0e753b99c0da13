"""The delivery file: which deployments a pipeline makes from which repository, in which order."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from kubeflow_aws.deployment.names import StackName, stack_prefix
from kubeflow_aws.deployment.section import EmailAddress, Section


def _inside(value: str) -> str:
    path = PurePosixPath(value)
    if path.is_absolute() or ".." in path.parts or path.suffix not in {".yaml", ".yml"}:
        raise ValueError(
            f'found "{value}"; give the path of a deployment file from the root of the '
            "repository, such as deployments/production.yaml: the pipeline has nothing else"
        )
    return value


class StageSettings(Section):
    """One deployment that the pipeline makes."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{1,19}$")] = Field(
        description="Name of the stage, for example production."
    )
    deployment: Annotated[str, AfterValidator(_inside)] = Field(
        description="Its deployment file, from the root of the repository."
    )
    approval: bool | None = Field(
        default=None,
        description="Whether somebody must approve it; production always must be, and the rest "
        "is not unless this says so.",
    )


class BuildSettings(Section):
    """How the pipeline builds and tests."""

    end_to_end: bool = Field(
        default=True,
        description="Also deploy, change and destroy everything on a local cloud (an hour).",
    )
    minutes: int = Field(
        default=120, ge=30, le=480, description="How long the build may take, in minutes."
    )


class Notifications(Section):
    """Who hears of the pipeline."""

    emails: tuple[EmailAddress, ...] = Field(
        default=(), description="Who gets mail of failures, approvals and finished deliveries."
    )


class Delivery(Section):
    """One pipeline: everything that `build_delivery` needs beside the deployment files."""

    name: StackName = Field(
        default="kubeflow-delivery",
        min_length=2,
        max_length=30,
        description="Name of the pipeline and its stack.",
    )
    account: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] = Field(
        description="Account of the pipeline, in quotes."
    )
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = Field(
        description="Region of the pipeline, for example us-west-2."
    )
    repository: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)+$")
    ] = Field(
        description="Owner and name of your copy of this repository, for example team/kubeflow-aws."
    )
    branch: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = Field(
        default="main", description="Branch that is delivered."
    )
    connection_arn: Annotated[
        str,
        StringConstraints(
            pattern=r"^arn:aws[a-z-]*:(codeconnections|codestar-connections):[a-z0-9-]+:\d{12}:connection/[0-9a-f-]{36}$"
        ),
    ] = Field(description="A connection of CodeConnections that somebody has completed.")
    stages: tuple[StageSettings, ...] = Field(
        min_length=1, max_length=5, description="Deployments, in the order in which they are made."
    )
    build: BuildSettings = Field(default=BuildSettings(), description="Build and tests.")
    notifications: Notifications = Field(
        default=Notifications(), description="Who hears of the pipeline."
    )

    @property
    def stack_name(self) -> str:
        """What its stack is called."""
        return stack_prefix(self.name)

    @model_validator(mode="after")
    def _stages_differ(self) -> Self:
        for what in ("name", "deployment"):
            values = [getattr(stage, what) for stage in self.stages]
            for value in values:
                if values.count(value) > 1:
                    raise ValueError(
                        f'stages: {what} "{value}" stands in two stages; give each its own'
                    )
        return self
