"""What the doctor says of the way that DNS takes to the hosted zone."""

from __future__ import annotations

from collections.abc import Iterable

import boto3
import dns.exception
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset
import pytest

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.delegation import check_delegation
from kubeflow_aws.cli.doctor.resolver import NameServers, name_servers
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.doctor_answers import answering_zone, troubles
from tests.support.deployments import variation

NAME = "Delegation of example.com"


def dns_with(servers: Iterable[str]) -> NameServers:
    def ask(zone: str) -> frozenset[str]:
        assert zone == "example.com"
        return frozenset(servers)

    return ask


def nobody(zone: str) -> frozenset[str]:
    raise OSError(f"nobody answers for {zone}")


@pytest.fixture
def servers(session: boto3.Session) -> list[str]:
    """The name servers of the zone in Route 53."""
    servers = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.co.uk"]
    answering_zone(session, "example.com", servers)
    return servers


@pytest.fixture(params=["hosted_zone", "parent_zone"])
def delegated(request: pytest.FixtureRequest, cognito: Deployment) -> Deployment:
    """A domain in a zone, or in a new one below it."""
    zone: JsonValue = {"id": "Z0123456789EXAMPLE", "name": "example.com"}
    return variation(cognito, {"domain": {"name": "platform.example.com", request.param: zone}})


def test_dns_that_leads_to_the_zone_passes(
    aws: Aws, delegated: Deployment, servers: list[str]
) -> None:
    checks = list(check_delegation(delegated, aws, dns_with(servers), ()))

    assert troubles(checks) == {}
    assert [check.name for check in checks] == [NAME]


def test_a_zone_that_nobody_delegates_to_is_a_failure(
    aws: Aws, delegated: Deployment, servers: list[str]
) -> None:
    severity, _, fix = troubles(check_delegation(delegated, aws, dns_with([]), ()))[NAME]

    assert severity is Severity.FAILURE
    assert all(server in fix for server in servers)


@pytest.mark.usefixtures("servers")
def test_dns_that_leads_elsewhere_is_a_failure(aws: Aws, delegated: Deployment) -> None:
    elsewhere = dns_with(["ns1.registrar.example", "ns2.registrar.example"])

    severity, found, _ = troubles(check_delegation(delegated, aws, elsewhere, ()))[NAME]

    assert severity is Severity.FAILURE
    assert "ns1.registrar.example, ns2.registrar.example" in found


def test_dns_that_leads_partly_elsewhere_is_a_warning(
    aws: Aws, delegated: Deployment, servers: list[str]
) -> None:
    partly = dns_with([servers[0], "ns1.registrar.example"])

    assert troubles(check_delegation(delegated, aws, partly, ()))[NAME][0] is Severity.WARNING


def test_dns_out_of_reach_is_not_fine(aws: Aws, delegated: Deployment, servers: list[str]) -> None:
    severity, _, fix = troubles(check_delegation(delegated, aws, nobody, ()))[NAME]

    assert severity is Severity.UNSEEN
    assert fix.startswith("`dig +trace NS example.com` must end with ")
    assert servers[0] in fix


def test_a_zone_that_is_not_there_has_no_delegation(aws: Aws, cognito: Deployment) -> None:
    severity, _, fix = troubles(check_delegation(cognito, aws, nobody, ()))[NAME]

    assert (severity, fix) == (Severity.UNSEEN, "mend Zone example.com first")


@pytest.mark.parametrize(("deployed", "waits"), [((), True), (("Domain",), False)])
def test_a_new_zone_without_a_parent_waits_at_its_first_deployment(
    deployed: tuple[str, ...], waits: bool, aws: Aws, cognito: Deployment
) -> None:
    new = variation(cognito, {"domain": {"name": "platform.example.com"}})

    found = troubles(check_delegation(new, aws, nobody, deployed))

    assert ("Delegation of platform.example.com" in found) is waits
    if waits:
        severity, what, fix = found["Delegation of platform.example.com"]
        assert severity is Severity.WARNING
        assert "will wait" in what
        assert "domain.parent_zone" in fix


def test_no_domain_needs_no_delegation(aws: Aws, vanilla: Deployment) -> None:
    assert list(check_delegation(vanilla, aws, nobody, ())) == []


class TestResolver:
    """Answers of DNS."""

    @pytest.fixture
    def answers(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str] | Exception]:
        """What DNS says, by zone."""
        answers: dict[str, list[str] | Exception] = {"amazonaws.com.": ["ns.example."]}

        def resolve(
            _: dns.resolver.Resolver, zone: str, kind: str, lifetime: float
        ) -> dns.rrset.RRset:
            assert kind == "NS"
            assert lifetime <= 10
            answer = answers.get(zone, dns.resolver.NXDOMAIN())  # type: ignore[no-untyped-call]
            if isinstance(answer, Exception):
                raise answer
            return dns.rrset.from_text_list(zone, 60, "IN", "NS", answer)

        monkeypatch.setattr(dns.resolver.Resolver, "resolve", resolve)
        monkeypatch.setattr(dns.resolver.Resolver, "read_resolv_conf", lambda *_: None)
        return answers

    def test_names_are_written_as_route_53_writes_them(
        self, answers: dict[str, list[str] | Exception]
    ) -> None:
        answers["example.com."] = ["NS-1.awsdns-01.org.", "ns-2.awsdns-02.net."]

        assert name_servers("example.com") == {"ns-1.awsdns-01.org", "ns-2.awsdns-02.net"}

    @pytest.mark.usefixtures("answers")
    def test_a_zone_that_dns_does_not_know_has_no_servers(self) -> None:
        assert name_servers("example.com") == frozenset()

    def test_dns_without_the_public_dns_is_out_of_reach(
        self, answers: dict[str, list[str] | Exception]
    ) -> None:
        answers.clear()

        with pytest.raises(OSError, match="does not even know"):
            name_servers("example.com")

    def test_silence_is_out_of_reach(self, answers: dict[str, list[str] | Exception]) -> None:
        answers["example.com."] = dns.resolver.LifetimeTimeout(  # type: ignore[no-untyped-call]
            timeout=5, errors=[]
        )

        with pytest.raises(OSError, match="lifetime expired"):
            name_servers("example.com")
