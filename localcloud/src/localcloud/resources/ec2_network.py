"""Networks: VPCs, subnets and their routes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.ec2_common import Ec2Provider, flag, retag
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine


class Vpc(Ec2Provider):
    """``AWS::EC2::VPC``."""

    at_creation = frozenset({"CidrBlock", "InstanceTenancy"})
    settings: ClassVar[Mapping[str, Setting]] = {
        # Host names need DNS support first.
        "EnableDnsSupport": flag("modify_vpc_attribute", "VpcId", "EnableDnsSupport", default=True),
        "EnableDnsHostnames": flag(
            "modify_vpc_attribute", "VpcId", "EnableDnsHostnames", default=False
        ),
        "Tags": retag,
    }
    deletion = ("delete_vpc", "VpcId")

    def make(self, request: Request) -> Resource:
        """Create the VPC; EC2 adds its default security group and network ACL."""
        client = request.client("ec2")
        vpc = client.create_vpc(
            **arguments(client, "CreateVpc", request.properties, self.at_creation)
        )["Vpc"]
        own = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
        groups = client.describe_security_groups(Filters=own)["SecurityGroups"]
        acls = client.describe_network_acls(Filters=own)["NetworkAcls"]
        associations = vpc["CidrBlockAssociationSet"]
        return Resource(
            physical_id=vpc["VpcId"],
            attributes={
                "VpcId": vpc["VpcId"],
                "CidrBlock": vpc["CidrBlock"],
                "CidrBlockAssociations": [item["AssociationId"] for item in associations],
                "DefaultNetworkAcl": acls[0]["NetworkAclId"],
                "DefaultSecurityGroup": groups[0]["GroupId"],
                "Ipv6CidrBlocks": [],
            },
        )


class Subnet(Ec2Provider):
    """``AWS::EC2::Subnet``."""

    at_creation = frozenset({"AvailabilityZone", "AvailabilityZoneId", "CidrBlock", "VpcId"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "MapPublicIpOnLaunch": flag(
            "modify_subnet_attribute", "SubnetId", "MapPublicIpOnLaunch", default=False
        ),
        "Tags": retag,
    }
    deletion = ("delete_subnet", "SubnetId")

    def make(self, request: Request) -> Resource:
        """Create the subnet."""
        client = request.client("ec2")
        subnet = client.create_subnet(
            **arguments(client, "CreateSubnet", request.properties, self.at_creation)
        )["Subnet"]
        name = subnet["SubnetId"]
        acls = client.describe_network_acls(
            Filters=[{"Name": "association.subnet-id", "Values": [name]}]
        )["NetworkAcls"]
        associations = [
            item["NetworkAclAssociationId"]
            for acl in acls
            for item in acl["Associations"]
            if item["SubnetId"] == name
        ]
        return Resource(
            physical_id=name,
            attributes={
                "SubnetId": name,
                "AvailabilityZone": subnet["AvailabilityZone"],
                "AvailabilityZoneId": subnet["AvailabilityZoneId"],
                "CidrBlock": subnet["CidrBlock"],
                "VpcId": subnet["VpcId"],
                "Ipv6CidrBlocks": [],
                "NetworkAclAssociationId": associations[0],
            },
        )


class RouteTable(Ec2Provider):
    """``AWS::EC2::RouteTable``."""

    at_creation = frozenset({"VpcId"})
    deletion = ("delete_route_table", "RouteTableId")

    def make(self, request: Request) -> Resource:
        """Create the route table."""
        table = request.client("ec2").create_route_table(VpcId=request.properties["VpcId"])
        name = table["RouteTable"]["RouteTableId"]
        return Resource(physical_id=name, attributes={"RouteTableId": name})


_DESTINATIONS = frozenset(
    {"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"}
)


def _redirect(request: Request, resource: Resource, old: Properties) -> None:
    del resource, old
    client = request.client("ec2")
    client.replace_route(
        **arguments(client, "ReplaceRoute", request.properties, request.properties)
    )


class Route(SettingsProvider):
    """``AWS::EC2::Route``."""

    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(
        (
            "EgressOnlyInternetGatewayId",
            "GatewayId",
            "InstanceId",
            "NatGatewayId",
            "NetworkInterfaceId",
            "TransitGatewayId",
            "VpcPeeringConnectionId",
        ),
        _redirect,
    )
    at_creation = frozenset({"RouteTableId", *_DESTINATIONS, *settings})

    def make(self, request: Request) -> Resource:
        """Create the route."""
        client = request.client("ec2")
        client.create_route(
            **arguments(client, "CreateRoute", request.properties, self.at_creation)
        )
        destination = next(request.properties[n] for n in _DESTINATIONS & {*request.properties})
        return Resource(
            physical_id=f"{request.properties['RouteTableId']}|{destination}",
            attributes={"CidrBlock": destination},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the route."""
        del resource
        client = request.client("ec2")
        names = {"RouteTableId", *_DESTINATIONS}
        with missing_is_fine():
            client.delete_route(**arguments(client, "DeleteRoute", request.properties, names))


class SubnetRouteTableAssociation(SettingsProvider):
    """``AWS::EC2::SubnetRouteTableAssociation``."""

    at_creation = frozenset({"RouteTableId", "SubnetId"})

    def make(self, request: Request) -> Resource:
        """Associate the subnet, which a replacement takes from another route table."""
        client = request.client("ec2")
        table, subnet = request.properties["RouteTableId"], request.properties["SubnetId"]
        before = [
            association["RouteTableAssociationId"]
            for found in client.describe_route_tables(
                Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
            )["RouteTables"]
            for association in found["Associations"]
            if association.get("SubnetId") == subnet
        ]
        if before:
            name = client.replace_route_table_association(
                AssociationId=before[0], RouteTableId=table
            )["NewAssociationId"]
        else:
            name = client.associate_route_table(RouteTableId=table, SubnetId=subnet)[
                "AssociationId"
            ]
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Leave the subnet to the VPC's main route table."""
        with missing_is_fine():
            request.client("ec2").disassociate_route_table(AssociationId=resource.physical_id)
