"""What `make cost` reckons and prints."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.objects import JsonValue
from operations.cost.charges import Line, Resource, Terms, Uncounted
from operations.cost.estimate import PRICERS, Estimate, charges_of, estimate_of
from operations.cost.free import BY_USE, FREE
from operations.cost.prices import FOLDER, load_assumptions, load_prices
from operations.cost.report import show
from tests.support.assembly import Assembly, CheckedAssembly, synthesize
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, variation
from tests.support.platforms import sample_of

Template = dict[str, JsonValue]


@pytest.fixture(scope="module")
def terms() -> Terms:
    return Terms(prices=load_prices(), assume=load_assumptions(), today=date(2026, 11, 26))


@pytest.fixture(scope="module")
def production(production_assembly: Assembly, terms: Terms) -> Estimate:
    return estimate_of(production_assembly.folder, terms)


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


def of_type(kind: str, **properties: JsonValue) -> Resource:
    return Resource(kind=kind, logical_id="It", properties=properties, siblings={})


def lines_of(resource: Resource, terms: Terms) -> dict[str, float]:
    """What a resource costs, by what it is called."""
    charges = list(charges_of(resource, terms))
    assert all(isinstance(charge, Line) for charge in charges)
    return {charge.what: charge.usd for charge in charges if isinstance(charge, Line)}


def line(estimate: Estimate, stack: str, what: str) -> Line:
    """The one line of a stack whose text begins so."""
    [found] = [
        each
        for cost in estimate.stacks
        if cost.name == stack
        for each in cost.lines
        if each.what.startswith(what)
    ]
    return found


def printed(estimate: Estimate, terms: Terms) -> str:
    text = io.StringIO()
    show(Console(file=text, width=120, highlight=False, markup=False), estimate, terms)
    return text.getvalue()


def types_of(assembly: Assembly) -> set[str]:
    return {
        resource["Type"]
        for template in assembly.templates.values()
        for resource in template["Resources"].values()
    }


def test_every_type_of_every_option_is_priced_or_free(
    option: Callable[[str], CheckedAssembly],
    data_plane_assembly: Assembly,
    production_assembly: Assembly,
    cognito_assembly: Assembly,
    pipeline: CheckedAssembly,
) -> None:
    assemblies = [
        *(option(preset.value).assembly for preset in Preset),
        data_plane_assembly,
        production_assembly,
        cognito_assembly,
        pipeline.assembly,
    ]

    types = {each for assembly in assemblies for each in types_of(assembly)}

    assert types - PRICERS.keys() - FREE - BY_USE == set()


def test_no_type_is_both() -> None:
    kinds = [*PRICERS, *FREE, *BY_USE]

    assert len(kinds) == len(set(kinds))


def test_a_type_that_nobody_knows_is_named(assembly: Callable[..., Path], terms: Terms) -> None:
    estimate = estimate_of(assembly({"It": {"Type": "AWS::Mystery::Engine"}}), terms)

    assert [each.what for each in estimate.uncounted] == ["AWS::Mystery::Engine"]
    assert "AWS::Mystery::Engine: operations/cost knows no price" in printed(estimate, terms)


def test_the_options_cost_nothing_that_nobody_counts(production: Estimate) -> None:
    assert production.uncounted == []


def test_the_total_is_that_of_the_stacks(production: Estimate, terms: Terms) -> None:
    total = sum(each.usd for stack in production.stacks for each in stack.lines)

    assert production.usd == pytest.approx(total)
    assert total > 1000
    assert f"While nobody works: {total:,.2f} USD a month" in printed(production, terms)


@pytest.mark.parametrize(
    ("stack", "what", "quantity"),
    [
        ("KubeflowNetwork", "NAT gateways", 3 * 730),
        ("KubeflowNetwork", "interface endpoints in 3 zones", 8 * 3 * 730),
        ("KubeflowCluster", "3 system nodes m7i.xlarge", 3 * 730),
        ("KubeflowCluster", "root disks", 3 * 100),
        ("KubeflowCluster", "EKS control plane", 730),
        ("KubeflowData", "RDS mysql db.m7g.large with a standby", 2 * 730),
        ("KubeflowData", "RDS storage with a standby", 2 * 20),
        ("KubeflowStorage", "FSx for Lustre PERSISTENT_2/125", 1200),
        # Three Ingresses, one group.
        ("KubeflowPlatform", "Application Load Balancer", 730),
        ("KubeflowPlatform", "public IPv4 addresses of the load balancer", 3 * 730),
        ("KubeflowPlatform", "rules of the web ACL", 4),
        ("KubeflowMonitoring", "Prometheus: scraper", 730),
    ],
)
def test_quantities_are_those_of_the_templates(
    production: Estimate, stack: str, what: str, quantity: float
) -> None:
    found = line(production, stack, what)

    assert found.quantity == pytest.approx(quantity)
    assert found.usd == pytest.approx(quantity * found.price.usd)
    assert not found.assumed


def test_disks_of_databases_in_the_cluster_count(
    option: Callable[[str], CheckedAssembly], terms: Terms
) -> None:
    estimate = estimate_of(option("vanilla").assembly.folder, terms)

    assert line(estimate, "KubeflowPlatform", "disks of the platform's claims").quantity > 0


@pytest.mark.parametrize(
    ("today", "usd", "words"),
    [(date(2026, 12, 2), 73.0, "1.34"), (date(2026, 12, 3), 438.0, "extended support")],
)
def test_a_version_past_its_support_costs_six_times_as_much(
    terms: Terms, today: date, usd: float, words: str
) -> None:
    then = Terms(prices=terms.prices, assume=terms.assume, today=today)

    [(what, amount)] = lines_of(of_type("AWS::EKS::Cluster", Version="1.34"), then).items()

    assert amount == pytest.approx(usd)
    assert words in what


def test_a_gateway_endpoint_is_free(terms: Terms) -> None:
    assert lines_of(of_type("AWS::EC2::VPCEndpoint", VpcEndpointType="Gateway"), terms) == {}


def test_one_zone_of_a_database_costs_half(terms: Terms) -> None:
    def database(**more: JsonValue) -> Resource:
        kind = {"DBInstanceClass": "db.t4g.medium", "Engine": "mysql", "AllocatedStorage": "20"}
        return of_type("AWS::RDS::DBInstance", **{**kind, **more})

    one, two = (sum(lines_of(database(MultiAZ=zones), terms).values()) for zones in (False, True))

    assert two == pytest.approx(2 * one)


@pytest.mark.parametrize(
    "resource",
    [
        of_type(
            "AWS::RDS::DBInstance",
            DBInstanceClass="db.x9.large",
            Engine="mysql",
            AllocatedStorage="20",
        ),
        of_type(
            "AWS::FSx::FileSystem",
            LustreConfiguration={"DeploymentType": "PERSISTENT_9"},
            StorageCapacity=1200,
        ),
        of_type("AWS::CodeBuild::Project", Environment={"ComputeType": "BUILD_GPU"}),
        of_type("AWS::Cognito::UserPool", UserPoolTier="PLUS"),
        of_type("AWS::EKS::Cluster", Version="1.99"),
        of_type(
            "AWS::EKS::Nodegroup",
            InstanceTypes=["m99i.large"],
            ScalingConfig={"DesiredSize": 2},
        ),
    ],
    ids=lambda resource: resource.kind,
)
def test_what_has_no_price_is_named(resource: Resource, terms: Terms) -> None:
    first = next(iter(charges_of(resource, terms)))

    assert isinstance(first, Uncounted)
    assert first.why


def test_alarms_on_queries_cost_by_the_metric(terms: Terms) -> None:
    query: JsonValue = {"Expression": "SELECT MAX(pod_status_failed) FROM SCHEMA(x)", "Id": "q"}

    plain = lines_of(of_type("AWS::CloudWatch::Alarm", MetricName="CPUUtilization"), terms)
    by_query = lines_of(of_type("AWS::CloudWatch::Alarm", Metrics=[query]), terms)

    assert plain == {"alarms": pytest.approx(0.1)}
    assert sum(by_query.values()) == pytest.approx(0.1 * terms.assume.metrics_per_query_alarm)


@pytest.mark.parametrize(("users", "usd"), [(10_000, 0.0), (10_100, 1.5)])
def test_the_first_ten_thousand_people_sign_in_for_nothing(
    terms: Terms, users: int, usd: float
) -> None:
    assume = terms.assume.model_copy(update={"users": users})
    many = Terms(prices=terms.prices, assume=assume, today=terms.today)

    assert sum(lines_of(of_type("AWS::Cognito::UserPool"), many).values()) == pytest.approx(usd)


def test_only_clients_of_machines_pay_for_tokens(terms: Terms) -> None:
    kind = "AWS::Cognito::UserPoolClient"

    assert lines_of(of_type(kind, AllowedOAuthFlows=["code"]), terms) == {}
    assert lines_of(of_type(kind, AllowedOAuthFlows=["client_credentials"]), terms)


def test_node_pools_are_shown_at_their_limits_and_are_in_no_sum(
    production: Estimate, terms: Terms
) -> None:
    by_name = {pool.name: pool for pool in production.pools}

    assert by_name.keys() == {"cpu", "gpu", "neuron"}
    gpu = by_name["gpu"]
    assert (gpu.limit, gpu.nodes, gpu.spot) == ("32 nvidia.com/gpu", "4 x g6.48xlarge", True)
    disks = 4 * 100 * 0.08 / 730
    assert gpu.usd_per_hour == pytest.approx(4 * 13.3504 + disks)
    assert not [each for stack in production.stacks for each in stack.lines if "g6" in each.what]
    assert "While people work, up to, beside that" in printed(production, terms)


def test_types_that_the_table_does_not_know_cost_by_what_the_file_says(
    unlisted_assembly: Assembly, terms: Terms
) -> None:
    estimate = estimate_of(unlisted_assembly.folder, terms)

    nodes = line(estimate, "KubeflowCluster", "3 system nodes m7i.96xlarge")
    assert nodes.usd == pytest.approx(3 * 730 * 384 * 0.0504)
    [pool] = estimate.pools
    assert (pool.limit, pool.nodes) == ("800 vCPUs", "2 x m7i.96xlarge")
    assert estimate.fit is not None
    assert estimate.fit.offered.cpu > 3 * 380_000
    [unknown] = estimate.uncounted
    assert unknown.what == "g99.2xlarge in the node pool gpu"
    assert unknown.why == "operations/cost/prices.yaml has no price for it; add one"


def test_a_described_type_with_a_price_is_counted_by_its_gpus(
    unlisted_assembly: Assembly, terms: Terms
) -> None:
    ec2 = terms.prices.ec2
    priced = ec2.model_copy(update={"per_type": {**ec2.per_type, "g99.2xlarge": 3.0}})
    prices = terms.prices.model_copy(update={"ec2": priced})

    estimate = estimate_of(unlisted_assembly.folder, replace(terms, prices=prices))

    assert {pool.name: pool.nodes for pool in estimate.pools}["gpu"] == "2 x g99.2xlarge"
    assert estimate.uncounted == []


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
    production: Estimate, terms: Terms
) -> None:
    text = printed(production, terms)

    assert "730 hours of a month" in text
    assert "10 people who sign in with Cognito" in text
    assert "taxes, support plans" in text
    assert "AWS::Lambda::Function (" in text
    [zone] = [each for each in text.splitlines() if "RDS mysql" in each]
    assert "?0.168 / hour" in zone
    [traffic] = [each for each in text.splitlines() if "traffic between zones" in each]
    assert "~100" in traffic


def test_the_report_shows_requests_against_capacity(production: Estimate, terms: Terms) -> None:
    lines = printed(production, terms).splitlines()

    start = lines.index("The platform's requests on 3 system nodes m7i.xlarge:")
    cpu = lines[start + 2].split()
    assert cpu[0] == "cpu"
    assert cpu[3:5] == ["11.76", "vCPUs"]
    assert cpu[5].endswith("%")


def test_nodes_of_an_existing_cluster_are_not_shown(
    vanilla: Deployment, sample_cache: Path, tmp_path: Path, terms: Terms
) -> None:
    theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})
    assembly = synthesize(theirs, sample_of(theirs, sample_cache), tmp_path)

    estimate = estimate_of(assembly.folder, terms)

    assert estimate.fit is None
    assert estimate.pools == []
    assert "The platform's requests" not in printed(estimate, terms)


def test_the_delivery_stack_is_counted(pipeline: CheckedAssembly, terms: Terms) -> None:
    estimate = estimate_of(pipeline.assembly.folder, terms)

    assert line(estimate, "KubeflowDelivery", "CodePipeline").usd > 0
    assert line(estimate, "KubeflowDelivery", "CodeBuild BUILD_GENERAL1_LARGE").usd > 0


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
