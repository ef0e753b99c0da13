"""Reads estimates of costs, and what is printed of them."""

from __future__ import annotations

import io

from rich.console import Console

from kubeflow_aws.cli.cost.charges import Line, Resource, Terms
from kubeflow_aws.cli.cost.estimate import Estimate, charges_of
from kubeflow_aws.cli.cost.report import show
from kubeflow_aws.objects.kubernetes_object import JsonValue


def of_type(kind: str, **properties: JsonValue) -> Resource:
    """A resource with these properties, alone in its stack."""
    return Resource(kind=kind, logical_id="It", properties=properties, siblings={})


def lines_of(resource: Resource, terms: Terms) -> dict[str, float]:
    """What a resource costs, by what it is called."""
    charges = list(charges_of(resource, terms))
    assert all(isinstance(charge, Line) for charge in charges)
    return {charge.what: charge.usd for charge in charges if isinstance(charge, Line)}


def line(estimate: Estimate, stack: str, what: str) -> Line:
    """The one line of a stack whose text begins so."""
    [found] = [
        each
        for cost in estimate.stacks
        if cost.name == stack
        for each in cost.lines
        if each.what.startswith(what)
    ]
    return found


def printed(estimate: Estimate, terms: Terms) -> str:
    """What `make cost` prints of it."""
    text = io.StringIO()
    show(Console(file=text, width=120, highlight=False, markup=False), estimate, terms)
    return text.getvalue()
