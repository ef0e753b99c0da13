"""The IAM roles by which the pods of profiles reach their artifacts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.artifacts.permissions import may_use_folders
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.checks.acknowledge import acknowledge_wildcard
from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX
from kubeflow_aws.deployment.profiles import Profile

EDITOR: Final = "default-editor"
"""Runs pipelines and notebooks in every profile (profile controller of Dashboard 2.0)."""

DEFAULT: Final = "default"
"""Runs what names no account, such as the pods of a TrainJob, a trial or a model. Whoever may start
one may start the other; this one has no rights in Kubernetes."""

STACKS: Final = 32
"""Nested stacks. The number is fixed: what moved from one to another would be there twice."""

_WHY: Final = (
    "The wildcard stands for the artifacts of one profile, which are what the role is for."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileRolesProps:
    """Inputs of `ProfileRoles`.

    Attributes:
        cluster: Cluster of the profiles.
        store: The bucket.
        region: Its region.
        profiles: All profiles of the deployment file.
    """

    cluster: eks.ICluster
    store: ArtifactStore
    region: str
    profiles: Sequence[Profile]


class ProfileRoles(Construct):
    """One role for all profiles, bounded by the tags that EKS puts on each pod's session.

    `kubernetes-namespace` is the pod's own, and no pod can change it (EKS User Guide, "Grant Pods
    access to AWS resources based on tags"), so one policy gives every profile its own folder. A
    profile with a folder of another name has a role of its own, and one that names its IAM role has
    none from here.
    """

    role: iam.Role

    def __init__(self, scope: Construct, construct_id: str, *, props: ProfileRolesProps) -> None:
        super().__init__(scope, construct_id)
        tag = "${aws:PrincipalTag/kubernetes-namespace}"
        folder = f"{PROFILES_PREFIX}/{tag}"
        self.role = iam.Role(
            self,
            "Role",
            description="Artifacts of a profile, by the namespace of its pods",
            assumed_by=_trust(props.cluster),
            inline_policies={
                "Artifacts": iam.PolicyDocument(
                    statements=may_use_folders(props.store, props.region, [folder])
                )
            },
        )
        _acknowledge(self.role, props.store, folder)
        groups: dict[int, list[Profile]] = {}
        for profile in props.profiles:
            if not profile.role_arn:
                groups.setdefault(_group(profile), []).append(profile)
        for number in sorted(groups):
            _ProfileAssociations(
                self,
                f"Profiles{number}",
                props=props,
                profiles=groups[number],
                role_arn=self.role.role_arn,
            )


class _ProfileAssociations(cdk.NestedStack):
    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        props: ProfileRolesProps,
        profiles: Sequence[Profile],
        role_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        cluster_name = props.cluster.cluster_name
        for profile in profiles:
            own_role = self._own_role(profile, props) if profile.artifacts_prefix else None
            # No name of a profile has a dot.
            for construct_id, account in (
                (profile.name, EDITOR),
                (f"{profile.name}.{DEFAULT}", DEFAULT),
            ):
                eks.CfnPodIdentityAssociation(
                    self,
                    construct_id,
                    cluster_name=cluster_name,
                    namespace=profile.name,
                    service_account=account,
                    role_arn=own_role or role_arn,
                )

    def _own_role(self, profile: Profile, props: ProfileRolesProps) -> str:
        folders = [profile.artifacts_folder, profile.log_folder]
        role = iam.Role(
            self,
            f"Role-{profile.name}",
            description=f"Artifacts of the profile {profile.name}",
            assumed_by=_trust(props.cluster, namespace=profile.name),
            inline_policies={
                "Artifacts": iam.PolicyDocument(
                    statements=may_use_folders(props.store, props.region, folders)
                )
            },
        )
        for folder in folders:
            _acknowledge(role, props.store, folder)
        return role.role_arn


def _trust(cluster: eks.ICluster, namespace: str | None = None) -> iam.IPrincipal:
    tags: dict[str, str | list[str]] = {
        "aws:RequestTag/kubernetes-service-account": [EDITOR, DEFAULT],
        "aws:RequestTag/eks-cluster-arn": cluster.cluster_arn,
    }
    if namespace:
        tags["aws:RequestTag/kubernetes-namespace"] = namespace
    return iam.SessionTagsPrincipal(
        iam.ServicePrincipal("pods.eks.amazonaws.com", conditions={"StringEquals": tags})
    )


def _acknowledge(role: iam.Role, store: ArtifactStore, folder: str) -> None:
    # As cdk-nag writes it.
    shown = folder.replace("${", "<").replace("}", ">")
    acknowledge_wildcard(role, resource=f"{store.finding_name}/{shown}/*", reason=_WHY)


def _group(profile: Profile) -> int:
    return int.from_bytes(hashlib.sha256(profile.name.encode()).digest()[:8]) % STACKS + 1
