"""What AWS would be asked for: the user pool, its clients, providers, users."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, Template, resources, synthesize
from tests.support.deployments import EVERY_PROVIDER, NEW_ZONE, PRODUCTION, variation
from tests.support.platforms import sample_of


def only(template: Template, resource_type: str) -> dict[str, Any]:
    [resource] = resources(template, resource_type).values()
    found: dict[str, Any] = resource["Properties"]
    return found


def client_named(template: Template, name: str) -> dict[str, Any]:
    [client] = [
        each["Properties"]
        for each in resources(template, "AWS::Cognito::UserPoolClient").values()
        if each["Properties"]["ClientName"] == name
    ]
    found: dict[str, Any] = client
    return found


@pytest.fixture(scope="session")
def identity(cognito_assembly: Assembly) -> Template:
    return cognito_assembly.stack("Identity")


@pytest.fixture(scope="session")
def federated(
    cognito: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """Every provider, a custom sign-in domain, a new zone, production."""
    auth: JsonValue = {
        "users": [{"email": "alice@example.com"}],
        "cognito": {
            "custom_domain": True,
            "plan": "plus",
            "mfa": "optional",
            "identity_providers": EVERY_PROVIDER,
            "sender": {
                "address": "kubeflow@example.com",
                "ses_identity_arn": "arn:aws:ses:us-west-2:123456789012:identity/example.com",
            },
        },
    }
    deployment = variation(
        cognito,
        {
            **PRODUCTION,
            "domain": NEW_ZONE,
            "auth": auth,
            "profiles": [],
        },
    )
    platform = sample_of(deployment, sample_cache)
    return synthesize(deployment, platform, tmp_path_factory.mktemp("federated"))


def test_nobody_signs_up_and_case_does_not_matter(identity: Template) -> None:
    pool = only(identity, "AWS::Cognito::UserPool")

    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["UsernameAttributes"] == ["email"]
    assert pool["UsernameConfiguration"] == {"CaseSensitive": False}
    assert pool["UserPoolTier"] == "ESSENTIALS"
    # A changed address is not the identity before it is verified.
    assert pool["UserAttributeUpdateSettings"] == {
        "AttributesRequireVerificationBeforeUpdate": ["email"]
    }


def test_a_second_factor_is_required_and_is_no_text_message(identity: Template) -> None:
    pool = only(identity, "AWS::Cognito::UserPool")

    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])


def test_the_load_balancer_may_ask_for_exactly_what_it_needs(identity: Template) -> None:
    client = client_named(identity, "load-balancer")

    assert client["AllowedOAuthFlows"] == ["code"]
    assert client["AllowedOAuthScopes"] == ["openid", "email"]
    assert client["CallbackURLs"] == ["https://kubeflow.platform.example.com/oauth2/idpresponse"]
    assert client["LogoutURLs"] == ["https://kubeflow.platform.example.com/"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["GenerateSecret"] is True
    assert client["WriteAttributes"] == ["locale"]


def test_tokens_live_shortly_and_the_session_ends(identity: Template) -> None:
    client = client_named(identity, "load-balancer")

    assert set(client["TokenValidityUnits"].values()) == {"minutes"}
    assert client["AccessTokenValidity"] == 15
    assert client["RefreshTokenValidity"] == 12 * 60


def test_cognito_may_call_the_trigger_and_nobody_else(identity: Template) -> None:
    pool_id = next(iter(resources(identity, "AWS::Cognito::UserPool")))
    config = only(identity, "AWS::Cognito::UserPool")["LambdaConfig"]["PreTokenGenerationConfig"]
    permission = only(identity, "AWS::Lambda::Permission")

    # Machines' tokens pass a trigger of the third version only.
    assert config["LambdaVersion"] == "V3_0"
    assert permission["Principal"] == "cognito-idp.amazonaws.com"
    assert permission["SourceArn"] == {"Fn::GetAtt": [pool_id, "Arn"]}
    assert permission["FunctionName"] == config["LambdaArn"]


def test_the_trigger_may_write_its_log_and_nothing_else(identity: Template) -> None:
    [statement] = only(identity, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    role = only(identity, "AWS::IAM::Role")

    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert "Fn::GetAtt" in statement["Resource"]
    assert "ManagedPolicyArns" not in role


def test_users_are_invited_by_e_mail_with_a_verified_address(cognito_assembly: Assembly) -> None:
    users = [
        user["Properties"]
        for name, template in cognito_assembly.templates.items()
        if "InvitedUsers" in name
        for user in resources(template, "AWS::Cognito::UserPoolUser").values()
    ]

    assert {user["Username"] for user in users} == {"alice@example.com", "bob@example.com"}
    for user in users:
        assert user["DesiredDeliveryMediums"] == ["EMAIL"]
        assert user["UserAttributes"] == [
            {"Name": "email", "Value": user["Username"]},
            {"Name": "email_verified", "Value": "true"},
        ]


def test_one_user_more_moves_no_other(
    cognito: Deployment,
    cognito_platform: Platform,
    cognito_assembly: Assembly,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def places(assembly: Assembly) -> dict[str, tuple[str, str]]:
        return {
            user["Properties"]["Username"]: (name[:-8], logical_id)
            for name, template in assembly.templates.items()
            for logical_id, user in resources(template, "AWS::Cognito::UserPoolUser").items()
        }

    emails = [f"user-{number}@example.com" for number in range(40)]
    users: JsonValue = [
        {"email": each} for each in ["alice@example.com", "bob@example.com", *emails]
    ]
    more = variation(
        cognito, {"auth": {"users": users, "cognito": {"machine_clients": [{"name": "ci"}]}}}
    )
    before = places(cognito_assembly)
    after = places(synthesize(more, cognito_platform, tmp_path_factory.mktemp("more")))

    assert len(after) == 42
    assert {email: after[email] for email in before} == before
    assert len({stack for stack, _ in after.values()}) == 4


def test_a_machine_has_one_scope_and_its_secret_in_secrets_manager(identity: Template) -> None:
    client = client_named(identity, "ci")
    secret = only(identity, "AWS::SecretsManager::Secret")
    scope = only(identity, "AWS::Cognito::UserPoolResourceServer")

    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["AllowedOAuthScopes"] == ["kubeflow/ci"]
    assert (scope["Identifier"], scope["Scopes"][0]["ScopeName"]) == ("kubeflow", "ci")
    assert secret["Name"] == "kubeflow/machines/ci"
    text = json.dumps(secret["SecretString"])
    assert '"ClientSecret"' in text
    assert "/oauth2/token" in text


def test_the_trigger_knows_the_machine_by_that_scope(identity: Template) -> None:
    variables = only(identity, "AWS::Lambda::Function")["Environment"]["Variables"]

    assert json.loads(variables["MACHINES"]) == {"kubeflow/ci": "ci@machines.platform.example.com"}


def test_a_pool_in_development_goes_with_its_stack(cognito_assembly: Assembly) -> None:
    [pool] = resources(cognito_assembly.stack("Identity"), "AWS::Cognito::UserPool").values()

    assert pool["DeletionPolicy"] == "Delete"
    assert pool["Properties"]["DeletionProtection"] == "INACTIVE"


def test_a_pool_in_production_is_protected(federated: Assembly) -> None:
    [pool] = resources(federated.stack("Identity"), "AWS::Cognito::UserPool").values()

    assert pool["DeletionPolicy"] == "Retain"
    assert pool["Properties"]["DeletionProtection"] == "ACTIVE"
    assert pool["Properties"]["UserPoolTier"] == "PLUS"
    assert pool["Properties"]["UserPoolAddOns"] == {"AdvancedSecurityMode": "ENFORCED"}


def test_secrets_of_providers_are_references_only(federated: Assembly) -> None:
    details = {
        provider["Properties"]["ProviderName"]: provider["Properties"]["ProviderDetails"]
        for provider in resources(
            federated.stack("Identity"), "AWS::Cognito::UserPoolIdentityProvider"
        ).values()
    }

    assert details.keys() == {"Google", "Facebook", "LoginWithAmazon", "Corporate", "Campus"}
    for name in ("Google", "Facebook", "LoginWithAmazon", "Corporate"):
        reference = details[name]["client_secret"]
        assert reference.startswith("{{resolve:secretsmanager:sign-in:SecretString:"), name
    assert "client_secret" not in details["Campus"]


def test_a_client_offers_every_provider_and_comes_after_it(federated: Assembly) -> None:
    template = federated.stack("Identity")
    [(_, client)] = resources(template, "AWS::Cognito::UserPoolClient").items()
    providers = resources(template, "AWS::Cognito::UserPoolIdentityProvider")

    assert client["Properties"]["SupportedIdentityProviders"] == [
        "COGNITO",
        "Google",
        "Facebook",
        "LoginWithAmazon",
        "Corporate",
        "Campus",
    ]
    assert providers.keys() <= set(client["DependsOn"])
    # Cognito writes what a provider brings in the client's name.
    assert "email" in client["Properties"]["WriteAttributes"]


def test_the_trigger_knows_whose_addresses_a_provider_may_bring(federated: Assembly) -> None:
    [variables] = [
        function["Properties"]["Environment"]["Variables"]
        for name, function in resources(
            federated.stack("Identity"), "AWS::Lambda::Function"
        ).items()
        if "TokenTrigger" in name
    ]
    known = json.loads(variables["IDENTITY_PROVIDERS"])

    assert known["Google"] == {"domains": ["example.com"], "verified": False}
    assert known["Campus"] == {"domains": ["campus.example.org"], "verified": True}


def test_invitations_go_by_the_senders_own_address(federated: Assembly) -> None:
    pool = only(federated.stack("Identity"), "AWS::Cognito::UserPool")

    assert pool["EmailConfiguration"]["EmailSendingAccount"] == "DEVELOPER"
    assert pool["EmailConfiguration"]["From"] == "kubeflow@example.com"


def test_a_custom_sign_in_domain_has_its_certificate_from_us_east_1(federated: Assembly) -> None:
    certificate = only(
        federated.stack("Certificate-us-west-2"), "AWS::CertificateManager::Certificate"
    )
    template = federated.stack("Identity")
    domain_id, domain = next(iter(resources(template, "AWS::Cognito::UserPoolDomain").items()))
    records = {
        record["Properties"]["Name"]: (logical_id, record["Properties"])
        for logical_id, record in resources(template, "AWS::Route53::RecordSet").items()
    }

    assert certificate["DomainName"] == "auth.platform.example.com"
    assert domain["Properties"]["Domain"] == "auth.platform.example.com"
    assert "CertificateArn" in domain["Properties"]["CustomDomainConfig"]
    parent_id, parent = records["platform.example.com."]
    assert parent["ResourceRecords"] == ["192.0.2.1"]
    assert parent_id in domain["DependsOn"]
    _, alias = records["auth.platform.example.com."]
    assert alias["AliasTarget"]["DNSName"] == {"Fn::GetAtt": [domain_id, "CloudFrontDistribution"]}


def test_without_one_there_is_no_stack_elsewhere(cognito_assembly: Assembly) -> None:
    assert not [name for name in cognito_assembly.templates if "Certificate" in name]
