"""`component.yaml`: what a component of the platform needs and when the next may start."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal, Self

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from kubeflow_aws.files.errors import UserError

ComponentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


READY_PATHS: Final = {
    "Deployment": ".status.availableReplicas",
    "DaemonSet": ".status.numberAvailable",
    "Job": ".status.completionTime",
    "MutatingWebhookConfiguration": ".webhooks[0].clientConfig.caBundle",
    "ValidatingWebhookConfiguration": ".webhooks[0].clientConfig.caBundle",
}
"""The field of each kind that has a value once the object is ready, and none before."""


class Gate(_Declared):
    """An object that must be ready before anything that comes after may start."""

    kind: Literal[
        "Deployment",
        "DaemonSet",
        "Job",
        "MutatingWebhookConfiguration",
        "ValidatingWebhookConfiguration",
    ]
    namespace: str | None = None
    name: str

    def __str__(self) -> str:
        """Kind and path, for example ``Deployment istio-system/istiod``."""
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {path}"

    @property
    def ready_path(self) -> str:
        """JSONPath of the field that has a value once the object is ready."""
        return READY_PATHS[self.kind]


class PackCounts(_Declared):
    """How many packs each phase has; an object's pack is chosen by its hash among them.

    Adding objects moves no others, changing a number moves all of the phase.
    """

    definitions: int = Field(default=1, ge=1, le=8, description="Namespaces, CRDs, classes.")
    workloads: int = Field(default=1, ge=1, le=8, description="The rest.")
    admitted: int = Field(
        default=1, ge=1, le=4, description="Objects that the component's own webhook admits."
    )


class Chart(_Declared):
    """A Helm chart among the upstream sources."""

    source: str = Field(description="Name in upstream.lock.yaml.")
    release: str
    namespace: str


class Acknowledged(_Declared):
    """A finding of the rules over Kubernetes objects that is right as it is."""

    finding: str = Field(description="As the report has it, with what stands in brackets.")
    reason: str = Field(min_length=40, description="Why it is right.")


class Component(_Declared):
    """One component, declared beside its overlays in ``manifests/components/<name>/``."""

    name: ComponentName
    description: str
    folder: Path
    after: tuple[ComponentName, ...] = Field(
        default=(), description="Components whose objects and gates come first."
    )
    stack: Literal["cluster", "platform"] = Field(
        default="platform", description="The stack that applies it."
    )
    variants: tuple[str, ...] = Field(
        default=(), description="Folders under overlays/; none if the component has one form."
    )
    chart: Chart | None = Field(default=None, description="A Helm chart instead of overlays.")
    ready: tuple[Gate, ...] = Field(
        default=(), description="Objects that must be ready before what comes after."
    )
    packs: PackCounts = PackCounts()
    acknowledged: tuple[Acknowledged, ...] = Field(
        default=(), description="Findings that are right as they are."
    )

    @property
    def weight(self) -> int:
        """How much there is to render, roughly: packs and gates."""
        packs = self.packs
        return packs.definitions + packs.workloads + packs.admitted + len(self.ready)

    def overlay(self, variant: str | None) -> Path:
        """The folder to build for a variant, below the component's own."""
        return Path("overlays", variant) if variant else Path()

    @model_validator(mode="after")
    def _overlays_or_chart(self) -> Self:
        if self.variants and self.chart:
            raise ValueError("has either variants (overlays/) or a chart")
        if self.chart:
            wanted = ["values.yaml"]
        else:
            wanted = [
                str(self.overlay(variant) / "kustomization.yaml")
                for variant in self.variants or (None,)
            ]
        for file in wanted:
            if not (self.folder / file).is_file():
                raise ValueError(f"{file} is missing")
        return self


def load_components(root: Path) -> dict[str, Component]:
    """All components below a folder, by name.

    Raises:
        UserError: A component.yaml is wrong, comes after something unknown, or lacks an overlay.
    """
    components: dict[str, Component] = {}
    for file in sorted(root.glob("*/component.yaml")):
        try:
            declared = yaml.safe_load(file.read_text(encoding="utf-8"))
            component = Component(name=file.parent.name, folder=file.parent, **declared)
        except yaml.YAMLError as error:
            raise UserError(f"{file}: is not YAML: {error}") from None
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise UserError(f"{file}: {where or 'component'}: {first['msg']}") from None
        components[component.name] = component
    for component in components.values():
        for name in component.after:
            if name not in components:
                raise UserError(
                    f"{component.folder / 'component.yaml'}: after: {name} is no component; "
                    f"there are {', '.join(components)}"
                )
    return components


def in_order(components: dict[str, Component]) -> list[Component]:
    """The components, each after those it comes after; what is not among them does not count.

    Raises:
        UserError: Components wait for each other; the text names the circle.
    """
    ordered: dict[str, Component] = {}
    path: list[str] = []

    def visit(name: str) -> None:
        if name in ordered or name not in components:
            return
        if name in path:
            circle = " after ".join([*path[path.index(name) :], name])
            raise UserError(
                f"components wait for each other: {circle}; remove one `after` from their "
                "component.yaml files"
            )
        path.append(name)
        for earlier in components[name].after:
            visit(earlier)
        path.pop()
        ordered[name] = components[name]

    for name in components:
        visit(name)
    return list(ordered.values())
