"""What `make plan` says of a deployment that differs from the new synth."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
import typer

from kubeflow_aws.assembly.stacks import nested_files, stack_names
from kubeflow_aws.changes.upgrades import UpgradeNote, load_upgrades, steps_of
from kubeflow_aws.cli.changes import parse_key, step_lines
from kubeflow_aws.cli.plan import command as program
from kubeflow_aws.cli.plan.command import plan_lines
from kubeflow_aws.cli.plan.contents import component_of, deployed, synthesized
from kubeflow_aws.deployment.lasting import LASTING_KEY
from kubeflow_aws.objects.kubernetes_object import key_of
from tests.cli.deployed_stacks import DeployedStacks
from tests.support.assembly import Assembly


@pytest.fixture
def stacks(sample_assembly: Assembly) -> DeployedStacks:
    return DeployedStacks(sample_assembly)


def plan(stacks: DeployedStacks, assembly: Assembly) -> list[str]:
    new = synthesized(assembly.folder)
    return plan_lines(deployed(stacks, stack_names(assembly.folder)), new)


def test_nothing_changes_what_is_deployed_already(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    assert plan(stacks, sample_assembly) == ["No Kubernetes object changes."]


def test_before_the_first_deployment_everything_is_new(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    stacks.templates.clear()

    [line] = plan(stacks, sample_assembly)

    assert line.startswith("Nothing is deployed")


def test_a_component_that_a_failed_deployment_did_not_reach_is_new(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    files = nested_files(sample_assembly.folder, "KubeflowPlatform.template.json")
    [katib] = [logical_id for logical_id in files if "Katib" in logical_id]
    stacks.never_made.add(katib)

    lines = plan(stacks, sample_assembly)

    assert [line.partition(":")[0] for line in lines if not line.startswith(" ")] == ["katib"]


def test_an_object_is_added_to_its_component(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    stacks.remove("Deployment", "istiod")

    assert plan(stacks, sample_assembly) == [
        "istio: 1 added",
        "  + Deployment.apps istio-system/istiod",
    ]


def test_a_changed_object_is_shown_with_its_fields(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    labels = {"name": "istiod", "namespace": "istio-system", "labels": {"old": "yes"}}
    stacks.edit("Deployment", "istiod", {"metadata": labels})

    lines = plan(stacks, sample_assembly)

    assert lines[:2] == ["istio: 1 changed", "  ~ Deployment.apps istio-system/istiod"]
    assert "metadata.labels" in lines[2]


def test_an_immutable_change_says_what_to_delete_first(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    selector = {"selector": {"matchLabels": {"app": "another"}}}
    stacks.edit("Deployment", "istiod", {"spec": selector})

    assert plan(stacks, sample_assembly)[1:4] == [
        "  ! Deployment.apps istio-system/istiod",
        "      cannot change: spec.selector.matchLabels.app",
        "      delete it first: kubectl delete deployment.apps istiod --namespace istio-system",
    ]


def test_what_cannot_change_comes_first_with_its_reason(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    metadata = stacks.templates["KubeflowPlatform"]["Metadata"]
    metadata[LASTING_KEY]["network.cidr"] = "10.9.0.0/16"

    assert plan(stacks, sample_assembly) == [
        "error: network.cidr is 10.9.0.0/16 in what is deployed, and 10.0.0.0/16 in the file: it "
        "cannot change later, since a cluster stays in the network that it was made in; give "
        "10.9.0.0/16"
    ]


def test_a_plan_fails_for_what_cannot_change_and_for_nothing_else(
    stacks: DeployedStacks, sample_assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "session_of", lambda *_: stacks)
    program.command("vanilla", sample_assembly.folder)

    metadata = stacks.templates["KubeflowPlatform"]["Metadata"]
    metadata[LASTING_KEY]["network.cidr"] = "10.9.0.0/16"
    with pytest.raises(typer.Exit) as caught:
        program.command("vanilla", sample_assembly.folder)
    assert caught.value.exit_code == 1


def test_a_stack_that_the_file_leads_to_no_more_is_told(
    stacks: DeployedStacks,
    sample_assembly: Assembly,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(program, "session_of", lambda *_: stacks)
    stacks.left = ["KubeflowStorage", "SomebodyElsesStorage"]

    program.command("vanilla", sample_assembly.folder)

    assert capsys.readouterr().out.splitlines() == [
        "No Kubernetes object changes.",
        "The stack KubeflowStorage is deployed, and no longer part of this deployment: it stays, "
        "with all that it holds. When you need none of it, delete it after the deployment: "
        "aws cloudformation delete-stack --stack-name KubeflowStorage --region us-west-2",
    ]


def test_nobody_is_told_to_delete_a_claim_with_files_in_it(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    claim = next(
        key_of(item).name
        for item in sample_assembly.objects()
        if item["kind"] == "PersistentVolumeClaim"
    )
    stacks.edit("PersistentVolumeClaim", claim, {"spec": {"storageClassName": "old"}})

    lines = plan(stacks, sample_assembly)

    assert "      do not delete it, for it holds files: change the deployment file back" in lines
    assert not any("kubectl delete" in line for line in lines)


def test_an_object_that_leaves_its_pack_stays_until_somebody_deletes_it(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    left = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "old", "namespace": "istio-system"},
    }
    stacks.add_beside("Deployment", "istiod", left)

    assert plan(stacks, sample_assembly) == [
        "istio: 1 removed",
        "  - ConfigMap istio-system/old: stays in the cluster; "
        "kubectl delete configmap old --namespace istio-system",
    ]


def test_an_object_whose_pack_goes_is_deleted(
    stacks: DeployedStacks, cognito_assembly: Assembly
) -> None:
    lines = plan(stacks, cognito_assembly)

    assert any(line.startswith("  - Deployment.apps auth/dex: is deleted") for line in lines)
    assert any("Namespace auth: stays in the cluster" in line for line in lines)


def test_the_plan_knows_both_releases(stacks: DeployedStacks, sample_assembly: Assembly) -> None:
    old = deployed(stacks, stack_names(sample_assembly.folder))

    assert old.release == synthesized(sample_assembly.folder).release == "26.03.1-rc.2"


@pytest.mark.parametrize(
    ("logical_id", "component"),
    [
        ("ComponentsIstioNestedStackComponentsIstioNestedStackResource1A", "istio"),
        ("ServicesLoadBalancerControllerNestedStackX", "load-balancer-controller"),
        ("Profiles1NestedStackX", "profiles1"),
    ],
)
def test_a_nested_stack_is_named_as_its_component(logical_id: str, component: str) -> None:
    assert component_of(logical_id) == component


def test_a_version_that_leaves_a_definition_is_no_reason_to_delete_it(
    stacks: DeployedStacks, sample_assembly: Assembly
) -> None:
    """Everything of its kind would go with it."""
    name = "sparkapplications.sparkoperator.k8s.io"
    [spec] = [
        cast("dict[str, Any]", item["spec"])
        for item in sample_assembly.objects()
        if key_of(item).name == name
    ]
    older = {"name": "v1beta1", "served": True, "storage": False}
    more = spec | {"versions": [older, *spec["versions"]]}
    stacks.edit("CustomResourceDefinition", name, {"spec": more})

    lines = plan(stacks, sample_assembly)

    assert "      cannot change: spec.versions[v1beta1]" in lines
    assert not any("kubectl delete" in line for line in lines)


class TestUpgrades:
    """Upstream's own notes."""

    def test_what_waits_for_the_new_release_comes_last(self) -> None:
        notes = [
            UpgradeNote(
                leaving="26.03",
                when=when,
                subject=f"What comes {when}",
                why="So it is.",
                source="https://example.com",
                delete=(f"ConfigMap kubeflow/{when}",),
            )
            for when in ("after", "before")
        ]
        names = {item for note in notes for item in note.delete}

        lines = list(step_lines(steps_of(notes, "26.03", "26.09", names)))

        assert [line for line in lines if not line.startswith(" ")] == [
            "What comes before: So it is.",
            "What comes after (after the deployment): So it is.",
        ]

    def test_every_object_is_named_as_our_plans_do(self, project: Path) -> None:
        for note in load_upgrades(project / "manifests" / "upgrades.yaml"):
            assert [str(parse_key(item)) for item in note.delete] == list(note.delete)

    def test_a_note_shows_what_is_deployed_of_its_objects(self, project: Path) -> None:
        jobset = "Deployment.apps kubeflow-system/jobset-controller-manager"
        notes = load_upgrades(project / "manifests" / "upgrades.yaml")

        lines = list(step_lines(steps_of(notes, "26.03", "26.03.1", {jobset})))

        assert [line for line in lines if "kubectl" in line] == [
            "  kubectl delete deployment.apps jobset-controller-manager --namespace kubeflow-system"
        ]

    @pytest.mark.parametrize(
        ("before", "after"),
        [("26.03", "26.03"), ("26.03.1", "26.09"), ("26.03.1-rc.2", "26.03.1")],
    )
    def test_a_note_concerns_only_who_leaves_its_release(
        self, before: str, after: str, project: Path
    ) -> None:
        notes = load_upgrades(project / "manifests" / "upgrades.yaml")
        names = {item for note in notes for item in note.delete}

        assert steps_of(notes, before, after, names) == []

    @pytest.mark.parametrize("after", ["26.03.1-rc.2", "26.03.1", "26.09"])
    def test_the_notes_concern_who_leaves_26_03_for_any_later_one(
        self, after: str, project: Path
    ) -> None:
        notes = load_upgrades(project / "manifests" / "upgrades.yaml")
        names = {item for note in notes for item in note.delete}

        assert [step.note for step in steps_of(notes, "26.03", after, names)] == notes

    @pytest.mark.upstream
    def test_of_what_goes_the_new_release_has_only_what_it_makes_anew(
        self, project: Path, upstream_assembly: Assembly
    ) -> None:
        """JobSet's and the profile controller's objects keep their names, with other selectors."""
        names = {str(key_of(item)) for item in upstream_assembly.objects()}
        notes = load_upgrades(project / "manifests" / "upgrades.yaml")

        still = {item for note in notes for item in note.delete if item in names}

        assert {item.rpartition("/")[2].rpartition(" ")[2] for item in still} == {
            "jobset-controller-manager",
            "profiles-cluster-rolebinding",
            "profiles-controller-service-account",
            "profiles-deployment",
            "profiles-kfam",
            "profiles-leader-election-role",
            "profiles-leader-election-rolebinding",
        }
