"""Security groups, and rules that are resources of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments, conform
from localcloud.resources.coercion import same
from localcloud.resources.ec2_common import Ec2Provider, retag
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine

_PORTS: Final = ("FromPort", "IpProtocol", "ToPort")
# Where a rule's peer goes in EC2's form of a rule: the list there, and the name in its items.
_PEERS: Final[Mapping[str, tuple[str, str]]] = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}
_EVERYWHERE: Final = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
_KNOWN: Final = frozenset({*_PORTS, *_PEERS, "Description", "SourceSecurityGroupOwnerId"})
_OWN: Final = frozenset({*_PORTS, "CidrIp", "CidrIpv6", "Description", "GroupId"})


def _permission(client: Any, rule: Properties) -> dict[str, Any]:
    unknown = sorted(rule.keys() - _KNOWN)
    if unknown:
        raise ResourceError(f"{', '.join(unknown)} of a rule is not emulated by the local cloud")
    property_name = next(name for name in _PEERS if name in rule)
    target, name = _PEERS[property_name]
    peer = {name: rule[property_name]}
    if "Description" in rule:
        peer["Description"] = rule["Description"]
    if "SourceSecurityGroupOwnerId" in rule:
        peer["UserId"] = rule["SourceSecurityGroupOwnerId"]
    shape = client.meta.service_model.shape_for("IpPermission")
    ports = {name: rule[name] for name in _PORTS if name in rule}
    permission: dict[str, Any] = conform(shape, {**ports, target: [peer]})
    return permission


def _authorize(client: Any, direction: str, group: str, rule: Properties) -> str:
    authorize = getattr(client, f"authorize_security_group_{direction}")
    answer = authorize(GroupId=group, IpPermissions=[_permission(client, rule)])
    if not answer["SecurityGroupRules"]:
        raise ResourceError("the rule does not fit the group's VPC: has it any IPv6 block?")
    return str(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])


def _revoke(client: Any, direction: str, group: str, rule: Properties) -> None:
    revoke = getattr(client, f"revoke_security_group_{direction}")
    with missing_is_fine():
        revoke(GroupId=group, IpPermissions=[_permission(client, rule)])


def _rules(direction: str, name: str, default: list[Properties]) -> Setting:
    def setting(request: Request, resource: Resource, old: Properties) -> None:
        client = request.client("ec2")
        before, after = old.get(name, default), request.properties.get(name, default)
        for rule in before:
            if not any(same(rule, other) for other in after):
                _revoke(client, direction, resource.physical_id, rule)
        for rule in after:
            if not any(same(rule, other) for other in before):
                _authorize(client, direction, resource.physical_id, rule)

    return setting


def _named_groups(group: Mapping[str, Any]) -> set[str]:
    """The groups that a group's rules name."""
    return {
        pair["GroupId"]
        for rule in (*group["IpPermissions"], *group["IpPermissionsEgress"])
        for pair in rule["UserIdGroupPairs"]
    }


class SecurityGroup(Ec2Provider):
    """``AWS::EC2::SecurityGroup``; without egress rules it lets everything out."""

    at_creation = frozenset({"GroupDescription", "GroupName", "VpcId"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "SecurityGroupIngress": _rules("ingress", "SecurityGroupIngress", []),
        "SecurityGroupEgress": _rules("egress", "SecurityGroupEgress", [_EVERYWHERE]),
        "Tags": retag,
    }
    deletion = ("delete_security_group", "GroupId")

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group.

        Raises:
            ResourceError: A rule of another group names it, which moto would let be (API reference,
                "DeleteSecurityGroup").
        """
        group = resource.physical_id
        for other in request.client("ec2").describe_security_groups()["SecurityGroups"]:
            if other["GroupId"] != group and group in _named_groups(other):
                raise ResourceError(
                    f"resource {group} has a dependent object: a rule of {other['GroupId']} "
                    "(DependencyViolation)"
                )
        super().delete(request, resource)

    def make(self, request: Request) -> Resource:
        """Create the group."""
        client = request.client("ec2")
        name = client.create_security_group(
            GroupName=request.properties.get("GroupName") or request.generated_name(255),
            Description=request.properties["GroupDescription"],
            **arguments(client, "CreateSecurityGroup", request.properties, ["VpcId"]),
        )["GroupId"]
        attributes = {"GroupId": name, "Id": name, "VpcId": request.properties.get("VpcId", "")}
        return Resource(physical_id=name, attributes=attributes)


class _Rule(SettingsProvider):
    direction: ClassVar[str]

    def make(self, request: Request) -> Resource:
        """Add the rule to its group."""
        rule, group = _rule_and_group(request)
        name = _authorize(request.client("ec2"), self.direction, group, rule)
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Take the rule out of its group."""
        del resource
        rule, group = _rule_and_group(request)
        _revoke(request.client("ec2"), self.direction, group, rule)


class SecurityGroupIngress(_Rule):
    """``AWS::EC2::SecurityGroupIngress``."""

    direction = "ingress"
    at_creation = frozenset(
        {*_OWN, "SourcePrefixListId", "SourceSecurityGroupId", "SourceSecurityGroupOwnerId"}
    )


class SecurityGroupEgress(_Rule):
    """``AWS::EC2::SecurityGroupEgress``."""

    direction = "egress"
    at_creation = frozenset({*_OWN, "DestinationPrefixListId", "DestinationSecurityGroupId"})


def _rule_and_group(request: Request) -> tuple[Properties, str]:
    rule = {name: value for name, value in request.properties.items() if name != "GroupId"}
    return rule, str(request.properties["GroupId"])
