"""What the doctor says of the branch that a pipeline delivers; GitHub's answers are recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, Severity
from kubeflow_aws.cli.delivery.branch import NAME, check_branch
from kubeflow_aws.cli.delivery.connection import check_source
from kubeflow_aws.cli.delivery.github import Answer, Ask
from kubeflow_aws.deployment import load_delivery
from kubeflow_aws.deployment.delivery import Delivery
from tests.cli.doctor_answers import answering, denying, troubles

REPOSITORY = "/repos/example/kubeflow-aws"
BRANCH = f"{REPOSITORY}/branches/main"
RULES = f"{REPOSITORY}/rules/branches/main?per_page=100"
PROTECTION = f"{BRANCH}/protection"

REVIEW: Mapping[str, Any] = {
    "type": "pull_request",
    "ruleset_source_type": "Repository",
    "parameters": {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
    },
}
NO_FORCE: Mapping[str, Any] = {"type": "non_fast_forward", "ruleset_source_type": "Repository"}
NO_DELETION: Mapping[str, Any] = {"type": "deletion", "ruleset_source_type": "Repository"}
PROTECTED: Mapping[str, Any] = {
    "required_pull_request_reviews": {
        "dismiss_stale_reviews": True,
        "required_approving_review_count": 2,
    },
    "enforce_admins": {"enabled": True},
    "allow_force_pushes": {"enabled": False},
    "allow_deletions": {"enabled": False},
}


REVIEWED: Mapping[str, Any] = {
    BRANCH: {"protected": True},
    RULES: [REVIEW, NO_FORCE, NO_DELETION],
}


@pytest.fixture
def delivery(project: Path) -> Delivery:
    return load_delivery(project / "deployments" / "delivery" / "pipeline.yaml", root=project)[0]


def github(answers: Mapping[str, Any]) -> Ask:
    """GitHub with these answers; 404 for the rest, as it answers whoever may not read."""

    def ask(path: str) -> Answer:
        if path not in answers:
            return Answer(status=404, body=b'{"message": "Not Found"}')
        return Answer(status=200, body=json.dumps(answers[path]).encode())

    return ask


def unreachable(_: str) -> Answer:
    raise OSError("Name or service not known")


def checked(delivery: Delivery, answers: Mapping[str, Any]) -> Check:
    return check_branch(delivery, "GitHub", github(answers))


class TestRulesets:
    """Protection that anybody may read."""

    def test_a_review_that_new_commits_dismiss_passes(self, delivery: Delivery) -> None:
        assert checked(delivery, REVIEWED).works

    @pytest.mark.parametrize(
        ("rules", "lacks"),
        [
            ([], "no review is required, force-push is allowed, deletion is allowed"),
            ([NO_FORCE, NO_DELETION], "no review is required"),
            ([REVIEW, NO_DELETION], "force-push is allowed"),
            ([REVIEW, NO_FORCE], "deletion is allowed"),
            (
                [
                    {**REVIEW, "parameters": {"required_approving_review_count": 0}},
                    NO_FORCE,
                    NO_DELETION,
                ],
                "no review is required",
            ),
            (
                [
                    {**REVIEW, "parameters": {"required_approving_review_count": 1}},
                    NO_FORCE,
                    NO_DELETION,
                ],
                "a review stays when commits follow",
            ),
        ],
    )
    def test_what_they_lack_is_a_warning(
        self, rules: list[Mapping[str, Any]], lacks: str, delivery: Delivery
    ) -> None:
        check = checked(delivery, {BRANCH: {"protected": False}, RULES: rules})

        severity, found, fix = troubles([check])[NAME]
        assert severity is Severity.WARNING
        assert found == f"whoever may push to main of example/kubeflow-aws delivers: {lacks}"
        assert fix.startswith("require a pull request with one approving review")

    def test_a_branch_with_a_slash_is_asked_for_as_one(self, delivery: Delivery) -> None:
        other = delivery.model_copy(update={"branch": "release/1"})
        rules = [REVIEW, NO_FORCE, NO_DELETION]
        answers = {
            f"{REPOSITORY}/branches/release%2F1": {"protected": True},
            f"{REPOSITORY}/rules/branches/release%2F1?per_page=100": rules,
        }

        assert checked(other, answers).works


class TestBranchProtection:
    """Protection that only administrators may read."""

    def test_a_review_of_everybodys_changes_passes(self, delivery: Delivery) -> None:
        answers = {BRANCH: {"protected": True}, RULES: [], PROTECTION: PROTECTED}

        assert checked(delivery, answers).works

    @pytest.mark.parametrize(
        ("change", "lacks"),
        [
            ({"required_pull_request_reviews": None}, "no review is required"),
            (
                {"required_pull_request_reviews": {"required_approving_review_count": 1}},
                "a review stays when commits follow",
            ),
            ({"allow_force_pushes": {"enabled": True}}, "force-push is allowed"),
            ({"allow_deletions": {"enabled": True}}, "deletion is allowed"),
            ({"enforce_admins": {"enabled": False}}, "administrators are excepted"),
        ],
    )
    def test_what_it_lacks_is_a_warning(
        self, change: Mapping[str, Any], lacks: str, delivery: Delivery
    ) -> None:
        answers = {BRANCH: {"protected": True}, RULES: [], PROTECTION: {**PROTECTED, **change}}

        severity, found, _ = troubles([checked(delivery, answers)])[NAME]

        assert severity is Severity.WARNING
        assert found == f"protection of main of example/kubeflow-aws: {lacks}"

    def test_without_a_token_it_is_not_seen_what_it_says(self, delivery: Delivery) -> None:
        answers = {BRANCH: {"protected": True}, RULES: []}

        severity, _, fix = troubles([checked(delivery, answers)])[NAME]

        assert severity is Severity.UNSEEN
        assert "export GITHUB_TOKEN" in fix


class TestNoAnswer:
    """What could not be looked at, which is never as good as fine."""

    @pytest.mark.parametrize("answers", [{}, {BRANCH: {"protected": True}}])
    def test_a_repository_that_is_not_shown(
        self, answers: Mapping[str, Any], delivery: Delivery
    ) -> None:
        severity, found, _ = troubles([checked(delivery, answers)])[NAME]

        assert severity is Severity.UNSEEN
        assert found.startswith("GitHub answers 404 for main of example/kubeflow-aws")

    def test_no_network(self, delivery: Delivery) -> None:
        check = check_branch(delivery, "GitHub", unreachable)

        severity, found, fix = troubles([check])[NAME]
        assert severity is Severity.UNSEEN
        assert found == "GitHub does not answer: Name or service not known"
        assert fix.startswith("look there by hand: require a pull request")

    def test_an_answer_of_another_form(self, delivery: Delivery) -> None:
        answers = {BRANCH: {"protected": True}, RULES: {"message": "moved"}}

        assert troubles([checked(delivery, answers)])[NAME][0] is Severity.UNSEEN

    @pytest.mark.parametrize("provider", ["Bitbucket", "GitLab", "GitHubEnterpriseServer"])
    def test_a_provider_that_is_not_asked(self, provider: str, delivery: Delivery) -> None:
        """A repository of the same name at GitHub would be somebody else's."""
        check = check_branch(delivery, provider, github(REVIEWED))

        severity, found, _ = troubles([check])[NAME]
        assert severity is Severity.UNSEEN
        assert found == f"main of example/kubeflow-aws is at {provider}, which was not asked"


class TestConnection:
    """CodeConnections knows where the repository is."""

    @pytest.mark.parametrize("status", ["AVAILABLE", "PENDING"])
    def test_one_that_nobody_completed_is_a_failure(
        self, status: str, session: boto3.Session, aws: Aws, delivery: Delivery
    ) -> None:
        answer = {"Connection": {"ProviderType": "GitHub", "ConnectionStatus": status}}
        answering(session, "codeconnections.GetConnection", answer)

        connection, branch = check_source(delivery, aws, github(REVIEWED))

        assert connection.works == (status == "AVAILABLE")
        assert connection.stops == (status != "AVAILABLE")
        assert branch.works

    def test_credentials_that_may_not_ask_see_nothing(
        self, session: boto3.Session, aws: Aws, delivery: Delivery
    ) -> None:
        denying(session, "codeconnections.GetConnection", "AccessDeniedException")

        found = troubles(check_source(delivery, aws, github(REVIEWED)))

        assert {severity for severity, _, _ in found.values()} == {Severity.UNSEEN}
        assert found.keys() == {"Connection", NAME}
        assert "codeconnections:GetConnection" in found["Connection"][1]
