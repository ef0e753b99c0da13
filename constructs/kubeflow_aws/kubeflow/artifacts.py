"""What the platform's components take from the bucket of artifacts, and what they may do there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs import Construct

from kubeflow_aws.artifacts.permissions import may_read
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.checks.acknowledge import acknowledge_wildcard
from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX
from kubeflow_aws.kubeflow.pod_roles import PodRoles
from kubeflow_aws.objects.placeholders import Placeholder, Value

LOGS = f"{PROFILES_PREFIX}/*/main.log"
"""Archived logs (`keyFormat` in manifests/components/pipelines/s3/archive-logs.yaml)."""

TEMPLATES = "pipelines/*"
"""Pipelines that a release kept here which did not yet keep them in its database alone
(kubeflow/pipelines 2.17.0, config.json, `PipelinePath`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactsAccessProps:
    """Inputs of `ArtifactsAccess`.

    Attributes:
        store: The bucket.
        region: Its region.
        roles: Roles of Pipelines' own service accounts.
    """

    store: ArtifactStore
    region: str
    roles: PodRoles


class ArtifactsAccess(Construct):
    """Lets the API server of Pipelines read old pipelines, and its UI archived logs.

    Of the API server's ways to an artifact none is open: it knows nobody who asks for one
    (run_artifact_server.go answers 401 in multi-user mode), and its log server is denied
    (manifests/components/pipelines/s3/deny-log-server.yaml). At its start it looks whether the
    bucket is there, which takes the right to list it; without, it warns and goes on
    (client_manager.go, initBlobObjectStore).

    Attributes:
        values: The placeholders of the component `pipelines`.
    """

    values: Mapping[Placeholder, Value]

    def __init__(self, scope: Construct, construct_id: str, *, props: ArtifactsAccessProps) -> None:
        super().__init__(scope, construct_id)
        store, region = props.store, props.region
        api_server = props.roles.grant("ml-pipeline", *may_read(store, region, objects=TEMPLATES))
        acknowledge_wildcard(
            api_server,
            resource=f"{store.finding_name}/{TEMPLATES}",
            reason="A folder of Pipelines' own, with pipelines that an earlier release kept there.",
        )
        ui = props.roles.grant("ml-pipeline-ui", *may_read(store, region, objects=LOGS))
        acknowledge_wildcard(
            ui,
            resource=f"{store.finding_name}/{LOGS}",
            reason="Logs of all runs; who may see which, the guard before the UI asks "
            "(manifests/components/pipelines/guard/guard-ui.yaml).",
        )
        self.values = {
            Placeholder.ARTIFACTS_BUCKET: store.bucket_name,
            Placeholder.REGION: region,
        }
