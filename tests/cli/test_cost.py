"""What `make cost` reckons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kubeflow_aws.cli.cost.charges import Resource, Terms, Uncounted
from kubeflow_aws.cli.cost.estimate import PRICERS, Estimate, charges_of, estimate_of
from kubeflow_aws.cli.cost.lines import FILE, CostLines, cost_lines, load_lines
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.estimates import line, lines_of, of_type, printed
from tests.support.assembly import Assembly, CheckedAssembly


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

    assert types - PRICERS.keys() - types_in(cost_lines()) == set()


def test_a_type_with_a_pricer_has_no_lines() -> None:
    assert PRICERS.keys() & types_in(cost_lines()) == set()


def types_in(lines: CostLines) -> set[str]:
    return {*lines.free, *lines.by_use, *lines.priced}


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        (
            "[backup_gb]",
            "[backup_tb]",
            "has no amount backup_tb; take one of hours, ",
        ),
        (
            "price: backup,",
            "price: backups,",
            "has no rate backups; take one of eks_cluster, ",
        ),
        ("in_units_of: 10", "in_units_of: 0", "greater than or equal to 1"),
        (
            "price: dashboard",
            "rate: dashboard",
            "rate: Extra inputs are not permitted",
        ),
        (
            "by_use:",
            "by_use:\n  - AWS::S3::Bucket\n  - AWS::IAM::Role",
            "AWS::IAM::Role, AWS::S3::Bucket: a type is free, costs by use, or is priced",
        ),
    ],
)
def test_a_line_that_breaks_the_form_is_refused(
    right: str, wrong: str, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "lines.yaml"
    file.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")

    with pytest.raises(UserError, match=sentence):
        load_lines(file)


def test_amounts_are_multiplied_and_counted_in_the_units_of_the_price(terms: Terms) -> None:
    many = {"pipeline_runs": 3, "pipeline_minutes": 50, "prometheus_million_samples": 20}
    then = replace(terms, assume=terms.assume.model_copy(update=many))
    rates = terms.prices.rates

    pipeline = lines_of(of_type("AWS::CodePipeline::Pipeline"), then)
    prometheus = lines_of(of_type("AWS::APS::Workspace"), then)

    assert pipeline == {"CodePipeline": pytest.approx(3 * 50 * rates.pipeline_minute.usd)}
    samples = prometheus["Prometheus: samples that are taken in"]
    assert samples == pytest.approx(2 * rates.prometheus_samples.usd)


def test_the_options_cost_nothing_that_nobody_counts(production_estimate: Estimate) -> None:
    assert production_estimate.uncounted == []


def test_the_total_is_that_of_the_stacks(production_estimate: Estimate, terms: Terms) -> None:
    total = sum(each.usd for stack in production_estimate.stacks for each in stack.lines)

    assert production_estimate.usd == pytest.approx(total)
    assert total > 1000
    assert f"While nobody works: {total:,.2f} USD a month" in printed(production_estimate, terms)


@pytest.mark.parametrize(
    ("stack", "what", "quantity"),
    [
        ("KubeflowNetwork", "NAT gateways", 3 * 730),
        ("KubeflowNetwork", "interface endpoints in 3 zones", 8 * 3 * 730),
        ("KubeflowCluster", "4 system nodes m7i.xlarge", 4 * 730),
        ("KubeflowCluster", "root disks", 4 * 100),
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
    production_estimate: Estimate, stack: str, what: str, quantity: float
) -> None:
    found = line(production_estimate, stack, what)

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


def test_a_metric_that_is_taken_from_a_log_costs_as_one(terms: Terms) -> None:
    found = lines_of(of_type("AWS::Logs::MetricFilter"), terms)

    assert found == {"metrics that are taken from logs": pytest.approx(0.3)}


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
    production_estimate: Estimate, terms: Terms
) -> None:
    by_name = {pool.name: pool for pool in production_estimate.pools}

    assert by_name.keys() == {"cpu", "gpu", "neuron"}
    gpu = by_name["gpu"]
    assert (gpu.limit, gpu.nodes, gpu.spot) == ("32 nvidia.com/gpu", "4 x g6.48xlarge", True)
    disks = 4 * 100 * 0.08 / 730
    assert gpu.usd_per_hour == pytest.approx(4 * 13.3504 + disks)
    assert not [
        each for stack in production_estimate.stacks for each in stack.lines if "g6" in each.what
    ]
    assert "While people work, up to, beside that" in printed(production_estimate, terms)


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
    assert (
        unknown.why == "constructs/kubeflow_aws/cli/cost/prices.yaml has no price for it; add one"
    )


def test_a_described_type_with_a_price_is_counted_by_its_gpus(
    unlisted_assembly: Assembly, terms: Terms
) -> None:
    ec2 = terms.prices.ec2
    priced = ec2.model_copy(update={"per_type": {**ec2.per_type, "g99.2xlarge": 3.0}})
    prices = terms.prices.model_copy(update={"ec2": priced})

    estimate = estimate_of(unlisted_assembly.folder, replace(terms, prices=prices))

    assert {pool.name: pool.nodes for pool in estimate.pools}["gpu"] == "2 x g99.2xlarge"
    assert estimate.uncounted == []


def test_the_delivery_stack_is_counted(pipeline: CheckedAssembly, terms: Terms) -> None:
    estimate = estimate_of(pipeline.assembly.folder, terms)

    assert line(estimate, "KubeflowDelivery", "CodePipeline").usd > 0
    assert line(estimate, "KubeflowDelivery", "CodeBuild BUILD_GENERAL1_LARGE").usd > 0
