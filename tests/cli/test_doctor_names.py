"""What the doctor says of names that must exist, and of names that must be free."""

from __future__ import annotations

import boto3
import pytest

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.names import check_names
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.cli.doctor_answers import answering, answering_zone, denying, troubles
from tests.support.deployments import EVERY_PROVIDER, NEW_ZONE, variation

ACCOUNT = "123456789012"
OTHERS = "210987654321"
KEYS = '{"google": "g", "facebook": "f", "amazon": "a", "oidc": "o"}'


def with_auth(deployment: Deployment, cognito: JsonValue) -> Deployment:
    auth: JsonValue = {"users": [{"email": "alice@example.com"}], "cognito": cognito}
    return variation(deployment, {"auth": auth, "profiles": []})


class TestZones:
    """Hosted zones of Route 53."""

    def test_the_zone_of_the_file_passes(
        self, session: boto3.Session, aws: Aws, cognito: Deployment
    ) -> None:
        answering_zone(session, "example.com")

        assert troubles(check_names(cognito, aws, ACCOUNT, ())) == {}

    def test_a_zone_that_is_not_there_is_a_failure(self, aws: Aws, cognito: Deployment) -> None:
        found = troubles(check_names(cognito, aws, ACCOUNT, ()))

        assert found["Zone example.com"][0] is Severity.FAILURE
        assert found["Zone example.com"][2].startswith("correct domain.hosted_zone;")

    def test_a_parent_zone_is_looked_at_too(self, aws: Aws, cognito: Deployment) -> None:
        below = variation(cognito, {"domain": NEW_ZONE})

        found = troubles(check_names(below, aws, ACCOUNT, ()))

        assert found["Zone example.com"][2].startswith("correct domain.parent_zone;")

    @pytest.mark.parametrize(
        ("name", "private", "what"),
        [("example.org", False, "is example.org."), ("example.com", True, "is private")],
    )
    def test_another_zone_is_a_failure(
        self,
        name: str,
        private: bool,
        what: str,
        session: boto3.Session,
        aws: Aws,
        cognito: Deployment,
    ) -> None:
        answering_zone(session, name, private=private)

        severity, found, _ = troubles(check_names(cognito, aws, ACCOUNT, ()))["Zone example.com"]

        assert severity is Severity.FAILURE
        assert what in found


class TestSignInDomain:
    """Cognito's prefix, which is one in a region."""

    @pytest.fixture
    def taken(self, session: boto3.Session) -> None:
        cognito = session.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="theirs")["UserPool"]["Id"]
        cognito.create_user_pool_domain(Domain="platform-example-com", UserPoolId=pool)

    def test_a_free_prefix_passes(self, aws: Aws, cognito: Deployment) -> None:
        found = {check.name: check.found for check in check_names(cognito, aws, ACCOUNT, ())}

        assert found["Sign-in domain"] == "platform-example-com is free"

    @pytest.mark.usefixtures("taken")
    def test_a_taken_prefix_is_a_failure(self, aws: Aws, cognito: Deployment) -> None:
        severity, _, fix = troubles(check_names(cognito, aws, ACCOUNT, ()))["Sign-in domain"]

        assert severity is Severity.FAILURE
        assert "auth.cognito.domain_prefix" in fix

    @pytest.mark.usefixtures("taken")
    def test_a_prefix_of_ours_passes(self, aws: Aws, cognito: Deployment) -> None:
        assert "Sign-in domain" not in troubles(check_names(cognito, aws, ACCOUNT, {"Identity"}))

    @pytest.mark.usefixtures("taken")
    def test_a_custom_domain_needs_no_prefix(self, aws: Aws, cognito: Deployment) -> None:
        custom = with_auth(cognito, {"custom_domain": True})

        assert "Sign-in domain" not in troubles(check_names(custom, aws, ACCOUNT, ()))


class TestSecrets:
    """Client secrets of federated identity providers."""

    @pytest.fixture
    def federated(self, cognito: Deployment) -> Deployment:
        return with_auth(cognito, {"identity_providers": EVERY_PROVIDER})

    def secrets(self, deployment: Deployment, aws: Aws) -> dict[str, tuple[Severity, str, str]]:
        found = troubles(check_names(deployment, aws, ACCOUNT, ()))
        return {name: trouble for name, trouble in found.items() if name.startswith("Secret")}

    def test_secrets_with_their_keys_pass(
        self, session: boto3.Session, aws: Aws, federated: Deployment
    ) -> None:
        session.client("secretsmanager").create_secret(Name="sign-in", SecretString=KEYS)

        assert self.secrets(federated, aws) == {}

    def test_a_secret_that_is_not_there_is_a_failure(self, aws: Aws, federated: Deployment) -> None:
        found = self.secrets(federated, aws)

        # SAML needs none.
        assert list(found) == [
            "Secret of Google",
            "Secret of Facebook",
            "Secret of LoginWithAmazon",
            "Secret of Corporate",
        ]
        assert found["Secret of Google"][2] == (
            'aws secretsmanager create-secret --name sign-in --secret-string \'{"google": "..."}\''
        )

    @pytest.mark.parametrize("text", ['{"google": "topsecret"}', "topsecret", '["oidc"]'])
    def test_a_secret_without_the_key_is_a_failure_and_stays_secret(
        self, text: str, session: boto3.Session, aws: Aws, federated: Deployment
    ) -> None:
        session.client("secretsmanager").create_secret(Name="sign-in", SecretString=text)

        severity, found, fix = self.secrets(federated, aws)["Secret of Corporate"]

        assert severity is Severity.FAILURE
        assert found == "sign-in holds no JSON with the key oidc"
        assert "topsecret" not in found + fix


