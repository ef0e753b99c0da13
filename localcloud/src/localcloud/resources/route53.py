"""Hosted zones and the records in them."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError

from localcloud.resources.arguments import conform
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, is_missing, missing_is_fine
from localcloud.resources.tags import tag_list

_CHANGES: Final = threading.Lock()


def change_records(request: Request, zone: str, *changes: tuple[str, Properties]) -> None:
    """Change records of a zone: all of these or none.

    Args:
        request: Whose clients to use.
        zone: The zone's id.
        changes: Pairs of an action (CREATE, UPSERT, DELETE) and a record set as Route 53 has it.
    """
    client = request.client("route53")
    shape = client.meta.service_model.shape_for("ResourceRecordSet")
    batch = [
        {"Action": action, "ResourceRecordSet": conform(shape, record)}
        for action, record in changes
    ]
    # Of two changes at once, moto loses one.
    with _CHANGES:
        client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})


def _retag(request: Request, resource: Resource, old: Properties) -> None:
    tags = {**request.tags, **_zone_tags(request.properties)}
    gone = sorted(_zone_tags(old).keys() - tags.keys())
    if tags or gone:
        request.client("route53").change_tags_for_resource(
            ResourceType="hostedzone",
            ResourceId=resource.physical_id,
            **({"AddTags": tag_list(tags)} if tags else {}),
            **({"RemoveTagKeys": gone} if gone else {}),
        )


def _zone_tags(properties: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in properties.get("HostedZoneTags", [])}


def _comment(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("route53").update_hosted_zone_comment(
        Id=resource.physical_id,
        Comment=request.properties.get("HostedZoneConfig", {}).get("Comment", ""),
    )


class HostedZone(SettingsProvider):
    """``AWS::Route53::HostedZone``; a private one belongs to one VPC."""

    at_creation = frozenset({"HostedZoneConfig", "Name", "VPCs"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "HostedZoneConfig": _comment,
        "HostedZoneTags": _retag,
    }

    def make(self, request: Request) -> Resource:
        """Create the zone."""
        properties, given = request.properties, dict[str, Any]()
        vpcs = properties.get("VPCs", [])
        if len(vpcs) > 1:
            raise ResourceError("a private zone of several VPCs is not emulated by the local cloud")
        for vpc in vpcs:
            given["VPC"] = {"VPCRegion": vpc["VPCRegion"], "VPCId": vpc["VPCId"]}
        if vpcs or "HostedZoneConfig" in properties:
            comment = properties.get("HostedZoneConfig", {}).get("Comment", "")
            given["HostedZoneConfig"] = {"Comment": comment, "PrivateZone": bool(vpcs)}
        answer = request.client("route53").create_hosted_zone(
            Name=properties["Name"], CallerReference=uuid.uuid4().hex, **given
        )
        name = answer["HostedZone"]["Id"].rpartition("/")[2]
        servers = answer.get("DelegationSet", {}).get("NameServers", [])
        return Resource(physical_id=name, attributes={"Id": name, "NameServers": servers})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the zone, which must have no records but its own."""
        client, apex = request.client("route53"), request.properties["Name"].rstrip(".")
        with missing_is_fine():
            records = client.list_resource_record_sets(HostedZoneId=resource.physical_id)
            for record in records["ResourceRecordSets"]:
                if record["Type"] not in ("NS", "SOA") or record["Name"].rstrip(".") != apex:
                    raise ResourceError(
                        "The specified hosted zone contains non-required resource record sets and "
                        "so cannot be deleted. (HostedZoneNotEmpty)"
                    )
            client.delete_hosted_zone(Id=resource.physical_id)


_RECORD = frozenset(
    {
        "AliasTarget",
        "Failover",
        "GeoLocation",
        "HealthCheckId",
        "MultiValueAnswer",
        "Name",
        "Region",
        "ResourceRecords",
        "SetIdentifier",
        "TTL",
        "Type",
        "Weight",
    }
)


def _record(properties: Properties) -> dict[str, Any]:
    record = {name: value for name, value in properties.items() if name in _RECORD}
    if "ResourceRecords" in record:
        record["ResourceRecords"] = [{"Value": value} for value in record["ResourceRecords"]]
    if "AliasTarget" in record:
        record["AliasTarget"] = {"EvaluateTargetHealth": False, **record["AliasTarget"]}
    return record


def _identity(properties: Properties) -> list[Any]:
    return [properties.get(name) for name in ("Name", "Type", "SetIdentifier")]


def _put(request: Request, resource: Resource, old: Properties) -> None:
    del resource
    new = _record(request.properties)
    moved = [("DELETE", _record(old))] if old and _identity(old) != _identity(new) else []
    zone = request.properties["HostedZoneId"]
    if not old or moved:
        _refuse_second(request, zone, new)
    change_records(request, zone, *moved, ("UPSERT", new))


def _refuse_second(request: Request, zone: str, record: Properties) -> None:
    # moto's own check takes any later name for the same one, if a record like it was there before.
    found = request.client("route53").list_resource_record_sets(HostedZoneId=zone)
    name = record["Name"].rstrip(".").replace("*", "\\052")
    for each in found["ResourceRecordSets"]:
        same_name = each["Name"].rstrip(".").replace("*", "\\052") == name
        if same_name and _identity(each)[1:] == _identity(record)[1:]:
            raise ResourceError(
                f"Tried to create resource record set [name='{record['Name']}', "
                f"type='{record['Type']}'] but it already exists"
            )


class RecordSet(SettingsProvider):
    """``AWS::Route53::RecordSet`` in a zone that is given by its id."""

    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(sorted(_RECORD), _put)
    at_creation = frozenset({"HostedZoneId"})
    recorded = frozenset({"Comment"})

    def make(self, request: Request) -> Resource:
        """Name the record; it is there once it is put."""
        if "HostedZoneId" not in request.properties:
            raise ResourceError("a record set needs its HostedZoneId in the local cloud")
        return Resource(physical_id=request.properties["Name"].rstrip("."))

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the record."""
        del resource
        zone = request.properties["HostedZoneId"]
        try:
            change_records(request, zone, ("DELETE", _record(request.properties)))
        except ClientError as error:
            if not is_missing(error) and error.response["Error"]["Code"] != "InvalidChangeBatch":
                raise
