"""The doctor as a whole: its groups, its report, its command, and what it asks AWS for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ProfileNotFound
from rich.console import Console

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, Group, Severity, failed, passed, unseen, warned
from kubeflow_aws.cli.checks.page import fix_lines, table_of
from kubeflow_aws.cli.doctor import command
from kubeflow_aws.cli.doctor.credentials import check_bootstrap, check_region, identify
from kubeflow_aws.cli.doctor.delegation import check_delegation
from kubeflow_aws.cli.doctor.deployed import existing_stacks
from kubeflow_aws.cli.doctor.existing import check_existing
from kubeflow_aws.cli.doctor.groups import Surroundings, check_all
from kubeflow_aws.cli.doctor.names import check_names
from kubeflow_aws.cli.doctor.offers import check_offers
from kubeflow_aws.cli.doctor.quotas import check_quotas
from kubeflow_aws.cli.doctor.tools import Machine
from kubeflow_aws.cli.main import main
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue
from kubeflow_aws.upstream.tools import Tools
from tests.cli.conftest import Quotas
from tests.cli.doctor_answers import answering, answering_zone, denying, troubles
from tests.support.deployments import (
    EVERY_PROVIDER,
    EXISTING_CLUSTER,
    EXISTING_VPC,
    variation,
)

ACCOUNT = "123456789012"
TODAY = date(2026, 11, 26)
SERVICES = (
    *("cloudformation", "cognito-identity-provider", "ec2", "efs", "eks"),
    *("elastic-load-balancing-v2", "fsx", "iam", "rds", "route53", "s3"),
    *("secrets-manager", "service-quotas", "sesv2", "ssm"),
)
"""All that is asked but STS, as botocore's events call them."""

SERVERS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.co.uk"]


@pytest.fixture
def surroundings(session: boto3.Session, project: Path) -> Surroundings:
    """This project on a machine without tools, and an account with nothing in it."""

    def missing(version: KubernetesVersion) -> Tools:
        raise UserError(f"no kubectl for {version.minor}")

    def silent(command: object) -> str:
        raise OSError(f"{command} is not there")

    def no_dns(zone: str) -> frozenset[str]:
        raise OSError(f"nobody answers for {zone}")

    return Surroundings(
        machine=Machine(
            project=project,
            python="3.9.1",
            node="24.19.0",
            run=silent,
            find_tools=missing,
            mirror=project / "nowhere",
        ),
        connect=lambda: session,
        name_servers=no_dns,
        today=TODAY,
    )


@pytest.fixture
def everything(data_plane: Deployment) -> Deployment:
    """A deployment that asks for all that can be looked at, but somebody else's VPC."""
    arn = f"arn:aws:ses:us-west-2:{ACCOUNT}:identity/example.com"
    cognito: JsonValue = {
        "identity_providers": EVERY_PROVIDER,
        "sender": {"address": "kubeflow@example.com", "ses_identity_arn": arn},
    }
    return variation(
        data_plane,
        {
            "account": "210987654321",
            "auth": {"users": [{"email": "alice@example.com"}], "cognito": cognito},
            "s3": {"bucket_name": "team-artifacts"},
        },
    )


def checks_in(groups: Iterable[Group]) -> list[Check]:
    return [check for group in groups for check in group.checks]