class TestSender:
    """The address that invites users."""

    @pytest.fixture
    def sending(self, cognito: Deployment) -> Deployment:
        return self.from_account(cognito, ACCOUNT)

    def from_account(self, deployment: Deployment, account: str) -> Deployment:
        arn = f"arn:aws:ses:us-east-1:{account}:identity/example.com"
        sender: JsonValue = {"address": "kubeflow@example.com", "ses_identity_arn": arn}
        return with_auth(deployment, {"sender": sender})

    def sender(self, deployment: Deployment, aws: Aws) -> tuple[Severity, str, str] | None:
        found = troubles(check_names(deployment, aws, ACCOUNT, ()))
        return found.get("Sender of invitations")

    def test_a_verified_sender_passes(
        self, session: boto3.Session, aws: Aws, sending: Deployment
    ) -> None:
        answering(session, "sesv2.GetEmailIdentity", {"VerifiedForSendingStatus": True})
        answering(session, "sesv2.GetAccount", {"ProductionAccessEnabled": True})

        assert self.sender(sending, aws) is None

    def test_an_identity_that_is_not_there_is_a_failure_of_its_region(
        self, aws: Aws, sending: Deployment
    ) -> None:
        trouble = self.sender(sending, aws)

        assert trouble is not None
        assert trouble[0] is Severity.FAILURE
        assert "--email-identity example.com --region us-east-1" in trouble[2]

    def test_an_identity_that_waits_is_a_failure(
        self, session: boto3.Session, aws: Aws, sending: Deployment
    ) -> None:
        answering(session, "sesv2.GetEmailIdentity", {"VerifiedForSendingStatus": False})

        trouble = self.sender(sending, aws)

        assert trouble is not None
        assert trouble[0] is Severity.FAILURE

    def test_the_sandbox_is_a_warning(
        self, session: boto3.Session, aws: Aws, sending: Deployment
    ) -> None:
        answering(session, "sesv2.GetEmailIdentity", {"VerifiedForSendingStatus": True})
        answering(session, "sesv2.GetAccount", {"ProductionAccessEnabled": False})

        trouble = self.sender(sending, aws)

        assert trouble is not None
        assert trouble[0] is Severity.WARNING

    def test_an_identity_of_another_account_cannot_be_looked_at(
        self, aws: Aws, cognito: Deployment
    ) -> None:
        trouble = self.sender(self.from_account(cognito, OTHERS), aws)

        assert trouble is not None
        assert trouble[0] is Severity.UNSEEN
        assert f"with credentials of {OTHERS}" in trouble[2]


class TestBucket:
    """A bucket's name, which is one in all of AWS."""

    @pytest.fixture
    def named(self, vanilla: Deployment) -> Deployment:
        return variation(vanilla, {"preset": "s3-only", "s3": {"bucket_name": "team-artifacts"}})

    def test_a_free_name_passes(self, aws: Aws, named: Deployment) -> None:
        assert troubles(check_names(named, aws, ACCOUNT, ())) == {}

    @pytest.mark.parametrize(("deployed", "is_failure"), [((), True), (("Data",), False)])
    def test_a_bucket_of_this_account_is_a_failure_unless_the_stack_has_it(
        self,
        deployed: tuple[str, ...],
        is_failure: bool,
        session: boto3.Session,
        aws: Aws,
        named: Deployment,
    ) -> None:
        session.client("s3").create_bucket(
            Bucket="team-artifacts",
            CreateBucketConfiguration={"LocationConstraint": "us-west-2"},
        )

        assert ("Bucket" in troubles(check_names(named, aws, ACCOUNT, deployed))) is is_failure

    def test_a_bucket_of_others_is_a_failure(
        self, session: boto3.Session, aws: Aws, named: Deployment
    ) -> None:
        denying(session, "s3.HeadBucket", code="403")

        severity, _, fix = troubles(check_names(named, aws, ACCOUNT, ()))["Bucket"]

        assert severity is Severity.FAILURE
        assert fix == "give s3.bucket_name another value, or leave it out"
