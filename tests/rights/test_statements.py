"""Every statement of every policy that we write, held against AWS's own reference."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rights.findings import ServiceKeys, findings_in, widenings_in
from tests.rights.statements import Statement, statement_of, statements_in
from tests.support.assembly import Assembly, CheckedAssembly

SERVICES = yaml.safe_load(
    Path(__file__).with_name("service-principals.yaml").read_text(encoding="utf-8")
)
SENT: ServiceKeys = {
    name: {called: frozenset(keys) for called, keys in row["keys"].items()}
    for name, row in SERVICES.items()
}
EXCEPTIONS = {
    re.compile(each["finding"])
    for each in yaml.safe_load(
        Path(__file__).with_name("exceptions.yaml").read_text(encoding="utf-8")
    )
}
TAGGED = {"aws:ResourceTag/elbv2.k8s.aws/cluster": "kubeflow"}
POD_ROLE = "arn:aws:iam::123456789012:role/name"


@pytest.fixture(scope="module")
def statements(
    data_plane_assembly: Assembly,
    cognito_assembly: Assembly,
    rds_s3_assembly: Assembly,
    production_assembly: Assembly,
    pipeline: CheckedAssembly,
) -> list[Statement]:
    """Those of all that can be switched on."""

    def found() -> Iterator[Statement]:
        for each in (
            data_plane_assembly,
            cognito_assembly,
            rds_s3_assembly,
            production_assembly,
            pipeline.assembly,
        ):
            yield from statements_in(each.templates)

    return list(found())


@pytest.fixture(scope="module")
def unknown(statements: list[Statement]) -> set[str]:
    return {line for each in statements for line in findings_in(each, SENT)}


@pytest.fixture(scope="module")
def wide(statements: list[Statement]) -> set[str]:
    return {f"{each.where}: {name}" for each in statements for name in widenings_in(each)}


def without_exceptions(found: set[str]) -> str:
    left = (line for line in found if not any(each.fullmatch(line) for each in EXCEPTIONS))
    return "\n".join(sorted(left))


def test_every_right_is_one_that_its_service_knows(unknown: set[str]) -> None:
    assert without_exceptions(unknown) == ""


def test_what_can_be_bound_to_a_resource_is(wide: set[str]) -> None:
    assert without_exceptions(wide) == ""


def test_every_exception_is_one(unknown: set[str], wide: set[str]) -> None:
    stale = [
        each.pattern
        for each in EXCEPTIONS
        if not any(each.fullmatch(line) for line in unknown | wide)
    ]
    assert stale == []


def test_services_are_listed_as_long_as_a_policy_names_them(statements: list[Statement]) -> None:
    named = {service for each in statements for service in each.services}
    assert sorted(named) == sorted(SERVICES)


def allow(
    actions: str | list[str], resources: str | list[str], condition: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
        "Condition": {"StringEquals": dict(condition)},
    }


def trust(service: str, condition: Mapping[str, str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
        "Condition": {"StringEquals": dict(condition)},
    }


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        pytest.param(
            allow(
                "elasticloadbalancing:SetWebAcl",
                "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/*",
                TAGGED,
            ),
            "elasticloadbalancing:SetWebAcl knows * alone",
            id="a right without resources",
        ),
        pytest.param(
            allow("elasticloadbalancing:SetWebAcl", "*", TAGGED),
            "SetWebAcl on ['*'] is never sent with aws:ResourceTag/elbv2.k8s.aws/cluster",
            id="a right without keys",
        ),
        pytest.param(
            allow("elasticloadbalancing:SetWebACLs", "*", {}),
            "there is no action elasticloadbalancing:SetWebACLs",
            id="a right that does not exist",
        ),
        pytest.param(
            allow("secrets:GetSecretValue", "*", {}),
            "there is no action secrets:GetSecretValue",
            id="a service that does not exist",
        ),
        pytest.param(
            allow("s3:ListBucket", "arn:aws:s3:::name/*", {}),
            "no right of ('s3:ListBucket',) is about arn:aws:s3:::name/*",
            id="objects where a bucket belongs",
        ),
        pytest.param(
            allow("s3:GetObject", ["arn:aws:s3:::name/*", "arn:aws:sqs:::name"], {}),
            "no right of ('s3:GetObject',) is about arn:aws:sqs:::name",
            id="a resource that no action is about",
        ),
        pytest.param(
            allow("s3:GetObject", "arn:aws:s3:::name/*", {"s3:prefix": "a"}),
            "s3:GetObject on ['arn:aws:s3:::name/*'] is never sent with s3:prefix",
            id="a key of another action",
        ),
        pytest.param(
            allow(
                "ec2:RunInstances",
                "arn:aws:ec2:us-west-2::image/*",
                {"aws:RequestTag/karpenter.sh/nodepool": "cpu"},
            ),
            "ec2:RunInstances on ['arn:aws:ec2:us-west-2::image/*'] is never sent with aws:Req",
            id="a key of another resource",
        ),
    ],
)
def test_mistakes_are_found(statement: dict[str, Any], finding: str) -> None:
    found = "\n".join(findings_in(statement_of(statement, "here"), SENT))
    assert finding in found


def test_a_source_that_a_service_does_not_send_is_found() -> None:
    delivery = allow("s3:PutObject", "arn:aws:s3:::logs/*", {"aws:SourceAccount": "1"})
    for service, count in (
        ("logging.s3.amazonaws.com", 0),
        ("logdelivery.elasticloadbalancing.amazonaws.com", 1),
    ):
        statement = statement_of(delivery | {"Principal": {"Service": service}}, "here")
        assert len(list(findings_in(statement, SENT))) == count


def test_what_a_role_trusts_is_held_against_it_too() -> None:
    for key, count in (("aws:RequestTag/kubernetes-namespace", 0), ("s3:prefix", 1)):
        statement = statement_of(trust("pods.eks.amazonaws.com", {key: "x"}), "here", POD_ROLE)
        assert len(list(findings_in(statement, SENT))) == count


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (allow("cognito-idp:DescribeUserPoolClient", "*", {}), 1),
        (allow("elasticloadbalancing:SetWebAcl", "*", {}), 0),
        (allow("acm:ListCertificates", "*", {}), 0),
    ],
)
def test_a_wildcard_that_could_be_narrowed_is_found(statement: dict[str, Any], names: int) -> None:
    assert len(list(widenings_in(statement_of(statement, "here")))) == names


def test_what_a_denial_leaves_alone_is_a_resource_of_its_actions() -> None:
    denial = {"Effect": "Deny", "Action": "s3:PutObject", "NotResource": ["arn:aws:s3:::name/*"]}
    other = denial | {"NotResource": ["arn:aws:sns:us-west-2:111111111111:name"]}

    assert not list(findings_in(statement_of(denial, "here"), SENT))
    assert list(findings_in(statement_of(other, "here"), SENT))


def test_a_right_to_all_but_some_resources_is_refused() -> None:
    with pytest.raises(KeyError):
        statement_of(
            {"Effect": "Allow", "Action": "s3:PutObject", "NotResource": "arn:aws:s3:::name/*"},
            "here",
        )
