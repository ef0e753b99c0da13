"""What Kubernetes' own controllers and upstream's write, on a real control plane."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.kubeflow.profile_volumes import ProfileVolumes, profile_volumes
from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.objects import KubernetesObject, metadata
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.manifests.tools import find_tools
from kubeflow_aws.storage.file_systems import FsxVolumes
from localcloud.kubernetes.start import StartProps, start_api
from tests.conftest import PROJECT
from tests.localcloud.kubernetes.cluster import Cluster, authenticate, manifest
from tests.support.markdown import Page

pytestmark = pytest.mark.upstream

CULLER = "system:serviceaccount:kubeflow:notebook-controller-service-account"
USER = "alice@example.com"
LAST_ACTIVITY = "notebooks.kubeflow.org/last-activity"
SERVER_TYPE = "notebooks.kubeflow.org/server-type"
EDIT = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-edit"
STOPPED = "kubeflow-resource-stopped"
NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)
STORAGE = PROJECT / "docs" / "storage.md"

FSX = FsxVolumes(
    file_system_id="fs-1",
    dns_name="fs-1.fsx.us-west-2.amazonaws.com",
    mount_name="abcdefgh",
    security_group_id="sg-1",
    subnet_id="subnet-1",
)


@pytest.fixture(scope="module")
def cluster(
    control_plane: Path, upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A control plane with Kubeflow's policies, its roles, and the kind of notebooks."""
    folder = tmp_path_factory.mktemp("cluster")
    api = start_api(
        StartProps(
            version="1.35",
            authenticate=authenticate,
            folder=folder / "state",
            programs=control_plane,
            region="us-west-2",
        )
    )
    kubectl = find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache", path="").kubectl
    made = Cluster(api=api, kubectl_file=kubectl, folder=folder, is_real=True)
    made.apply(
        *(
            item
            for item in objects_of(upstream_platform)
            if str(item["kind"]).startswith(("ValidatingAdmissionPolicy", "ClusterRole"))
            or metadata(item)["name"] == "notebooks.kubeflow.org"
        )
    )
    made.kubectl("wait", "--for=condition=established", "crd/notebooks.kubeflow.org")
    made.kubectl(
        "create", "clusterrolebinding", "c", "--clusterrole=cluster-admin", f"--user={CULLER}"
    )
    made.eventually(lambda: made.get(EDIT).get("rules"))
    yield made
    api.stop()


def objects_of(platform: Platform) -> list[KubernetesObject]:
    return [item for one in platform.components for item in one.objects]


@pytest.fixture
def profile(cluster: Cluster) -> str:
    """A namespace with an editor."""
    name = cluster.namespace()
    cluster.kubectl(
        "create", "rolebinding", "e", "-n", name, "--clusterrole=kubeflow-edit", f"--user={USER}"
    )
    return name


def ago(minutes: int) -> str:
    return (NOW - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_notebook(
    cluster: Cluster, namespace: str, annotations: Mapping[str, str], *, minutes_ago: int
) -> None:
    """A notebook as the controller describes it once its container runs."""
    cluster.apply(
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "Notebook",
            "metadata": {"name": "nb", "namespace": namespace, "annotations": dict(annotations)},
            "spec": {"template": {"spec": {"containers": [{"name": "nb", "image": "a:1"}]}}},
        }
    )
    running = {"running": {"startedAt": ago(minutes_ago)}}
    cluster.done(
        "PATCH",
        f"/apis/kubeflow.org/v1/namespaces/{namespace}/notebooks/nb/status",
        {"status": {"conditions": [], "readyReplicas": 1, "containerState": running}},
        content_type="application/merge-patch+json",
    )


def annotate(cluster: Cluster, namespace: str, annotation: str, *, by: str) -> str:
    """What kubectl says."""
    done = cluster.try_kubectl(
        "annotate", "notebook", "nb", "-n", namespace, annotation, f"--as={by}"
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "annotations",
    [
        {LAST_ACTIVITY: ago(300), SERVER_TYPE: "jupyter"},
        {LAST_ACTIVITY: ago(300)},
        {LAST_ACTIVITY: ago(300), "kubeflow-aws/keep-running": "false"},
    ],
)
def test_a_notebook_whose_kernels_are_idle_is_stopped(
    annotations: Mapping[str, str], cluster: Cluster, profile: str
) -> None:
    start_notebook(cluster, profile, annotations, minutes_ago=500)

    assert "annotated" in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=CULLER)


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({LAST_ACTIVITY: ago(300), SERVER_TYPE: "group-one"}, "no kernels that culling could ask"),
        ({LAST_ACTIVITY: ago(300), SERVER_TYPE: "group-two"}, "no kernels that culling could ask"),
        # The culler's first look, before and after the container started.
        ({LAST_ACTIVITY: ago(501), SERVER_TYPE: "jupyter"}, "no kernel was seen"),
        ({LAST_ACTIVITY: ago(500), SERVER_TYPE: "jupyter"}, "no kernel was seen"),
        ({LAST_ACTIVITY: ago(300), "kubeflow-aws/keep-running": "true"}, "keeps it running"),
    ],
)
def test_what_culling_cannot_see_is_spared(
    annotations: Mapping[str, str], reason: str, cluster: Cluster, profile: str
) -> None:
    start_notebook(cluster, profile, annotations, minutes_ago=500)

    assert reason in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=CULLER)
    # What else the controller notes is its own affair, and a user stops what she likes.
    assert "annotated" in annotate(cluster, profile, "note=1", by=CULLER)
    assert "annotated" in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=USER)


