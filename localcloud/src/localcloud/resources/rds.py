"""Databases. No engine starts: the instance is RDS's record of one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.coercion import text_of
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list


def _retagging(attribute: str) -> Setting:
    return retagging(
        lambda request, resource, tags: request.client("rds").add_tags_to_resource(
            ResourceName=resource.attributes[attribute], Tags=tag_list(tags)
        ),
        lambda request, resource, keys: request.client("rds").remove_tags_from_resource(
            ResourceName=resource.attributes[attribute], TagKeys=keys
        ),
    )


def _move(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("rds").modify_db_subnet_group(
        DBSubnetGroupName=resource.physical_id,
        DBSubnetGroupDescription=request.properties["DBSubnetGroupDescription"],
        SubnetIds=request.properties["SubnetIds"],
    )


class DbSubnetGroup(SettingsProvider):
    """``AWS::RDS::DBSubnetGroup``."""

    at_creation = frozenset({"DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds"})
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(("DBSubnetGroupDescription", "SubnetIds"), _move),
        "Tags": _retagging("DBSubnetGroupArn"),
    }

    def make(self, request: Request) -> Resource:
        """Create the group."""
        client = request.client("rds")
        given = {
            "DBSubnetGroupName": request.generated_name(lower=True),
            **arguments(client, "CreateDBSubnetGroup", request.properties, self.at_creation),
        }
        group = client.create_db_subnet_group(**given)["DBSubnetGroup"]
        return Resource(
            physical_id=group["DBSubnetGroupName"],
            attributes={"DBSubnetGroupArn": group["DBSubnetGroupArn"]},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group."""
        with missing_is_fine():
            request.client("rds").delete_db_subnet_group(DBSubnetGroupName=resource.physical_id)


def _put_parameters(request: Request, resource: Resource, old: Properties) -> None:
    client, name = request.client("rds"), resource.physical_id
    parameters, before = request.properties.get("Parameters", {}), old.get("Parameters", {})
    apply = {"ApplyMethod": "pending-reboot"}
    if parameters:
        client.modify_db_parameter_group(
            DBParameterGroupName=name,
            Parameters=[
                {"ParameterName": key, "ParameterValue": text_of(value), **apply}
                for key, value in parameters.items()
            ],
        )
    gone = [{"ParameterName": key, **apply} for key in before if key not in parameters]
    if gone:
        client.reset_db_parameter_group(DBParameterGroupName=name, Parameters=gone)


