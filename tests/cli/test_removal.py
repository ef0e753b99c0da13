"""What `make destroy-plan` says beforehand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.cli.destroy_plan.command import removal_lines
from kubeflow_aws.cli.destroy_plan.removal import removal_of
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.files.errors import UserError
from tests.support.assembly import Assembly, CheckedAssembly, synthesize
from tests.support.deployments import variation
from tests.support.platforms import sample_of


@pytest.mark.parametrize("preset", list(Preset))
def test_an_option_for_development_leaves_nothing(
    preset: Preset, option: Callable[[str], CheckedAssembly]
) -> None:
    removal = removal_of(option(preset.value).assembly.folder)

    assert removal.left == []
    assert not removal.protected


def test_stacks_go_before_those_that_they_use(
    option: Callable[[str], CheckedAssembly],
) -> None:
    order = removal_of(option("cognito-rds-s3").assembly.folder).order

    assert order.index("KubeflowMonitoring") < order.index("KubeflowData")
    assert order.index("KubeflowPlatform") < order.index("KubeflowIdentity")
    assert order.index("KubeflowPlatform") < order.index("KubeflowCluster")
    assert order[-1] == "KubeflowNetwork"


def test_production_keeps_what_cannot_be_made_again(
    production_assembly: Assembly, production_deployment: Deployment
) -> None:
    removal = removal_of(production_assembly.folder)

    kinds = {left.kind for left in removal.left}

    assert {
        "automatic backups of the database, as long as they are kept",
        "bucket with its objects",
        "file system with its files",
        "last snapshot of the database",
        "logs",
        "user pool with its users",
        "vault with its backups",
    } <= kinds
    lines = list(removal_lines(removal, production_deployment))
    assert "`deletion_protection: false` first" in lines[0]
    assert any("`make redeploy` takes them back" in line for line in lines)


def test_only_what_has_a_fixed_name_keeps_it_from_others(
    production_assembly: Assembly,
) -> None:
    removal = removal_of(production_assembly.folder)

    assert {left.kind for left in removal.left if left.taken} == {"logs", "vault with its backups"}


def test_a_protection_that_is_off_refuses_nothing(
    production_deployment: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    open_ = variation(production_deployment, {"deletion_protection": False})
    assembly = synthesize(open_, sample_of(open_, sample_cache), tmp_path)

    assert not removal_of(assembly.folder).protected


def test_a_cluster_of_others_keeps_namespaces_and_definitions(
    existing_cluster: Deployment, checked_existing_cluster: CheckedAssembly
) -> None:
    removal = removal_of(checked_existing_cluster.assembly.folder)

    lines = list(removal_lines(removal, existing_cluster))

    assert any("Kubernetes objects stay in the cluster" in line for line in lines)
    assert any("They stay with the cluster" in line for line in lines)


def test_file_systems_of_claims_are_named(
    data_plane: Deployment, sample_assembly: Assembly
) -> None:
    lines = list(removal_lines(removal_of(sample_assembly.folder), data_plane))

    assert any("File systems of FSx that claims" in line for line in lines)


def test_a_folder_without_an_assembly_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no cloud assembly; run make synth"):
        removal_of(tmp_path)
