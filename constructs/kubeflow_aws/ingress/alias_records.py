"""DNS records that point to the load balancer of an Ingress."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from kubeflow_aws.regions import regions

LOAD_BALANCER_TIMEOUT = cdk.Duration.minutes(10)
"""A load balancer takes two to four minutes, and its controller may have to start first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasRecordsProps:
    """Inputs of `AliasRecords`.

    Attributes:
        cluster: Cluster of the Ingress.
        namespace: Namespace of the Ingress.
        ingress: Its name.
        region: Region of the load balancer.
        zone: Zone of the names.
        names: Full names, one record each.
        after: What applies the Ingress.
    """

    cluster: eks.ICluster
    namespace: str
    ingress: str
    region: str
    zone: route53.IHostedZone
    names: Sequence[str]
    after: Sequence[IDependable]


class AliasRecords(Construct):
    """An alias for each name, once the Ingress says what its load balancer is called."""

    def __init__(self, scope: Construct, construct_id: str, *, props: AliasRecordsProps) -> None:
        super().__init__(scope, construct_id)
        hostname = eks.KubernetesObjectValue(
            self,
            "HostName",
            cluster=props.cluster,
            object_type="ingress",
            object_name=props.ingress,
            object_namespace=props.namespace,
            json_path=".status.loadBalancer.ingress[0].hostname",
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
