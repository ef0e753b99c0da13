"""Networks have the settings of their templates."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import Resource, ResourceError
from tests.localcloud.resources.stack import Stack

VPC = "AWS::EC2::VPC"
SUBNET = "AWS::EC2::Subnet"
SECURITY_GROUP = "AWS::EC2::SecurityGroup"
CIDR = {"CidrBlock": "10.0.0.0/16"}


@pytest.fixture
def vpc(stack: Stack) -> Resource:
    return stack.create(VPC, **CIDR, EnableDnsHostnames=True)


def dns(stack: Stack, vpc: Resource, attribute: str) -> bool:
    answer = stack.client("ec2").describe_vpc_attribute(
        VpcId=vpc.physical_id, Attribute=f"e{attribute[1:]}"
    )
    return bool(answer[attribute]["Value"])


def subnet(stack: Stack, vpc: Resource, **properties: Any) -> Resource:
    cidr = {"CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-west-2a"}
    return stack.create(SUBNET, VpcId=vpc.physical_id, **{**cidr, **properties})


def tags(stack: Stack, resource_id: str) -> dict[str, str]:
    own = [{"Name": "resource-id", "Values": [resource_id]}]
    found = stack.client("ec2").describe_tags(Filters=own)["Tags"]
    return {tag["Key"]: tag["Value"] for tag in found}


def test_a_vpc_has_the_dns_settings_of_its_template(stack: Stack) -> None:
    old = {**CIDR, "EnableDnsHostnames": "true", "EnableDnsSupport": "true"}
    made = stack.create(VPC, **old)
    assert dns(stack, made, "EnableDnsHostnames")
    stack.update(VPC, made, old, **CIDR, EnableDnsSupport=False)
    assert not dns(stack, made, "EnableDnsHostnames")
    assert not dns(stack, made, "EnableDnsSupport")


def test_a_group_that_another_one_names_stays(stack: Stack, vpc: Resource) -> None:
    group = {"GroupDescription": "a group", "VpcId": vpc.physical_id}
    named, naming = (stack.create(SECURITY_GROUP, **group) for _ in range(2))
    rule = {
        "GroupId": naming.physical_id,
        "SourceSecurityGroupId": named.physical_id,
        "IpProtocol": "tcp",
        "FromPort": 988,
        "ToPort": 988,
    }
    made = stack.create("AWS::EC2::SecurityGroupIngress", **rule)

    with pytest.raises(ResourceError, match=f"a rule of {naming.physical_id}"):
        stack.delete(SECURITY_GROUP, named, **group)
    stack.delete("AWS::EC2::SecurityGroupIngress", made, **rule)
    stack.delete(SECURITY_GROUP, named, **group)
    stack.delete("AWS::EC2::SecurityGroupIngress", made, **rule)


def test_a_vpc_knows_its_default_security_group(stack: Stack, vpc: Resource) -> None:
    group = vpc.attributes["DefaultSecurityGroup"]
    found = stack.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert (found["GroupName"], found["VpcId"]) == ("default", vpc.physical_id)


def test_resources_have_their_own_tags_and_the_stacks(stack: Stack) -> None:
    stack.tags = {"owner": "stack", "team": "ml"}
    old = {**CIDR, "Tags": [{"Key": "owner", "Value": "me"}, {"Key": "old", "Value": "x"}]}
    made = stack.create(VPC, **old)
    assert tags(stack, made.physical_id) == {"owner": "me", "team": "ml", "old": "x"}
    stack.update(VPC, made, old, **CIDR, Tags=[{"Key": "Name", "Value": "new"}])
    assert tags(stack, made.physical_id) == {"owner": "stack", "team": "ml", "Name": "new"}


def test_deleting_a_vpc_twice_is_fine_and_leaves_nothing(stack: Stack) -> None:
    made = stack.create(VPC, **CIDR)
    stack.delete(VPC, made, **CIDR)
    stack.delete(VPC, made, **CIDR)
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        stack.client("ec2").describe_vpcs(VpcIds=[made.physical_id])


def test_a_vpc_with_subnets_is_not_deleted(stack: Stack, vpc: Resource) -> None:
    subnet(stack, vpc)
    with pytest.raises(ClientError, match="DependencyViolation"):
        stack.delete(VPC, vpc, **CIDR)


def test_a_public_subnet_gives_public_addresses(stack: Stack, vpc: Resource) -> None:
    made = subnet(stack, vpc, MapPublicIpOnLaunch="true")

    def public() -> bool:
        found = stack.client("ec2").describe_subnets(SubnetIds=[made.physical_id])["Subnets"]
        return bool(found[0]["MapPublicIpOnLaunch"])

    assert public()
    rest = {"VpcId": vpc.physical_id, "CidrBlock": "10.0.1.0/24", "AvailabilityZone": "us-west-2a"}
    stack.update(SUBNET, made, {**rest, "MapPublicIpOnLaunch": "true"}, **rest)
    assert not public()


def test_a_route_can_be_redirected_and_deleted(stack: Stack, vpc: Resource) -> None:
    table = stack.create("AWS::EC2::RouteTable", VpcId=vpc.physical_id)
    gateways = [stack.create("AWS::EC2::InternetGateway") for _ in range(2)]
    for gateway in gateways:
        ids = {"VpcId": vpc.physical_id, "InternetGatewayId": gateway.physical_id}
        assert (
            stack.create("AWS::EC2::VPCGatewayAttachment", **ids).physical_id
            == f"IGW|{vpc.physical_id}"
        )
    where = {"RouteTableId": table.physical_id, "DestinationCidrBlock": "0.0.0.0/0"}
    old = {**where, "GatewayId": gateways[0].physical_id}
    route = stack.create("AWS::EC2::Route", **old)
    new = {**where, "GatewayId": gateways[1].physical_id}
    stack.update("AWS::EC2::Route", route, old, **new)

    def targets() -> list[str]:
        tables = stack.client("ec2").describe_route_tables(RouteTableIds=[table.physical_id])
        return [item["GatewayId"] for item in tables["RouteTables"][0]["Routes"]]

    assert targets() == ["local", gateways[1].physical_id]
    stack.delete("AWS::EC2::Route", route, **new)
    assert targets() == ["local"]


def test_a_subnet_moves_to_the_route_table_of_a_replacement(stack: Stack, vpc: Resource) -> None:
    kind, inside = "AWS::EC2::SubnetRouteTableAssociation", subnet(stack, vpc).physical_id
    tables = [stack.create("AWS::EC2::RouteTable", VpcId=vpc.physical_id) for _ in range(2)]
    sides = [{"RouteTableId": table.physical_id, "SubnetId": inside} for table in tables]
    old, new = (stack.create(kind, **side) for side in sides)
    assert old.physical_id != new.physical_id
    stack.delete(kind, old, **sides[0])
    own = [{"Name": "association.subnet-id", "Values": [inside]}]
    found = stack.client("ec2").describe_route_tables(Filters=own)["RouteTables"]
    assert [table["RouteTableId"] for table in found] == [tables[1].physical_id]


def test_a_nat_gateway_leaves_neither_address_nor_interface(stack: Stack, vpc: Resource) -> None:
    address = stack.create("AWS::EC2::EIP", Domain="vpc")
    side = {
        "AllocationId": address.attributes["AllocationId"],
        "SubnetId": subnet(stack, vpc).physical_id,
    }
    gateway = stack.create("AWS::EC2::NatGateway", **side)
    stack.delete("AWS::EC2::NatGateway", gateway, **side)
    stack.delete("AWS::EC2::EIP", address)
    own = [{"Name": "network-interface-id", "Values": [gateway.attributes["EniId"]]}]
    assert not stack.client("ec2").describe_network_interfaces(Filters=own)["NetworkInterfaces"]
    everything = stack.client("ec2").describe_addresses()["Addresses"]
    assert address.physical_id not in [item["PublicIp"] for item in everything]


def test_an_endpoint_changes_its_route_tables_and_policy(stack: Stack, vpc: Resource) -> None:
    tables = [
        stack.create("AWS::EC2::RouteTable", VpcId=vpc.physical_id).physical_id for _ in range(2)
    ]
    fixed = {
        "ServiceName": "com.amazonaws.us-west-2.s3",
        "VpcEndpointType": "Gateway",
        "VpcId": vpc.physical_id,
    }
    old = {**fixed, "RouteTableIds": tables[:1]}
    endpoint = stack.create("AWS::EC2::VPCEndpoint", **old)
    policy = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
    stack.update(
        "AWS::EC2::VPCEndpoint",
        endpoint,
        old,
        **fixed,
        RouteTableIds=tables[1:],
        PolicyDocument=policy,
    )
    found = stack.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint.physical_id])
    assert found["VpcEndpoints"][0]["RouteTableIds"] == tables[1:]
    assert "Deny" in found["VpcEndpoints"][0]["PolicyDocument"]


def test_private_dns_of_an_endpoint_needs_dns_host_names(stack: Stack) -> None:
    plain = stack.create(VPC, **CIDR)
    inside = subnet(stack, plain)
    with pytest.raises(ResourceError, match="requires both enableDnsSupport and"):
        stack.create(
            "AWS::EC2::VPCEndpoint",
            ServiceName="com.amazonaws.us-west-2.ecr.api",
            VpcEndpointType="Interface",
            VpcId=plain.physical_id,
            SubnetIds=[inside.physical_id],
            PrivateDnsEnabled=True,
        )


def test_an_interface_endpoint_leaves_no_interface(stack: Stack, vpc: Resource) -> None:
    properties = {
        "ServiceName": "com.amazonaws.us-west-2.ecr.api",
        "VpcEndpointType": "Interface",
        "VpcId": vpc.physical_id,
        "SubnetIds": [subnet(stack, vpc).physical_id],
        "PrivateDnsEnabled": True,
    }
    endpoint = stack.create("AWS::EC2::VPCEndpoint", **properties)
    own = [{"Name": "vpc-id", "Values": [vpc.physical_id]}]
    client = stack.client("ec2")
    assert len(client.describe_network_interfaces(Filters=own)["NetworkInterfaces"]) == 1
    stack.delete("AWS::EC2::VPCEndpoint", endpoint, **properties)
    assert not client.describe_network_interfaces(Filters=own)["NetworkInterfaces"]


def test_a_flow_log_has_a_destination_and_goes_away(stack: Stack, vpc: Resource) -> None:
    group = stack.create("AWS::Logs::LogGroup")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            }
        ],
    }
    role = stack.create("AWS::IAM::Role", AssumeRolePolicyDocument=trust)
    properties = {
        "DeliverLogsPermissionArn": role.attributes["Arn"],
        "LogDestinationType": "cloud-watch-logs",
        "LogGroupName": group.physical_id,
        "ResourceId": vpc.physical_id,
        "ResourceType": "VPC",
        "TrafficType": "ALL",
        "Tags": [{"Key": "Name", "Value": "flows"}],
    }
    log = stack.create("AWS::EC2::FlowLog", **properties)
    client = stack.client("ec2")
    found = client.describe_flow_logs(FlowLogIds=[log.physical_id])["FlowLogs"][0]
    assert (found["ResourceId"], found["TrafficType"]) == (vpc.physical_id, "ALL")
    assert tags(stack, log.physical_id) == {"Name": "flows"}
    stack.delete("AWS::EC2::FlowLog", log, **properties)
    own = [{"Name": "resource-id", "Values": [vpc.physical_id]}]
    assert not client.describe_flow_logs(Filters=own)["FlowLogs"]
