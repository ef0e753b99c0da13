"""Whether the public DNS leads to the hosted zone, without which no certificate is issued."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed, unseen, warned
from kubeflow_aws.cli.doctor.resolver import NameServers
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.domain import HostedZone


def check_delegation(
    deployment: Deployment, aws: Aws, name_servers: NameServers, deployed: Collection[str]
) -> Iterator[Check]:
    """Whether names below the platform's domain would be found.

    Args:
        deployment: Names the domain and its zone, if it has any.
        aws: Credentials that work.
        name_servers: Asks DNS.
        deployed: Stacks that exist, by their short names.
    """
    domain = deployment.domain
    if domain is None:
        return
    zone = domain.hosted_zone or domain.parent_zone
    if zone:
        name = f"Delegation of {zone.name}"
        yield aws.look(name, partial(_delegation, name, zone, aws, name_servers))
    elif "Domain" in deployed:
        yield passed(
            f"Delegation of {domain.name}",
            "the Domain stack exists, which waits until DNS leads to its zone",
        )
    else:
        yield warned(
            f"Delegation of {domain.name}",
            "the zone is new and no parent_zone is named, so the deployment will wait",
            f"while it waits, enter the new zone's name servers as NS records of {domain.name} at "
            "its parent: `aws route53 list-hosted-zones-by-name --dns-name "
            f"{domain.name}` gives its id, `aws route53 get-hosted-zone --id ID` the servers; or "
            "name domain.parent_zone",
        )


def _delegation(name: str, zone: HostedZone, aws: Aws, name_servers: NameServers) -> Check:
    client = aws.client("route53")
    try:
        answer = client.get_hosted_zone(Id=zone.id)
    except client.exceptions.NoSuchHostedZone:
        return unseen(name, f"there is no zone {zone.id}", f"mend Zone {zone.name} first")
    # A private zone has none.
    own = answer.get("DelegationSet", {}).get("NameServers", ())
    expected = frozenset(server.rstrip(".").lower() for server in own)
    try:
        found = name_servers(zone.name)
    except OSError as error:
        return unseen(
            name,
            f"DNS does not answer: {error}",
            f"`dig +trace NS {zone.name}` must end with {_listed(expected)}",
        )
    enter = f"at the registrar or the parent zone of {zone.name}, enter {_listed(expected)}"
    if not found:
        return failed(name, "DNS knows no name servers of it", enter)
    if not found & expected:
        return failed(name, f"DNS leads to {_listed(found)}, which is another zone", enter)
    if found != expected:
        return warned(name, f"DNS leads to {_listed(found)}, not all of them this zone's", enter)
    return passed(name, "DNS leads to this zone")


def _listed(servers: frozenset[str]) -> str:
    return ", ".join(sorted(servers)) or "name servers of Route 53"
