"""Prices of the network and of what stands in front of the platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kubeflow_aws.cli.cost.charges import Charge, Line, Pricer, Resource, Terms


def _endpoint(endpoint: Resource, terms: Terms) -> Iterator[Charge]:
    """Gateway endpoints cost nothing."""
    if endpoint.properties.get("VpcEndpointType") != "Interface":
        return
    zones = len(endpoint.properties["SubnetIds"])
    rates, assume = terms.prices.rates, terms.assume
    yield Line(
        what=f"interface endpoints in {zones} zones",
        quantity=zones * assume.hours,
        price=rates.endpoint,
    )
    yield Line(
        what="data through interface endpoints",
        quantity=assume.endpoint_gb,
        price=rates.endpoint_data,
        assumed=True,
    )


def _web_acl(acl: Resource, terms: Terms) -> Iterator[Charge]:
    rates = terms.prices.rates
    yield Line(what="web ACL", quantity=1, price=rates.web_acl)
    rules = len(acl.properties.get("Rules", ()))
    yield Line(what="rules of the web ACL", quantity=rules, price=rates.web_acl_rule)
    yield Line(
        what="requests through the web ACL",
        quantity=terms.assume.web_requests_millions,
        price=rates.web_acl_requests,
        assumed=True,
    )


NETWORK: Final[Mapping[str, Pricer]] = {
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::WAFv2::WebACL": _web_acl,
}
