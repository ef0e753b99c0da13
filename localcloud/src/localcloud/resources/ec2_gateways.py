"""Ways out of a network: gateways, addresses, endpoints; and the flow logs on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.resources.arguments import arguments, document
from localcloud.resources.ec2_common import Ec2Provider, retag
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine


class InternetGateway(Ec2Provider):
    """``AWS::EC2::InternetGateway``."""

    deletion = ("delete_internet_gateway", "InternetGatewayId")

    def make(self, request: Request) -> Resource:
        """Create the gateway."""
        made = request.client("ec2").create_internet_gateway()
        name = made["InternetGateway"]["InternetGatewayId"]
        return Resource(physical_id=name, attributes={"InternetGatewayId": name})


class VpcGatewayAttachment(SettingsProvider):
    """``AWS::EC2::VPCGatewayAttachment`` of an internet gateway."""

    at_creation = frozenset({"InternetGatewayId", "VpcId"})

    def make(self, request: Request) -> Resource:
        """Attach the gateway."""
        request.client("ec2").attach_internet_gateway(**request.properties)
        return Resource(
            physical_id=f"IGW|{request.properties['VpcId']}", attributes={"AttachmentType": "IGW"}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Detach the gateway."""
        del resource
        with missing_is_fine():
            request.client("ec2").detach_internet_gateway(**request.properties)


class ElasticIp(Ec2Provider):
    """``AWS::EC2::EIP``, for a VPC: nothing else has been possible since 2022."""

    at_creation = frozenset({"Domain"})
    deletion = ("release_address", "AllocationId")

    def make(self, request: Request) -> Resource:
        """Allocate an address."""
        address = request.client("ec2").allocate_address(Domain="vpc")
        return Resource(
            physical_id=address["PublicIp"],
            attributes={
                "AllocationId": address["AllocationId"],
                "PublicIp": address["PublicIp"],
            },
        )


class NatGateway(Ec2Provider):
    """``AWS::EC2::NatGateway``."""

    at_creation = frozenset({"AllocationId", "ConnectivityType", "SubnetId"})
    deletion = ("delete_nat_gateway", "NatGatewayId")

    def make(self, request: Request) -> Resource:
        """Create the gateway."""
        client = request.client("ec2")
        gateway = client.create_nat_gateway(
            **arguments(client, "CreateNatGateway", request.properties, self.at_creation)
        )["NatGateway"]
        interfaces = [item.get("NetworkInterfaceId") for item in gateway["NatGatewayAddresses"]]
        return Resource(
            physical_id=gateway["NatGatewayId"],
            attributes={"NatGatewayId": gateway["NatGatewayId"], "EniId": next(iter(interfaces))},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the gateway with its network interface, which moto would leave behind."""
        super().delete(request, resource)
        with missing_is_fine():
            request.client("ec2").delete_network_interface(
                NetworkInterfaceId=resource.attributes["EniId"]
            )


def _moving(name: str, argument: str) -> Setting:
    """A setting for a list that an endpoint is changed in by additions and removals."""

    def setting(request: Request, resource: Resource, old: Properties) -> None:
        before, after = old.get(name, []), request.properties.get(name, [])
        changes = {
            f"Add{argument}": [item for item in after if item not in before],
            f"Remove{argument}": [item for item in before if item not in after],
        }
        request.client("ec2").modify_vpc_endpoint(
            VpcEndpointId=resource.physical_id, **{k: v for k, v in changes.items() if v}
        )

    return setting


_OPEN_TO_ALL = {
    "Version": "2008-10-17",
    "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
}


def _put_policy(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("ec2").modify_vpc_endpoint(
        VpcEndpointId=resource.physical_id,
        PolicyDocument=document(request.properties.get("PolicyDocument", _OPEN_TO_ALL)),
    )


class VpcEndpoint(Ec2Provider):
    """``AWS::EC2::VPCEndpoint``."""

    settings: ClassVar[Mapping[str, Setting]] = {
        "PolicyDocument": _put_policy,
        "RouteTableIds": _moving("RouteTableIds", "RouteTableIds"),
        "SecurityGroupIds": _moving("SecurityGroupIds", "SecurityGroupIds"),
        "SubnetIds": _moving("SubnetIds", "SubnetIds"),
        "Tags": retag,
    }
    at_creation = frozenset(
        {
            "PolicyDocument",
            "PrivateDnsEnabled",
            "RouteTableIds",
            "SecurityGroupIds",
            "ServiceName",
            "SubnetIds",
            "VpcEndpointType",
            "VpcId",
        }
    )
    deletion = ("delete_vpc_endpoints", "VpcEndpointIds")

    def make(self, request: Request) -> Resource:
        """Create the endpoint."""
        client = request.client("ec2")
        given: dict[str, Any] = arguments(
            client, "CreateVpcEndpoint", request.properties, self.at_creation
        )
        given.setdefault("VpcEndpointType", "Gateway")
        given.setdefault("PrivateDnsEnabled", False)
        self._check_private_dns(client, given)
        endpoint = client.create_vpc_endpoint(**given)["VpcEndpoint"]
        name = endpoint["VpcEndpointId"]
        entries = [
            f"{entry.get('HostedZoneId', '')}:{entry['DnsName']}"
            for entry in endpoint.get("DnsEntries", [])
        ]
        return Resource(
            physical_id=name,
            attributes={
                "Id": name,
                "CreationTimestamp": str(endpoint.get("CreationTimestamp", "")),
                "DnsEntries": entries,
                "NetworkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
            },
        )

    def _check_private_dns(self, client: Any, given: Mapping[str, Any]) -> None:
        if not given["PrivateDnsEnabled"]:
            return
        for name in ("enableDnsSupport", "enableDnsHostnames"):
            answer = client.describe_vpc_attribute(VpcId=given["VpcId"], Attribute=name)
            if not answer[f"E{name[1:]}"]["Value"]:
                raise ResourceError(
                    "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames "
                    f"VPC attributes set to true for {given['VpcId']}"
                )


class FlowLog(Ec2Provider):
    """``AWS::EC2::FlowLog``."""

    at_creation = frozenset(
        {
            "DeliverLogsPermissionArn",
            "LogDestination",
            "LogDestinationType",
            "LogFormat",
            "LogGroupName",
            "MaxAggregationInterval",
            "ResourceId",
            "ResourceType",
            "TrafficType",
        }
    )
    deletion = ("delete_flow_logs", "FlowLogIds")

    def make(self, request: Request) -> Resource:
        """Create the flow log."""
        client = request.client("ec2")
        answer = client.create_flow_logs(
            ResourceIds=[request.properties["ResourceId"]],
            **arguments(
                client, "CreateFlowLogs", request.properties, self.at_creation - {"ResourceId"}
            ),
        )
        for problem in answer.get("Unsuccessful", []):
            raise ResourceError(str(problem["Error"]["Message"]))
        name = answer["FlowLogIds"][0]
        return Resource(physical_id=name, attributes={"Id": name})