def test_the_policy_knows_the_cullers_name(upstream_platform: Platform) -> None:
    objects = objects_of(upstream_platform)
    [controller] = [
        dict[str, Any](item)
        for item in objects
        if item["kind"] == "Deployment"
        and metadata(item)["name"] == "notebook-controller-deployment"
    ]
    [policy] = [
        item
        for item in objects
        if item["kind"] == "ValidatingAdmissionPolicy"
        and metadata(item)["name"] == "spare-what-culling-cannot-see"
    ]
    account = controller["spec"]["template"]["spec"]["serviceAccountName"]

    assert f"system:serviceaccount:{controller['metadata']['namespace']}:{account}" == CULLER
    assert CULLER in str(policy)


def volumes_of(profile: str) -> list[dict[str, Any]]:
    found = profile_volumes(profile, ProfileVolumes(efs_class="efs", fsx=FSX))
    return [dict[str, Any](item) for item in found]


def claim_is(phase: str, cluster: Cluster, profile: str) -> bool:
    claim = f"/api/v1/namespaces/{profile}/persistentvolumeclaims/fast"
    return cluster.exists(claim) and cluster.get(claim)["status"].get("phase") == phase


def test_users_do_not_delete_the_claims_of_their_profile(cluster: Cluster, profile: str) -> None:
    cluster.apply(*volumes_of(profile))
    cluster.eventually(lambda: claim_is("Bound", cluster, profile))

    for name in ("fast", "shared"):
        said = cluster.refusal("delete", "pvc", name, "-n", profile, f"--as={USER}")
        assert "this claim belongs to the profile" in said
    cluster.apply(*volumes_of(profile))

    assert claim_is("Bound", cluster, profile)


def test_users_delete_claims_of_their_own(cluster: Cluster, profile: str) -> None:
    own: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "fast", "namespace": profile},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    cluster.kubectl("create", f"--as={USER}", "-f", "-", stdin=manifest(own))

    cluster.kubectl("delete", "pvc", "fast", "-n", profile, f"--as={USER}")


def test_a_profile_goes_with_its_claims_and_comes_back_to_its_files(
    cluster: Cluster, profile: str
) -> None:
    cluster.apply(*volumes_of(profile))
    cluster.eventually(lambda: claim_is("Bound", cluster, profile))
    volume = f"/api/v1/persistentvolumes/fast-{profile}"
    before = cluster.get(volume)["spec"]["csi"]

    cluster.kubectl("delete", "namespace", profile)
    cluster.eventually(lambda: cluster.get(volume)["status"]["phase"] == "Released")
    cluster.kubectl("create", "namespace", profile)
    cluster.apply(*volumes_of(profile))
    cluster.eventually(lambda: claim_is("Pending", cluster, profile))
    # Long enough for the controller to look again by itself.
    with pytest.raises(AssertionError, match="never came"):
        cluster.eventually(lambda: claim_is("Bound", cluster, profile), seconds=20)

    [command] = [
        line
        for block in Page("docs/storage.md", STORAGE.read_text(encoding="utf-8")).blocks
        for line in block.text.splitlines()
        if line.startswith("kubectl patch pv")
    ]
    arguments = shlex.split(command.replace("fast-PROFILE", f"fast-{profile}"))
    cluster.kubectl(*arguments[1:])

    cluster.eventually(lambda: claim_is("Bound", cluster, profile))
    assert cluster.get(volume)["spec"]["csi"] == before


def test_a_deployment_leaves_gathered_rules_to_their_controller(
    cluster: Cluster, upstream_platform: Platform
) -> None:
    roles = [dict[str, Any](each) for each in objects_of(upstream_platform) if _gathers(each)]
    before = cluster.get(EDIT)["rules"]
    apply = ("apply", "--server-side", "--field-manager=one", "-f", "-")

    cluster.kubectl(*apply, stdin=manifest(*roles))
    stating = [{**each, "rules": []} for each in roles]

    assert len(roles) > 10
    assert cluster.get(EDIT)["rules"] == before
    assert "conflict" in cluster.refusal(*apply, stdin=manifest(*stating))


def _gathers(item: KubernetesObject) -> bool:
    return "aggregationRule" in item
