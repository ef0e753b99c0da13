"""What AWS would be asked for: the database, its credentials, the bucket."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.database.authorities import authority_file
from kubeflow_aws.deployment import Deployment, load_deployment
from tests.support.assembly import (
    Assembly,
    CheckedAssembly,
    Template,
    only,
    resources,
    synthesize,
)
from tests.support.deployments import PRODUCTION, VPC, variation
from tests.support.platforms import sample_of
from tests.support.policies import allows, statements_of

DATABASE = "AWS::RDS::DBInstance"
Option = Callable[[str], CheckedAssembly]


@pytest.fixture(scope="session")
def rds_s3() -> Deployment:
    return load_deployment(Path(__file__).parents[2] / "deployments" / "rds-s3.yaml")


@pytest.fixture(scope="session")
def data(rds_s3_assembly: Assembly) -> Template:
    return rds_s3_assembly.stack("Data")


@pytest.fixture(scope="session")
def production(
    rds_s3: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The same for production, in an existing VPC."""
    deployment = variation(
        rds_s3,
        {
            **PRODUCTION,
            "network": {"existing": {**VPC, "load_balancer_cidrs": ["10.0.0.0/24"]}},
            "ingress": {"internal": True},
            "rds": {},
        },
    )
    return synthesize(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("production")
    )


def test_the_database_is_private_and_encrypted(data: Template) -> None:
    properties = only(data, DATABASE)["Properties"]

    assert properties["EngineVersion"].startswith("8.4.")
    assert properties["PubliclyAccessible"] is False
    assert properties["StorageEncrypted"] is True
    assert "DatabaseKey" in str(properties["KmsKeyId"])
    assert properties["StorageType"] == "gp3"
    assert properties["MaxAllocatedStorage"] == 100
    assert properties["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert properties["EnablePerformanceInsights"] is True


def test_nobody_but_the_nodes_and_the_rotation_reaches_it(
    data: Template, rds_s3_assembly: Assembly
) -> None:
    platform = rds_s3_assembly.stack("Platform")
    group = only(data, DATABASE)["Properties"]["VPCSecurityGroups"]
    sources = [
        each["Properties"]
        for template in (data, platform)
        for each in resources(template, "AWS::EC2::SecurityGroupIngress").values()
        if "Database" in str(each["Properties"]["GroupId"])
    ]

    assert group == [
        {"Fn::GetAtt": [next(n for n in data["Resources"] if "DatabaseSec" in n), "GroupId"]}
    ]
    assert {each["FromPort"] for each in sources} == {3307}
    assert all("CidrIp" not in each for each in sources)
    named = sorted(str(each["SourceSecurityGroupId"]) for each in sources)
    assert len(named) == 2
    assert "RotationSecurityGroup" in named[0]
    assert "ClusterSecurityGroupId" in named[1]


def test_the_plugin_is_set_before_the_instance_exists(data: Template) -> None:
    parameters = only(data, "AWS::RDS::DBParameterGroup")["Properties"]

    assert parameters["Family"] == "mysql8.4"
    assert parameters["Parameters"]["authentication_policy"] == "*:mysql_native_password"
    assert only(data, DATABASE)["Properties"]["DBParameterGroupName"]["Ref"].startswith(
        "DatabaseParameters"
    )


def test_the_server_takes_no_connection_without_tls(data: Template) -> None:
    parameters = only(data, "AWS::RDS::DBParameterGroup")["Properties"]["Parameters"]

    assert parameters["require_secure_transport"] == "1"


def test_rds_itself_makes_and_rotates_the_master_password(data: Template) -> None:
    properties = only(data, DATABASE)["Properties"]

    assert properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in properties


def test_development_is_cheap_and_goes_as_a_whole(data: Template) -> None:
    instance = only(data, DATABASE)

    assert instance["DeletionPolicy"] == "Delete"
    assert instance["Properties"]["MultiAZ"] is False
    assert instance["Properties"]["DeletionProtection"] is False
    assert instance["Properties"]["BackupRetentionPeriod"] == 1


def test_production_survives_a_zone_a_mistake_and_the_stack(production: Assembly) -> None:
    data = production.stack("Data")
    instance = only(data, DATABASE)
    buckets = resources(data, "AWS::S3::Bucket").values()
    [key] = [
        each for name, each in resources(data, "AWS::KMS::Key").items() if "DatabaseKey" in name
    ]

    assert instance["DeletionPolicy"] == instance["UpdateReplacePolicy"] == "Snapshot"
    assert instance["Properties"]["MultiAZ"] is True
    assert instance["Properties"]["DeletionProtection"] is True
    assert instance["Properties"]["BackupRetentionPeriod"] == 14
    assert instance["Properties"]["DBInstanceClass"] == "db.m7g.large"
    assert key["DeletionPolicy"] == "RetainExceptOnCreate"
    assert {each["DeletionPolicy"] for each in buckets} == {"Retain"}
    assert not resources(data, "Custom::S3AutoDeleteObjects")


def test_an_existing_vpc_gives_the_subnets(production: Assembly) -> None:
    subnets = only(production.stack("Data"), "AWS::RDS::DBSubnetGroup")["Properties"]

    assert subnets["SubnetIds"] == ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]


def test_logs_go_to_groups_with_a_key_and_an_end(data: Template) -> None:
    exported = only(data, DATABASE)["Properties"]["EnableCloudwatchLogsExports"]
    groups = {
        each["Properties"].get("LogGroupName"): each["Properties"]
        for each in resources(data, "AWS::Logs::LogGroup").values()
    }

    for log in exported:
        group = groups[f"/aws/rds/instance/kubeflow-metadata/{log}"]
        assert "KmsKeyId" in group
        assert group["RetentionInDays"] == 30