class DbParameterGroup(SettingsProvider):
    """``AWS::RDS::DBParameterGroup``."""

    at_creation = frozenset({"DBParameterGroupName", "Description", "Family"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "Parameters": _put_parameters,
        "Tags": _retagging("DBParameterGroupArn"),
    }

    def make(self, request: Request) -> Resource:
        """Create the group."""
        client, properties = request.client("rds"), request.properties
        group = client.create_db_parameter_group(
            DBParameterGroupName=properties.get("DBParameterGroupName")
            or request.generated_name(lower=True),
            DBParameterGroupFamily=properties["Family"],
            Description=properties["Description"],
        )["DBParameterGroup"]
        return Resource(
            physical_id=group["DBParameterGroupName"],
            attributes={
                "DBParameterGroupArn": group["DBParameterGroupArn"],
                "DBParameterGroupName": group["DBParameterGroupName"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group."""
        with missing_is_fine():
            request.client("rds").delete_db_parameter_group(
                DBParameterGroupName=resource.physical_id
            )


def _put_options(request: Request, resource: Resource, old: Properties) -> None:
    wanted = request.properties.get("OptionConfigurations", [])
    names = {option["OptionName"] for option in wanted}
    before = {option["OptionName"] for option in old.get("OptionConfigurations", [])}
    if wanted or before:
        client = request.client("rds")
        given = {
            "OptionGroupName": resource.physical_id,
            "OptionsToInclude": wanted,
            "OptionsToRemove": sorted(before - names),
            "ApplyImmediately": True,
        }
        client.modify_option_group(**arguments(client, "ModifyOptionGroup", given, given))


class OptionGroup(SettingsProvider):
    """``AWS::RDS::OptionGroup``."""

    at_creation = frozenset(
        {"EngineName", "MajorEngineVersion", "OptionGroupDescription", "OptionGroupName"}
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        "OptionConfigurations": _put_options,
        "Tags": _retagging("OptionGroupArn"),
    }

    def make(self, request: Request) -> Resource:
        """Create the group, as yet without options."""
        client = request.client("rds")
        given = {
            "OptionGroupName": request.generated_name(lower=True),
            **arguments(client, "CreateOptionGroup", request.properties, self.at_creation),
        }
        group = client.create_option_group(**given)["OptionGroup"]
        return Resource(
            physical_id=group["OptionGroupName"],
            attributes={"OptionGroupArn": group["OptionGroupArn"]},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group.

        Raises:
            ResourceError: An instance has it. RDS says so of snapshots too, but moto's do not
                know what group they had.
        """
        client, name = request.client("rds"), resource.physical_id
        users = [
            each["DBInstanceIdentifier"]
            for each in client.describe_db_instances()["DBInstances"]
            if name in {one["OptionGroupName"] for one in each["OptionGroupMemberships"]}
        ]
        if users:
            raise ResourceError(
                f"The option group '{name}' cannot be deleted because it is in use by "
                f"{', '.join(sorted(users))}"
            )
        with missing_is_fine():
            client.delete_option_group(OptionGroupName=name)


# The API's names for properties.
_RENAMED: Final = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
_MODIFIABLE: Final = (
    "AllocatedStorage",
    "BackupRetentionPeriod",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBParameterGroupName",
    "DeletionProtection",
    "EnableIAMDatabaseAuthentication",
    "EngineVersion",
    "ManageMasterUserPassword",
    "MasterUserPassword",
    "MaxAllocatedStorage",
    "MultiAZ",
    "OptionGroupName",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "StorageType",
    "VPCSecurityGroups",
)

_OF_SNAPSHOT: Final = frozenset(
    {"DBName", "KmsKeyId", "MasterUserPassword", "MasterUsername", "StorageEncrypted"}
)
"""What CloudFormation refuses beside a snapshot (AWS::RDS::DBInstance, DBSnapshotIdentifier)."""

_AT_RESTORATION: Final = frozenset(
    {"DBInstanceClass", "DBSnapshotIdentifier", "DBSubnetGroupName", "PubliclyAccessible"}
)


def _arguments(
    client: Any, operation: str, properties: Properties, names: Iterable[str]
) -> dict[str, Any]:
    given = {_RENAMED.get(name, name): properties[name] for name in names if name in properties}
    return arguments(client, operation, given, given)


def _order(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


def _modify(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("rds")
    client.modify_db_instance(
        DBInstanceIdentifier=resource.physical_id,
        ApplyImmediately=True,
        **_arguments(client, "ModifyDBInstance", request.properties, _MODIFIABLE),
    )


class DbInstance(SettingsProvider):
    """``AWS::RDS::DBInstance``."""

    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(_MODIFIABLE, _modify),
        "Tags": _retagging("DBInstanceArn"),
    }
    at_creation = frozenset(
        {
            *_MODIFIABLE,
            "AutoMinorVersionUpgrade",
            "DBInstanceIdentifier",
            "DBName",
            "DBSnapshotIdentifier",
            "DBSubnetGroupName",
            "EnableCloudwatchLogsExports",
            "Engine",
            "KmsKeyId",
            "MasterUsername",
            "Port",
            "MasterUserSecret",
            "PubliclyAccessible",
            "StorageEncrypted",
        }
    )
    recorded = frozenset(
        {
            "AllowMajorVersionUpgrade",
            "CACertificateIdentifier",
            "DatabaseInsightsMode",
            "DeleteAutomatedBackups",
            "EnablePerformanceInsights",
            "MonitoringInterval",
            "MonitoringRoleArn",
            "PerformanceInsightsKMSKeyId",
            "PerformanceInsightsRetentionPeriod",
        }
    )

    def make(self, request: Request) -> Resource:
        """Create the instance."""
        client = request.client("rds")
        names = self.at_creation - {"MasterUserSecret"}
        managed = request.properties.get("MasterUserSecret", {})
        if request.properties.get("DBSnapshotIdentifier"):
            about = self._restore(request, names)
        else:
            given = {
                "DBInstanceIdentifier": request.generated_name(60, lower=True),
                **_arguments(client, "CreateDBInstance", request.properties, names),
            }
            if "KmsKeyId" in managed:
                given["MasterUserSecretKmsKeyId"] = managed["KmsKeyId"]
            about = client.create_db_instance(**given)["DBInstance"]
        return Resource(
            physical_id=about["DBInstanceIdentifier"],
            attributes={
                "DBInstanceArn": about["DBInstanceArn"],
                "DbiResourceId": about["DbiResourceId"],
                "Endpoint.Address": about["Endpoint"]["Address"],
                "Endpoint.Port": str(about["Endpoint"]["Port"]),
                "Endpoint.HostedZoneId": about["Endpoint"].get("HostedZoneId", ""),
                "MasterUserSecret.SecretArn": about.get("MasterUserSecret", {}).get(
                    "SecretArn", ""
                ),
            },
        )

    def _restore(self, request: Request, names: Iterable[str]) -> dict[str, Any]:
        """Make it from a snapshot, then give it what a restoration does not take.

        Raises:
            ResourceError: For a property that is the snapshot's own, or a version before its.
        """
        client, properties = request.client("rds"), request.properties
        if own := sorted(_OF_SNAPSHOT & properties.keys()):
            raise ResourceError(
                f"DBSnapshotIdentifier is given, so do not specify {', '.join(own)}"
            )
        snapshot = properties["DBSnapshotIdentifier"]
        [about] = client.describe_db_snapshots(DBSnapshotIdentifier=snapshot)["DBSnapshots"]
        least, version = about["EngineVersion"], properties.get("EngineVersion")
        if version and _order(version) < _order(least):
            raise ResourceError(f"{snapshot} is of version {least}: no upgrade leads to {version}")
        name = properties.get("DBInstanceIdentifier") or request.generated_name(60, lower=True)
        client.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=name,
            **_arguments(
                client,
                "RestoreDBInstanceFromDBSnapshot",
                properties,
                {*names} & _AT_RESTORATION,
            ),
        )
        modified = client.modify_db_instance(
            DBInstanceIdentifier=name,
            ApplyImmediately=True,
            **_arguments(client, "ModifyDBInstance", properties, _MODIFIABLE),
        )
        restored: dict[str, Any] = modified["DBInstance"]
        return restored

    def snapshot(self, request: Request, resource: Resource) -> None:
        """Take a snapshot, which stays."""
        request.client("rds").create_db_snapshot(
            DBInstanceIdentifier=resource.physical_id,
            DBSnapshotIdentifier=request.generated_name(60, lower=True),
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the instance without a snapshot; its protection keeps it."""
        with missing_is_fine():
            request.client("rds").delete_db_instance(
                DBInstanceIdentifier=resource.physical_id, SkipFinalSnapshot=True
            )