class TestGroups:
    """What is looked at, and what is not."""

    def test_without_credentials_tools_and_dates_are_looked_at(
        self, surroundings: Surroundings, everything: Deployment
    ) -> None:
        def no_profile() -> boto3.Session:
            raise ProfileNotFound(profile="nosuch")

        groups = list(check_all(everything, replace(surroundings, connect=no_profile)))

        assert [group.name for group in groups] == [
            "Tools",
            "Credentials",
            "Not looked at",
            "Support dates",
        ]
        found = troubles(checks_in(groups))
        assert found["Account"][0] is Severity.FAILURE
        assert "nosuch" in found["Account"][1]
        assert found["Quotas"][0] is Severity.UNSEEN

    def test_nobody_looks_into_another_account(
        self, surroundings: Surroundings, everything: Deployment
    ) -> None:
        groups = list(check_all(everything, surroundings))

        assert "Names" not in [group.name for group in groups]
        assert "names account 210987654321" in troubles(checks_in(groups))["Account"][1]

    def test_nobody_looks_into_a_region_that_is_not_enabled(
        self, surroundings: Surroundings, vanilla: Deployment
    ) -> None:
        there = variation(vanilla, {"region": "ap-east-1"})

        found = troubles(checks_in(check_all(there, surroundings)))

        assert found["Region"][0] is Severity.FAILURE
        assert found["Quotas"] == (
            Severity.UNSEEN,
            "skipped because of Region",
            "mend Region first",
        )

    @pytest.mark.usefixtures("quotas")
    def test_every_trouble_has_a_fix(
        self, surroundings: Surroundings, everything: Deployment, session: boto3.Session
    ) -> None:
        here = variation(everything, {"account": ACCOUNT})
        answering(session, "rds.DescribeDBEngineVersions", {"DBEngineVersions": []})

        found = troubles(checks_in(check_all(here, surroundings)))

        assert len(found) > 12
        assert {"Python", "CDK bootstrap of us-west-2", "Zone example.com", "Database"} <= set(
            found
        )

    @pytest.mark.usefixtures("quotas")
    def test_what_may_not_be_asked_is_named_and_never_fine(
        self, surroundings: Surroundings, everything: Deployment, session: boto3.Session
    ) -> None:
        here = variation(everything, {"account": ACCOUNT})
        for service in SERVICES:
            denying(session, service, code="AccessDeniedException")

        groups = list(check_all(here, surroundings))

        asked = [
            check
            for group in groups
            if group.name not in {"Tools", "Credentials", "Support dates"}
            for check in group.checks
        ]
        assert asked
        for check in asked:
            assert check.severity is Severity.UNSEEN, check.name
            assert re.match(r"allow [a-z0-9-]+:[A-Z]\w+; ", check.fix), check.fix


def ask_everything(deployment: Deployment, aws: Aws) -> Iterator[Check]:
    """All that is asked of AWS, whatever is found."""
    yield identify(deployment, aws).check
    yield check_region(deployment, aws)
    yield from check_bootstrap(deployment, aws, ACCOUNT)
    existing_stacks(deployment, aws)
    yield from check_quotas(deployment, aws, ())
    yield from check_names(deployment, aws, ACCOUNT, ())
    yield from check_existing(deployment, aws)
    yield from check_offers(deployment, aws)
    yield from check_delegation(deployment, aws, lambda _: frozenset(SERVERS), ())


class TestPermissions:
    """The policy of docs/operations/doctor.md."""

    def test_it_allows_what_is_asked_and_no_more(
        self,
        session: boto3.Session,
        quotas: Quotas,
        everything: Deployment,
        vanilla: Deployment,
        project: Path,
    ) -> None:
        answering_zone(session, "example.com", SERVERS)
        answering(session, "rds.DescribeDBEngineVersions", {"DBEngineVersions": []})
        answering(session, "sesv2.GetEmailIdentity", {"VerifiedForSendingStatus": True})
        answering(session, "sesv2.GetAccount", {"ProductionAccessEnabled": True})
        answering(session, "service-quotas.GetAWSDefaultServiceQuota", {"Quota": {"Value": 9.0}})
        quotas.values["L-1194D53C"] = None
        subnet = session.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        session.client("ec2").create_nat_gateway(SubnetId=subnet, ConnectivityType="private")
        aws = Aws(session, "us-west-2")
        theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})
        restored = variation(everything, {"rds": {"snapshot": "last"}})

        for deployment in (everything, theirs, restored):
            assert list(ask_everything(deployment, aws))

        text = (project / "docs" / "operations" / "doctor.md").read_text(encoding="utf-8")
        [policy] = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
        allowed = {
            action
            for statement in json.loads(policy)["Statement"]
            for action in statement["Action"]
        }
        # Everybody may ask who they are.
        assert allowed == set(aws.asked) - {"sts:GetCallerIdentity"}


