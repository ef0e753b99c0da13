"""DNS records that point to the load balancer of an Ingress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from kubeflow_aws.catalog.regions import regions

LOAD_BALANCER_TIMEOUT = cdk.Duration.minutes(10)
"""A load balancer takes two to four minutes, and its controller may have to start first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasRecordsProps:
    """Inputs of `AliasRecords`.

    Attributes:
        cluster: Cluster of the Ingress.
        namespace: Namespace of the Ingress.
        ingress: Its name.
        internal: Whether its load balancer is reachable from the VPC only.
        region: Region of the load balancer.
        zone: Zone of the names.
        names: Full names, one record each.
        after: What applies the Ingress.
    """

    cluster: eks.ICluster
    namespace: str
    ingress: str
    internal: bool
    region: str
    zone: route53.IHostedZone
    names: Sequence[str]
    after: Sequence[IDependable]


class AliasRecords(Construct):
    """An alias for each name, once the Ingress says what its load balancer is called.

    CloudFormation has the Ingress read again only if a property of the reading changes; `host_name`
    is one, and differs with what a load balancer is replaced for.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AliasRecordsProps) -> None:
        super().__init__(scope, construct_id)
        hostname = eks.KubernetesObjectValue(
            self,
            "HostName",
            cluster=props.cluster,
            object_type="ingress",
            object_name=props.ingress,
            object_namespace=props.namespace,
            json_path=host_name(internal=props.internal),
            timeout=LOAD_BALANCER_TIMEOUT,
        )
        hostname.node.add_dependency(*props.after)
        target = route53.RecordTarget.from_alias(
            _LoadBalancer(hostname.value, regions().load_balancer_zones[props.region])
        )
        for name in props.names:
            route53.ARecord(
                self,
                name.replace("*", "wildcard"),
                zone=props.zone,
                record_name=f"{name}.",
                target=target,
            )


def host_name(*, internal: bool) -> str:
    """Where an Ingress says what its load balancer is called: a JSONPath for kubectl.

    It finds nothing while the name is that of a load balancer of the other scheme, so that CDK's
    handler, which asks until it is told something, waits for the new one. The AWS Load Balancer
    Controller replaces a load balancer if its scheme changes, and changes subnets, ranges and all
    else of ours in place (pkg/deploy/elbv2/load_balancer_synthesizer.go,
    isSDKLoadBalancerRequiresReplacement); until the new one is made, the Ingress keeps the old
    name. Names that the controller gives begin with ``k8s-`` (pkg/ingress/
    model_build_load_balancer.go), and ELB puts ``internal-`` before one that is internal (the
    example of its CreateLoadBalancer). kubectl compares texts byte by byte (client-go,
    util/jsonpath), which tells the two apart.

    Args:
        internal: Whether the load balancer is reachable from the VPC only.
    """
    comparison = "<" if internal else ">="
    return f'.status.loadBalancer.ingress[?(@.hostname{comparison}"k8s-")].hostname'


@jsii.implements(route53.IAliasRecordTarget)
class _LoadBalancer:
    def __init__(self, dns_name: str, hosted_zone_id: str) -> None:
        self._dns_name = dns_name
        self._hosted_zone_id = hosted_zone_id

    def bind(
        self, _record: route53.IRecordSet, _zone: route53.IHostedZone | None = None
    ) -> route53.AliasRecordTargetConfig:
        return route53.AliasRecordTargetConfig(
            dns_name=self._dns_name,
            hosted_zone_id=self._hosted_zone_id,
            evaluate_target_health=True,
        )
