"""The profiles of a deployment, applied: their roles and folders, themselves, then their people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from kubeflow_aws.applying.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.applying.in_lane import apply_in_lane
from kubeflow_aws.applying.lanes import Lanes
from kubeflow_aws.artifacts.profile_roles import ProfileRoles, ProfileRolesProps
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.profiles.contributor_groups import group_packs
from kubeflow_aws.profiles.folders import ProfileFolders, ProfileFoldersProps
from kubeflow_aws.profiles.pod_defaults import PodDefaults
from kubeflow_aws.profiles.profiles import contributor_packs, profile_packs
from kubeflow_aws.profiles.volumes import ProfileVolumes
from kubeflow_aws.rendering.packs import Pack
from kubeflow_aws.rendering.platform import image_names
from kubeflow_aws.storage.file_systems import FsxVolumes


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedProfilesProps:
    """Inputs of `apply_profiles`.

    Attributes:
        deployment: The deployment file, which names the profiles.
        cluster: Cluster of the profiles.
        owns_cluster: Whether this application also deletes the cluster.
        components: The components of the platform by name, which come before.
        artifacts: The bucket of artifacts, if there is one.
        fsx: The shared file system in FSx, if there is one.
        scraper_ranges: Where Prometheus' scraper stands, if there is one.
        lanes: Those of the stack.
    """

    deployment: Deployment
    cluster: eks.ICluster
    owns_cluster: bool
    components: Mapping[str, AppliedComponent]
    artifacts: ArtifactStore | None
    fsx: FsxVolumes | None
    scraper_ranges: Sequence[str]
    lanes: Lanes


def apply_profiles(scope: Construct, props: AppliedProfilesProps) -> None:
    """Apply all profiles of a deployment, if it has any.

    Args:
        scope: The stack. All ids are in it and in no construct of their own: a moved id would
            delete the profiles that are deployed.
        props: What the deployment file and other stacks say.
    """
    profiles = props.deployment.profiles
    if not profiles:
        return
    before = _before(scope, props)
    efs = props.deployment.storage.efs
    packs = profile_packs(
        profiles,
        ProfileVolumes(efs_class=efs.storage_class if efs.enabled else None, fsx=props.fsx),
        PodDefaults(
            pipelines=props.deployment.components.pipelines,
            artifacts_bucket=props.artifacts.bucket_name if props.artifacts else None,
            region=props.deployment.region,
        ),
        scraper_ranges=props.scraper_ranges,
    )
    applied = [_apply(scope, f"Profiles{number}", packs[number], before, props) for number in packs]
    for number, people in contributor_packs(profiles).items():
        _apply(scope, f"Contributors{number}", people, applied, props)
    if groups := group_packs(profiles):
        _apply(scope, "Groups", groups, applied, props)


def _before(scope: Construct, props: AppliedProfilesProps) -> list[IDependable]:
    """What profiles wait for; the profile controller is part of the component `kubeflow`."""
    before: list[IDependable] = [props.components["kubeflow"]]
    if props.artifacts:
        before.append(_roles(scope, props.artifacts, props))
    storage = [props.components[name] for name in ("efs", "fsx") if name in props.components]
    if props.fsx:
        folders = _folders(scope, props.fsx, props)
        # Nothing mounts a file system that is not open yet.
        folders.node.add_dependency(*storage)
        props.lanes.add(folders, folders.work, after=storage)
        before.append(folders)
    return [*before, *storage]


def _folders(scope: Construct, fsx: FsxVolumes, props: AppliedProfilesProps) -> AppliedComponent:
    return ProfileFolders(
        scope,
        "ProfileFolders",
        props=ProfileFoldersProps(
            cluster=props.cluster,
            owns_cluster=props.owns_cluster,
            fsx=fsx,
            profiles=[profile.name for profile in props.deployment.profiles],
            images=image_names(props.deployment),
        ),
    ).applied


def _roles(scope: Construct, artifacts: ArtifactStore, props: AppliedProfilesProps) -> ProfileRoles:
    return ProfileRoles(
        scope,
        "ProfileRoles",
        props=ProfileRolesProps(
            cluster=props.cluster,
            store=artifacts,
            region=props.deployment.region,
            profiles=props.deployment.profiles,
        ),
    )


def _apply(
    scope: Construct,
    construct_id: str,
    packs: Sequence[Pack],
    after: Sequence[IDependable],
    props: AppliedProfilesProps,
) -> AppliedComponent:
    return apply_in_lane(
        scope,
        construct_id,
        props=AppliedComponentProps(
            cluster=props.cluster, owns_cluster=props.owns_cluster, packs=packs
        ),
        after=after,
        lanes=props.lanes,
    )
