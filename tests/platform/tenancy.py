"""What people try in a profile, and what they do there honestly: one file for each defence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP
from kubeflow_aws.profiles.contributor_groups import WRITER
from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.rendering.platform import Platform
from tests.support.kubernetes import MERGE, Cluster, Tree

FOLDER: Final = Path(__file__).parent / "tenants"
WALLS: Final = Path(__file__).parent / "walls"

PROFILE: Final = "mallory"
"""Where the attacks come from."""

OTHERS: Final = ("alice", "ml-mallory")
"""Other profiles."""

ROLES: Final = {
    "owner": "kubeflow-admin",
    "edit": "kubeflow-edit",
    "view": "kubeflow-view",
    # The trigger of sign-in, where a profile names a group.
    "sign-in": WRITER,
    # As administrators give it to somebody whom they trust with one namespace.
    "everything": "cluster-admin",
}
"""The roles of people in a profile; each has a person of its name."""

CODE: Final = f"system:serviceaccount:{PROFILE}:default-editor"
"""Who code in a notebook is, and in the steps of pipelines."""

KFAM: Final = "system:serviceaccount:kubeflow:profiles-controller-service-account"
"""Who shares a profile for its owner, and who makes profiles: the dashboard asks it to."""

KINDS: Final = (
    "authorizationpolicies.security.istio.io",
    "certificates.cert-manager.io",
    "clusterservingruntimes.serving.kserve.io",
    "clustertrainingruntimes.trainer.kubeflow.org",
    "domainmappings.serving.knative.dev",
    "envoyfilters.networking.istio.io",
    "experiments.kubeflow.org",
    "gateways.networking.istio.io",
    "inferenceservices.serving.kserve.io",
    "peerauthentications.security.istio.io",
    "profiles.kubeflow.org",
    "requestauthentications.security.istio.io",
    "serviceentries.networking.istio.io",
    "trials.kubeflow.org",
    "viewers.kubeflow.org",
    "virtualservices.networking.istio.io",
    "workflows.argoproj.io",
)
"""Those of the platform that the files use, beside notebooks."""


class Try(BaseModel):
    """One request, or a change or the end of what was there before.

    Attributes:
        policy: The file that it stands in: what refuses it.
        name: Its name there.
        by: Who asks: one of the roles, `code`, or the name of a user as Kubernetes has it.
        where: The namespace.
        says: Part of what the API answers when it refuses.
        make: What is made, by who asks.
        before: What was there before, made by an administrator.
        change: A merge patch of what was made or was there.
        delete: What was there is deleted, by its name or with all of its kind.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: str
    name: str
    by: str
    where: str = Field(default=PROFILE, alias="in")
    says: str = ""
    make: Tree | None = Field(default=None, alias="object")
    before: Tree | None = None
    change: Tree | None = None
    delete: Literal["it", "all"] | None = None

    @model_validator(mode="after")
    def _about_something(self) -> Try:
        if (self.make is None) == (self.before is None):
            raise ValueError("has either `object` or `before`")
        return self

    def __str__(self) -> str:
        """Policy and name, as docs/security.md names it."""
        return f"{self.policy}/{self.name}"

    @property
    def user(self) -> str:
        """Who asks, as the API knows him."""
        if self.by == "code":
            return CODE
        return person(self.by) if self.by in ROLES else self.by

    @property
    def group(self) -> str | None:
        """The group of Kubernetes that makes somebody the trigger of sign-in."""
        return TRIGGER_GROUP if self.by == "sign-in" else None


def person(role: str) -> str:
    """Who has a role in every profile."""
    return f"{role}@example.com"


def attacks() -> list[Try]:
    """What must be refused."""
    return list(_read("attacks"))


def walls() -> list[Try]:
    """What must be refused by Kubernetes itself: a file for each of its means."""
    return [
        Try.model_validate({"policy": file.stem, "name": name, **fields})
        for file in sorted(WALLS.glob("*.yaml"))
        for name, fields in yaml.safe_load(file.read_text(encoding="utf-8")).items()
    ]


def honest() -> list[Try]:
    """What must be admitted."""
    return list(_read("honest"))


def _read(part: str) -> Iterator[Try]:
    for file in sorted(FOLDER.glob("*.yaml")):
        content: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, fields in content[part].items():
            yield Try.model_validate({"policy": file.stem, "name": name, **fields})


def have_profiles(cluster: Cluster, platform: Platform) -> None:
    """Make the profiles with their people, and the kinds that the files use."""
    for item in platform.objects:
        if item["kind"] == "CustomResourceDefinition" and metadata(item)["name"] in KINDS:
            cluster.define(dict(item))
    for name in (PROFILE, *OTHERS):
        labels = dict(NAMESPACE_LABELS)
        cluster.done("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        have_people(cluster, name)


def have_people(cluster: Cluster, namespace: str) -> None:
    """Give everybody her role in a namespace."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    group = "rbac.authorization.k8s.io"
    people = {role: (cluster_role, person(role)) for role, cluster_role in ROLES.items()}
    for name, (cluster_role, user) in (people | {"code": (ROLES["edit"], CODE)}).items():
        binding = {
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": cluster_role},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }
        cluster.done("POST", path, binding)


def attempt(
    cluster: Cluster, one: Try, *, namespace: str | None = None, user: str | None = None
) -> tuple[int, Tree]:
    """What the API says of a try; in the end nothing is made or changed.

    Args:
        cluster: Where.
        one: The try.
        namespace: Another one than its own.
        user: Somebody else than who it is about; empty for an administrator.
    """
    where = one.where if namespace is None else namespace
    who = one.user if user is None else user
    item = one.make or one.before or {}
    address = cluster.address_of(item, where)
    collection = address.rpartition("/")[0]
    if one.change is None and one.delete is None:
        return cluster.request("POST", f"{collection}?dryRun=All", item, user=who, group=one.group)
    maker = who if one.make else ""
    code, answer = cluster.request("POST", collection, item, user=maker)
    assert code in {201, 409}, answer
    if one.delete:
        path = collection if one.delete == "all" else address
        return cluster.request("DELETE", f"{path}?dryRun=All", user=who)
    path = f"{address}?dryRun=All"
    return cluster.request("PATCH", path, one.change, content_type=MERGE, user=who)