GROUPS = [
    Group(name="Tools", checks=(passed("git", "2.39.5"), warned("Node.js", "old", "make install"))),
    Group(
        name="Quotas",
        checks=(
            failed("VPCs", "no room [5 of 5]", f"aws service-quotas {'--long-option ' * 20}"),
            unseen("EKS clusters", "denied", "allow it"),
            unseen("RDS instances", "denied", "allow it"),
        ),
    ),
]


class TestReport:
    """What a person reads."""

    def printed(self, groups: list[Group]) -> str:
        console = Console(width=120, force_terminal=False)
        with console.capture() as capture:
            console.print(table_of(groups))
            for line in fix_lines(groups):
                console.print(line, soft_wrap=True, highlight=False)
        return capture.get()

    def test_the_table_fits_the_terminal_and_shows_brackets(self) -> None:
        text = self.printed(GROUPS)
        table = [line for line in text.splitlines() if line.startswith(("│", "┃"))]

        assert {len(line) for line in table} == {len(table[0])}
        assert len(table[0]) <= 120
        assert "│ NO       │ VPCs          │ no room [5 of 5] │" in text

    def test_a_command_is_on_one_line(self) -> None:
        assert f"    aws service-quotas {'--long-option ' * 20}".rstrip() in [
            line.rstrip() for line in self.printed(GROUPS).splitlines()
        ]

    def test_what_has_the_same_fix_is_said_once_and_the_worst_first(self) -> None:
        text = "\n".join(fix_lines(GROUPS))

        assert text.count("allow it") == 1
        assert "EKS clusters, RDS instances" in text
        assert text.index("VPCs") < text.index("Node.js") < text.index("EKS clusters")

    @pytest.mark.parametrize(
        ("groups", "begin"),
        [
            (GROUPS, "1 of 5 checks failed and would stop the deployment"),
            (GROUPS[:1], "None of 2 checks failed"),
        ],
    )
    def test_the_last_line_is_the_verdict(self, groups: list[Group], begin: str) -> None:
        *_, last = self.printed(groups).splitlines()

        assert last.startswith(begin)


class TestCommand:
    """`kubeflow-aws doctor`."""

    @pytest.mark.parametrize(("groups", "code"), [(GROUPS, 1), (GROUPS[:1], 0)])
    @pytest.mark.parametrize("options", [(), ("--json",)], ids=["page", "json"])
    def test_only_what_stops_a_deployment_fails(
        self,
        groups: list[Group],
        code: int,
        options: Sequence[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(command, "check_all", lambda *_: groups)

        with pytest.raises(SystemExit) as ended:
            main(["doctor", "vanilla", *options])

        assert ended.value.code == code

    def test_what_is_printed_is_of_80_columns_and_without_markup(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(command, "check_all", lambda *_: GROUPS[:1])

        with pytest.raises(SystemExit):
            main(["doctor", "vanilla"])

        said = capsys.readouterr().out
        assert "ok" in said
        assert not re.search(r"\[/?(bold|green)?\]", said)
        assert max(map(len, said.splitlines())) <= 80

    def test_a_program_is_told_the_same(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(command, "check_all", lambda *_: GROUPS)

        with pytest.raises(SystemExit):
            main(["doctor", "vanilla", "--json"])

        told = json.loads(capsys.readouterr().out)
        assert [each["name"] for each in told["result"]] == [group.name for group in GROUPS]
        stopping = [
            check["name"]
            for each in told["result"]
            for check in each["checks"]
            if not check["works"] and check["severity"] == Severity.FAILURE
        ]
        assert stopping == [c.name for group in GROUPS for c in group.checks if c.stops]

    def test_a_deployment_that_is_not_there_is_a_sentence(self) -> None:
        with pytest.raises(SystemExit) as ended:
            main(["doctor", "nosuch"])

        assert str(ended.value).startswith("error: ")
        assert "nosuch.yaml" in str(ended.value)
