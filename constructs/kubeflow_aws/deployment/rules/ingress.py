"""What must hold for the load balancer, its domain and its subnets."""

from __future__ import annotations

from kubeflow_aws.catalog.regions import regions
from kubeflow_aws.deployment.model import Deployment


def check_ingress(deployment: Deployment) -> None:
    """A load balancer has a domain, subnets, and a name that Route 53 can point to it."""
    if not deployment.has_load_balancer:
        if deployment.domain:
            raise ValueError(
                f"domain.name is {deployment.domain.name}, but nothing serves it; set "
                "ingress.enabled: true, or remove domain"
            )
        return
    if deployment.domain is None:
        raise ValueError(
            "ingress.enabled needs domain.name, a subdomain of the platform's own such as "
            "platform.example.com"
        )
    if deployment.region not in regions().load_balancer_zones:
        raise ValueError(
            f"region {deployment.region}: its load balancers' hosted zone is not known, so no DNS "
            "record can point to one; add it to constructs/kubeflow_aws/catalog/regions.yaml"
        )
    existing = deployment.network.existing
    if existing and not existing.load_balancer_cidrs:
        raise ValueError(
            "network.existing.load_balancer_cidrs is empty; give the ranges of the subnets that "
            "the load balancer stands in, so that the gateway admits it and no pod"
        )
    if existing and not deployment.ingress.internal and not existing.public_subnet_ids:
        raise ValueError(
            "network.existing.public_subnet_ids is empty, and a load balancer on the internet "
            "needs them; give them, or set ingress.internal: true"
        )
