"""What stands around the load balancer that the AWS Load Balancer Controller makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.deployment.ingress import Ingress
from kubeflow_aws.ingress.access_logs import AccessLogs, AccessLogsProps
from kubeflow_aws.ingress.web_acl import WebAcl, WebAclProps
from kubeflow_aws.logs.group import kept_in_production, log_retention
from kubeflow_aws.network.load_balancer_subnets import LoadBalancerSubnets
from kubeflow_aws.objects.placeholders import Placeholder, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerProps:
    """Inputs of `LoadBalancer`.

    Attributes:
        name: Name of the deployment.
        settings: The deployment file's section.
        domain: The platform's names.
        certificate: Certificate of the names, in the load balancer's region.
        subnets: Where it stands.
        production: Whether to keep logs for long, and after the stack.
    """

    name: str
    settings: Ingress
    domain: Domain
    certificate: acm.ICertificate
    subnets: LoadBalancerSubnets
    production: bool


class LoadBalancer(Construct):
    """Access logs and web ACL; `values` tells the component `ingress` about them and the rest.

    The load balancer itself is made from the Ingress, which must come after this.
    """

    values: Mapping[Placeholder, Value]

    def __init__(self, scope: Construct, construct_id: str, *, props: LoadBalancerProps) -> None:
        super().__init__(scope, construct_id)
        access_logs = AccessLogs(
            self, "AccessLogs", props=AccessLogsProps(production=props.production)
        )
        settings = props.settings
        self.values = {
            Placeholder.PLATFORM_HOST: props.domain.host,
            Placeholder.PLATFORM_WILDCARD: props.domain.wildcard,
            Placeholder.CERTIFICATE_ARN: props.certificate.certificate_arn,
            Placeholder.LOAD_BALANCER_SCHEME: (
                "internal" if settings.internal else "internet-facing"
            ),
            Placeholder.LOAD_BALANCER_SUBNETS: tuple(props.subnets.ids),
            Placeholder.LOAD_BALANCER_RANGES: tuple(props.subnets.cidrs),
            Placeholder.LOAD_BALANCER_CLIENT_RANGES: settings.allowed_cidrs or ("0.0.0.0/0",),
            Placeholder.WEB_ACL_ARN: self._web_acl_arn(props),
            Placeholder.ACCESS_LOGS_BUCKET: access_logs.bucket.bucket_name,
        }

    def _web_acl_arn(self, props: LoadBalancerProps) -> tuple[str, ...]:
        if not props.settings.web_acl.enabled:
            return ()
        acl = WebAcl(
            self,
            "WebAcl",
            props=WebAclProps(
                name=props.name,
                requests_per_five_minutes=props.settings.web_acl.requests_per_five_minutes,
                log_retention=log_retention(production=props.production),
                removal_policy=kept_in_production(production=props.production),
            ),
        )
        return (acl.web_acl.attr_arn,)
