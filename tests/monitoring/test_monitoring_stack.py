"""What the Monitoring stack promises."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.monitoring.cluster_alarms import PLATFORM_NAMESPACES
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from tests.support.assembly import (
    PROJECT,
    Assembly,
    CheckedAssembly,
    Template,
    resources,
    synthesize,
)
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, variation
from tests.support.platforms import sample_of

FILTER = "AWS::Logs::MetricFilter"


@pytest.fixture(scope="session")
def monitoring(data_plane_assembly: Assembly) -> Template:
    return data_plane_assembly.stack("Monitoring")


def alarms_of(template: Template) -> list[dict[str, Any]]:
    return [each["Properties"] for each in resources(template, "AWS::CloudWatch::Alarm").values()]


def by_metric(template: Template) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for alarm in alarms_of(template):
        found.setdefault(alarm.get("MetricName", "query"), []).append(alarm)
    return found


def test_everything_that_an_operator_must_hear_of_has_an_alarm(monitoring: Template) -> None:
    alarms = by_metric(monitoring)

    assert {
        "node_status_condition_memory_pressure",
        "node_status_condition_disk_pressure",
        "cluster_failed_node_count",
        "DaysToExpiry",
        "FreeStorageSpace",
        "CPUUtilization",
        "DatabaseConnections",
        "Errors",
        "DatabaseTurnedAway",
        "RotationFollowed",
    } <= alarms.keys()
    queried = {query.partition("(")[2].partition(")")[0] for query in queries(monitoring)}
    assert queried == {
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_Target_5XX_Count",
        "pod_status_failed",
        "pod_container_status_waiting_reason_crash_loop_back_off",
        "status_replicas_unavailable",
    }


def queries(template: Template) -> list[str]:
    return [
        str(alarm["Metrics"][0]["Expression"])
        for alarm in alarms_of(template)
        if "Metrics" in alarm
    ]


def test_pods_of_users_wake_nobody(monitoring: Template) -> None:
    # The agent publishes metrics of pods with these dimensions, or for the whole cluster.
    published = 'FROM SCHEMA("ContainerInsights", ClusterName, Namespace, PodName) '
    failed = [query for query in queries(monitoring) if "pod_status_failed" in query]

    assert all(published in query for query in failed)
    assert sorted(query.partition("WHERE ")[2] for query in failed) == [
        f"ClusterName = 'kubeflow' AND Namespace = '{namespace}'"
        for namespace in sorted(PLATFORM_NAMESPACES)
    ]


def test_alarms_of_the_database_know_its_size_and_name(monitoring: Template) -> None:
    alarms = by_metric(monitoring)

    assert alarms["FreeStorageSpace"][0]["Threshold"] == 2**30
    assert alarms["CPUUtilization"][0]["Threshold"] == 80
    assert alarms["DatabaseConnections"][0]["Threshold"] == 240
    [dimension] = alarms["FreeStorageSpace"][0]["Dimensions"]
    assert dimension["Name"] == "DBInstanceIdentifier"
    assert "DatabaseInstance" in dimension["Value"]["Fn::GetStackOutput"]["OutputName"]


def test_a_rotation_that_fails_or_is_not_followed_rings(monitoring: Template) -> None:
    alarms = by_metric(monitoring)
    [errors], [turned_away] = alarms["Errors"], alarms["DatabaseTurnedAway"]
    [not_followed] = alarms["RotationFollowed"]

    assert errors["Namespace"] == "AWS/Lambda"
    assert "RotationFunction" in json.dumps(errors["Dimensions"])
    assert turned_away["Namespace"] == not_followed["Namespace"] == "Kubeflow/kubeflow"
    # The job runs every hour; the first hours of a cluster are not counted against it.
    assert (not_followed["Period"], not_followed["EvaluationPeriods"]) == (3600, 3)
    assert not_followed["ComparisonOperator"] == "LessThanThreshold"
    assert not_followed["TreatMissingData"] == "notBreaching"


def filters_of(template: Template) -> dict[str, Any]:
    """Metric filters, by the name of their metric."""
    filters = [each["Properties"] for each in resources(template, FILTER).values()]
    return {each["MetricTransformations"][0]["MetricName"]: each for each in filters}


def test_what_is_counted_in_logs_is_what_is_written_there(monitoring: Template) -> None:
    filters = filters_of(monitoring)
    script = (PROJECT / "manifests/components/database/follow-rotation.sh").read_text("utf-8")
    [*_, last] = script.splitlines()

    assert "DatabaseAuditLogs" in json.dumps(filters["DatabaseTurnedAway"]["LogGroupName"])
    assert filters["DatabaseTurnedAway"]["FilterPattern"] == "%,FAILED_CONNECT,%"
    group = "/aws/containerinsights/kubeflow/application"
    assert filters["RotationFollowed"]["LogGroupName"] == group
    assert (
        f'$.log = "{last.removeprefix("echo ").strip(chr(34))}*"'
        in (filters["RotationFollowed"]["FilterPattern"])
    )
    assert '$.kubernetes.container_name = "follow"' in filters["RotationFollowed"]["FilterPattern"]
    for each in filters.values():
        assert each["MetricTransformations"][0]["DefaultValue"] == 0


def test_the_log_of_containers_is_there_before_it_is_counted(
    data_plane_assembly: Assembly,
) -> None:
    stacks = json.loads((data_plane_assembly.folder / "manifest.json").read_text("utf-8"))
    monitoring = stacks["artifacts"]["KubeflowMonitoring"]

    assert "KubeflowCluster" in monitoring["dependencies"]


def test_a_log_that_somebody_else_may_not_have_is_not_counted(
    vanilla: Deployment, sample_cache: Path, tmp_path: Path
) -> None:
    theirs = variation(
        vanilla, {"preset": "rds-only", "network": EXISTING_VPC, "cluster": EXISTING_CLUSTER}
    )
    assembly = synthesize(theirs, sample_of(theirs, sample_cache), tmp_path)

    assert filters_of(assembly.stack("Monitoring")).keys() == {"DatabaseTurnedAway"}


def test_every_alarm_tells_the_topic_and_says_what_to_do(monitoring: Template) -> None:
    [topic] = resources(monitoring, "AWS::SNS::Topic")

    for alarm in alarms_of(monitoring):
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
        assert alarm["AlarmDescription"].endswith(".")


def test_the_topic_is_encrypted_by_a_key_that_alarms_may_use(monitoring: Template) -> None:
    [topic] = resources(monitoring, "AWS::SNS::Topic").values()
    [key] = [n for n in resources(monitoring, "AWS::KMS::Key") if n.startswith("AlarmsKey")]
    policy = json.dumps(monitoring["Resources"][key]["Properties"]["KeyPolicy"])
    [subscription] = resources(monitoring, "AWS::SNS::Subscription").values()

    assert topic["Properties"]["KmsMasterKeyId"]["Fn::GetAtt"][0] == key
    assert '"Service": "cloudwatch.amazonaws.com"' in policy
    assert "aws:SourceAccount" in policy
    assert subscription["Properties"]["Endpoint"] == "ops@example.com"


def test_the_dashboard_shows_every_alarm(monitoring: Template) -> None:
    [dashboard] = resources(monitoring, "AWS::CloudWatch::Dashboard").values()
    body = json.dumps(dashboard["Properties"]["DashboardBody"])

    assert dashboard["Properties"]["DashboardName"] == "kubeflow-us-west-2"
    for alarm in resources(monitoring, "AWS::CloudWatch::Alarm"):
        assert f'"{alarm}"' in body
    assert "/aws/containerinsights/kubeflow/application" in body


def test_prometheus_is_encrypted_and_scrapes_this_cluster(monitoring: Template) -> None:
    [workspace] = resources(monitoring, "AWS::APS::Workspace").values()
    [scraper] = resources(monitoring, "AWS::APS::Scraper").values()
    source = scraper["Properties"]["Source"]["EksConfiguration"]
    blob = scraper["Properties"]["ScrapeConfiguration"]["ConfigurationBlob"]

    assert "PrometheusKey" in json.dumps(workspace["Properties"]["KmsKeyArn"])
    assert "ControlPlaneCluster" in json.dumps(source["ClusterArn"])
    assert len(source["SubnetIds"]) == 3
    jobs = yaml.safe_load(base64.b64decode(blob))["scrape_configs"]
    assert [job["job_name"] for job in jobs] == ["pods", "kubelet-cadvisor"]


def ranges_of_metrics(assembly: Assembly) -> dict[str, set[str]]:
    """From where the policies for metrics admit, by namespace."""
    found: dict[str, set[str]] = {}
    for item in assembly.objects():
        if item["kind"] == "NetworkPolicy":
            for rule in any_of(item)["spec"].get("ingress", []):
                if {"port": 15020} in rule.get("ports", []):
                    ranges = {peer["ipBlock"]["cidr"] for peer in rule["from"]}
                    found[str(any_of(item)["metadata"]["namespace"])] = ranges
    return found


def any_of(item: KubernetesObject) -> Any:
    return item


def test_pods_show_their_metrics_to_the_scrapers_subnets_alone(
    data_plane_assembly: Assembly, sample_assembly: Assembly
) -> None:
    subnets = resources(data_plane_assembly.stack("Network"), "AWS::EC2::Subnet").values()
    private = {
        each["Properties"]["CidrBlock"]
        for each in subnets
        if {"Key": "aws-cdk:subnet-type", "Value": "Private"} in each["Properties"]["Tags"]
    }
    found = ranges_of_metrics(data_plane_assembly)

    assert len(private) == 3
    assert {"alice", "bob", "kubeflow", "kubeflow-system"} <= found.keys()
    assert all(ranges == private for ranges in found.values())
    assert ranges_of_metrics(sample_assembly) == {}


def test_in_somebody_elses_vpc_the_file_says_where_the_scraper_stands(
    checked_choices: CheckedAssembly,
) -> None:
    found = ranges_of_metrics(checked_choices.assembly)

    assert {"alice", "bob", "kubeflow", "kubeflow-system"} <= found.keys()
    assert all(ranges == {"10.0.32.0/20", "10.0.48.0/20"} for ranges in found.values())


def test_what_is_not_there_has_no_alarm(sample_assembly: Assembly) -> None:
    template = sample_assembly.stack("Monitoring")
    alarms = by_metric(template)

    assert not [query for query in queries(template) if "HTTPCode" in query]
    assert "DaysToExpiry" not in alarms
    assert not {"FreeStorageSpace", "Errors", "DatabaseTurnedAway", "RotationFollowed"} & set(
        alarms
    )
    assert filters_of(template) == {}
    assert resources(template, "AWS::APS::Workspace") == {}


def test_logs_of_pods_have_an_end_a_key_and_a_reader(data_plane_assembly: Assembly) -> None:
    template = data_plane_assembly.stack("Cluster")
    groups = {
        each["Properties"]["LogGroupName"]: each["Properties"]
        for each in resources(template, "AWS::Logs::LogGroup").values()
    }
    [addon] = [
        each
        for each in resources(template, "AWS::EKS::Addon").values()
        if each["Properties"]["AddonName"] == "amazon-cloudwatch-observability"
    ]

    for kind in ("application", "dataplane", "host", "performance"):
        group = groups[f"/aws/containerinsights/kubeflow/{kind}"]
        assert group["RetentionInDays"] == 30
        assert "ObservabilityKey" in json.dumps(group["KmsKeyId"])
    # Or the add-on would make the groups itself, without either.
    named = [n for n in addon["DependsOn"] if n.startswith("Observability")]
    assert len([n for n in named if template["Resources"][n]["Type"].endswith("LogGroup")]) == 4
