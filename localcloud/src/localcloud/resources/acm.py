"""Certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import CancelledError, Request, Resource, ResourceError
from localcloud.resources.route53 import change_records
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list

_PAUSE: Final = 0.2
_PATIENCE: Final = 120.0


class Certificate(SettingsProvider):
    """``AWS::CertificateManager::Certificate``.

    As in CloudFormation, its records of DNS validation are written into the zones that
    DomainValidationOptions name, and stay there when it is deleted.
    """

    at_creation = frozenset(
        {"DomainName", "DomainValidationOptions", "KeyAlgorithm"}
        | {"SubjectAlternativeNames", "ValidationMethod"}
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        "Tags": retagging(
            lambda request, certificate, tags: request.client("acm").add_tags_to_certificate(
                CertificateArn=certificate.physical_id, Tags=tag_list(tags)
            ),
            lambda request, certificate, keys: request.client("acm").remove_tags_from_certificate(
                CertificateArn=certificate.physical_id, Tags=[{"Key": key} for key in keys]
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Request the certificate and wait until it is issued."""
        client = request.client("acm")
        names = self.at_creation - {"DomainValidationOptions"}
        arn = client.request_certificate(
            **arguments(client, "RequestCertificate", request.properties, names)
        )["CertificateArn"]
        made = Resource(physical_id=arn, attributes={"CertificateArn": arn})
        if request.properties.get("ValidationMethod") == "DNS":
            self._write_records(request, client, arn)
        self._wait(request, client, made)
        return made

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the certificate."""
        with missing_is_fine():
            request.client("acm").delete_certificate(CertificateArn=resource.physical_id)

    def _write_records(self, request: Request, client: Any, arn: str) -> None:
        zones = {
            option["DomainName"]: option["HostedZoneId"]
            for option in request.properties.get("DomainValidationOptions", [])
            if "HostedZoneId" in option
        }
        about = client.describe_certificate(CertificateArn=arn)["Certificate"]
        for option in about["DomainValidationOptions"]:
            zone, record = zones.get(option["DomainName"]), option.get("ResourceRecord")
            if zone and record:
                value = [{"Value": record["Value"]}]
                record = {"Name": record["Name"], "Type": record["Type"], "TTL": 300}
                change_records(request, zone, ("UPSERT", {**record, "ResourceRecords": value}))

    def _wait(self, request: Request, client: Any, made: Resource) -> None:
        for _ in range(int(_PATIENCE / _PAUSE)):
            about = client.describe_certificate(CertificateArn=made.physical_id)["Certificate"]
            if about["Status"] == "ISSUED":
                return
            if request.cancelled.wait(_PAUSE):
                raise CancelledError("the certificate's validation was cancelled", left=made)
        raise ResourceError(f"certificate {made.physical_id} was not validated", left=made)