def test_the_audit_says_who_came_and_who_got_rights_and_holds_no_other_statement(
    data: Template,
) -> None:
    [name] = resources(data, "AWS::RDS::OptionGroup")
    group = only(data, "AWS::RDS::OptionGroup")["Properties"]
    instance = only(data, DATABASE)["Properties"]

    assert instance["OptionGroupName"] == {"Ref": name}
    assert "audit" in instance["EnableCloudwatchLogsExports"]
    assert (group["EngineName"], group["MajorEngineVersion"]) == ("mysql", "8.4")
    assert group["OptionConfigurations"] == [
        {
            "OptionName": "MARIADB_AUDIT_PLUGIN",
            "OptionSettings": [{"Name": "SERVER_AUDIT_EVENTS", "Value": "CONNECT,QUERY_DCL"}],
        }
    ]


def test_the_options_stay_where_a_snapshot_refers_to_them(
    data: Template, production: Assembly
) -> None:
    kept = only(production.stack("Data"), "AWS::RDS::OptionGroup")

    assert kept["DeletionPolicy"] == "RetainExceptOnCreate"
    assert only(data, "AWS::RDS::OptionGroup")["DeletionPolicy"] == "Delete"


def test_credentials_are_generated_encrypted_and_rotated(data: Template) -> None:
    secrets = resources(data, "AWS::SecretsManager::Secret")
    rotated = resources(data, "AWS::SecretsManager::RotationSchedule").values()

    assert {
        json.loads(each["Properties"]["GenerateSecretString"]["SecretStringTemplate"])["username"]
        for each in secrets.values()
    } == {"pipelines_a", "katib_a"}
    for each in secrets.values():
        assert "DatabaseKey" in str(each["Properties"]["KmsKeyId"])
        assert each["Properties"]["GenerateSecretString"]["ExcludePunctuation"] is True
    assert {each["Properties"]["SecretId"]["Ref"] for each in rotated} == secrets.keys()
    for each in rotated:
        # The users are not there yet when the stack is made.
        assert each["Properties"]["RotateImmediatelyOnUpdate"] is False
        assert each["Properties"]["RotationRules"] == {"AutomaticallyAfterDays": 30}


def test_no_template_holds_a_password(rds_s3_assembly: Assembly) -> None:
    for template in rds_s3_assembly.templates.values():
        assert "resolve:secretsmanager" not in json.dumps(template)
        for each in resources(template, "AWS::SecretsManager::Secret").values():
            assert "SecretString" not in each["Properties"]


READERS = {
    "mlpipeline": {"pipelines-secret"},
    "metadatagrpcserver": {"pipelines-secret"},
    "kubeflowpipelinescache": {"pipelines-secret"},
    "katibdbmanager": {"katib-secret"},
    "databasebootstrap": {"admin-secret", "pipelines-secret", "katib-secret"},
    "mlpipelineui": set(),
}


@pytest.mark.parametrize("account", READERS)
def test_each_account_reads_its_own_credentials_only(
    account: str, rds_s3_assembly: Assembly
) -> None:
    statements = statements_of(rds_s3_assembly.stack("Platform"), f"DataAccessRoles{account}Role")
    every = {"admin-secret", "pipelines-secret", "katib-secret"}

    readable = {each for each in every if allows(statements, "secretsmanager:GetSecretValue", each)}

    assert statements
    assert readable == READERS[account]
    assert not allows(statements, "secretsmanager:PutSecretValue", "pipelines-secret")


def test_the_rotation_brings_its_client_and_the_authority(
    data: Template, rds_s3_assembly: Assembly
) -> None:
    function = next(
        each["Properties"]
        for name, each in resources(data, "AWS::Lambda::Function").items()
        if name.startswith("Rotation")
    )
    digest = function["Code"]["S3Key"].partition(".")[0]
    folder = rds_s3_assembly.folder / f"asset.{digest}"

    assert (folder / "pymysql" / "__init__.py").is_file()
    assert (folder / "rds-authority.pem").read_text() == authority_file("us-west-2").read_text()
    assert not list(folder.rglob("__pycache__"))
    assert not zipfile.is_zipfile(folder)


def test_the_bucket_is_private_versioned_and_tells_who_came(data: Template) -> None:
    [bucket] = [
        each["Properties"]
        for name, each in resources(data, "AWS::S3::Bucket").items()
        if "AccessLogs" not in name
    ]
    [policy] = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for name, each in resources(data, "AWS::S3::BucketPolicy").items()
        if "AccessLogs" not in name
    ]
    [encryption] = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "AccessLogs" in str(bucket["LoggingConfiguration"])
    rules = {each["Id"]: each for each in bucket["LifecycleConfiguration"]["Rules"]}
    assert rules["OldVersions"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rules["Uploads"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    assert any(
        each["Effect"] == "Deny"
        and each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for each in policy
    )


def test_an_option_makes_no_more_than_it_needs(option: Option) -> None:
    def types(name: str) -> set[str]:
        template = option(name).assembly.stack("Data")
        return {each["Type"] for each in template["Resources"].values()}

    assert "AWS::S3::Bucket" not in types("rds-only")
    assert DATABASE not in types("s3-only")
    assert not any(name.endswith("Data") for name in option("vanilla").assembly.templates)
