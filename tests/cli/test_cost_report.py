"""What `make cost` prints, and which files it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.cli.cost.charges import Terms
from kubeflow_aws.cli.cost.estimate import Estimate, estimate_of
from kubeflow_aws.cli.cost.prices import FOLDER, load_assumptions, load_prices
from kubeflow_aws.cli.main import main
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.estimates import lines_of, of_type, printed
from tests.support.assembly import CheckedAssembly

Template = dict[str, JsonValue]


@pytest.fixture
def assembly(tmp_path: Path) -> Callable[..., Path]:
    """Makes a cloud assembly of one stack."""

    def make(resources: Mapping[str, JsonValue], region: str = "us-west-2") -> Path:
        artifact: JsonValue = {
            "type": "aws:cloudformation:stack",
            "environment": f"aws://123456789012/{region}",
            "properties": {"templateFile": "Mine.template.json"},
        }
        manifest = json.dumps({"artifacts": {"Mine": artifact}})
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
        template = json.dumps({"Resources": resources})
        (tmp_path / "Mine.template.json").write_text(template, encoding="utf-8")
        return tmp_path

    return make


def test_a_type_that_nobody_knows_is_named(assembly: Callable[..., Path], terms: Terms) -> None:
    estimate = estimate_of(assembly({"It": {"Type": "AWS::Mystery::Engine"}}), terms)

    assert [each.what for each in estimate.uncounted] == ["AWS::Mystery::Engine"]
    assert "AWS::Mystery::Engine: constructs/kubeflow_aws/cli/cost knows no price" in printed(
        estimate, terms
    )


def test_nodes_that_neither_table_nor_template_knows_are_a_sentence(
    assembly: Callable[..., Path], terms: Terms
) -> None:
    group: JsonValue = {"InstanceTypes": ["m99i.large"], "ScalingConfig": {"DesiredSize": 2}}
    nodes: Template = {"Nodes": {"Type": "AWS::EKS::Nodegroup", "Properties": group}}

    with pytest.raises(UserError, match=r"the assembly has nodes of m99i\.large, which neither"):
        estimate_of(assembly(nodes), terms)


def test_prices_of_another_region_are_warned_of(
    assembly: Callable[..., Path], terms: Terms
) -> None:
    key: Template = {"Key": {"Type": "AWS::KMS::Key"}}

    here = printed(estimate_of(assembly(key), terms), terms)
    away = printed(estimate_of(assembly(key, "eu-central-1"), terms), terms)

    assert "WARNING" not in here
    assert "WARNING: prices are those of us-east-1 and us-west-2, but a stack is in" in away
    assert "eu-central-1" in away


def test_the_report_says_what_is_assumed_and_what_is_unverified(
    production_estimate: Estimate, terms: Terms
) -> None:
    text = printed(production_estimate, terms)

    assert "730 hours of a month" in text
    assert "10 people who sign in with Cognito" in text
    assert "taxes, support plans" in text
    assert "AWS::Lambda::Function (" in text
    [zone] = [each for each in text.splitlines() if "RDS mysql" in each]
    assert "?0.168 / hour" in zone
    [traffic] = [each for each in text.splitlines() if "traffic between zones" in each]
    assert "~100" in traffic


def test_the_report_shows_requests_against_capacity(
    production_estimate: Estimate, terms: Terms
) -> None:
    lines = printed(production_estimate, terms).splitlines()

    start = lines.index("The platform's requests on 4 system nodes m7i.xlarge:")
    cpu = lines[start + 2].split()
    assert cpu[0] == "cpu"
    assert cpu[3:5] == ["15.68", "vCPUs"]
    assert cpu[5].endswith("%")


def test_nodes_of_an_existing_cluster_are_not_shown(
    checked_existing_cluster: CheckedAssembly, terms: Terms
) -> None:
    estimate = estimate_of(checked_existing_cluster.assembly.folder, terms)

    assert estimate.fit is None
    assert estimate.pools == []
    assert "The platform's requests" not in printed(estimate, terms)


def test_assumptions_of_ones_own_count(tmp_path: Path, terms: Terms) -> None:
    file = changed(tmp_path, "assumptions.yaml", {"efs_gb": 1000})
    mine = Terms(prices=terms.prices, assume=load_assumptions(file), today=terms.today)

    assert lines_of(of_type("AWS::EFS::FileSystem"), mine)["EFS storage"] == pytest.approx(300)


@pytest.mark.parametrize(
    ("file", "change", "sentence"),
    [
        ("assumptions.yaml", {"hours": "all"}, "hours: Input should be a valid number"),
        ("assumptions.yaml", {"hours": -1}, "hours: Input should be greater than or equal to 0"),
        ("assumptions.yaml", {"ours": 1}, "ours: Extra inputs are not permitted"),
        ("prices.yaml", {"currency": "EUR"}, "currency: Input should be 'USD'"),
        ("prices.yaml", {"as_of": "lately"}, "as_of: Input should be a valid date"),
        ("prices.yaml", {"rates": {}}, "rates.eks_cluster: Field required"),
        ("prices.yaml", {"fsx": {"source": "hearsay", "usd": {}}}, "fsx.source: String should"),
    ],
)
def test_a_file_with_a_mistake_is_a_sentence(
    tmp_path: Path, file: str, change: Mapping[str, JsonValue], sentence: str
) -> None:
    path = changed(tmp_path, file, change)
    load = load_prices if file == "prices.yaml" else load_assumptions

    with pytest.raises(UserError) as refusal:
        load(path)

    assert f"{path}: {sentence}" in str(refusal.value)


def changed(folder: Path, file: str, change: Mapping[str, JsonValue]) -> Path:
    """A checked-in file with other values."""
    content = yaml.safe_load((FOLDER / file).read_text(encoding="utf-8"))
    path = folder / file
    path.write_text(yaml.safe_dump(content | dict(change)), encoding="utf-8")
    return path


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        load_prices(tmp_path / "prices.yaml")


def test_a_folder_without_an_assembly_is_a_sentence(tmp_path: Path, terms: Terms) -> None:
    with pytest.raises(UserError, match="holds no cloud assembly; run make synth"):
        estimate_of(tmp_path, terms)


def test_a_program_is_told_the_sums(
    assembly: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = assembly({"It": {"Type": "AWS::SecretsManager::Secret"}}, region="eu-west-1")

    with pytest.raises(SystemExit) as ended:
        main(["cost", "vanilla", "--assembly", str(folder), "--json"])

    told = json.loads(capsys.readouterr().out)["result"]
    [stack] = told["stacks"]
    assert ended.value.code == 0
    assert stack["region"] == "eu-west-1"
    assert told["usd_a_month"] == stack["usd_a_month"] == stack["lines"][0]["usd_a_month"] > 0
    assert "eu-west-1" in told["warnings"][0]
