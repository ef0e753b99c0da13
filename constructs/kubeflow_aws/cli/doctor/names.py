"""Whether names that must exist do, and names that must be free are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import partial

from botocore.exceptions import ClientError

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed, unseen, warned
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.cognito import Sender
from kubeflow_aws.deployment.domain import HostedZone
from kubeflow_aws.deployment.identity_providers import SamlProvider, SecretKey


def check_names(
    deployment: Deployment, aws: Aws, account: str, deployed: Collection[str]
) -> Iterator[Check]:
    """Whether the names of the deployment file are there, or free.

    Args:
        deployment: Names them.
        aws: Credentials that work.
        account: Their account.
        deployed: Stacks that exist, by their short names; what these have is ours.
    """
    domain, cognito = deployment.domain, deployment.auth.cognito
    if domain and domain.hosted_zone:
        yield _look_at_zone("domain.hosted_zone", domain.hosted_zone, aws)
    if domain and domain.parent_zone:
        yield _look_at_zone("domain.parent_zone", domain.parent_zone, aws)
    if deployment.auth_provider is AuthProvider.COGNITO:
        if not cognito.custom_domain:
            ours = "Identity" in deployed
            yield aws.look("Sign-in domain", partial(_prefix, deployment, aws, ours))
        for provider in cognito.identity_providers:
            if not isinstance(provider, SamlProvider):
                name = f"Secret of {provider.name}"
                yield aws.look(name, partial(_secret, name, provider.client_secret, aws))
        if cognito.sender:
            sender = cognito.sender
            yield aws.look("Sender of invitations", partial(_sender, sender, aws, account))
    bucket = deployment.s3.bucket_name
    if deployment.artifacts_option is Artifacts.S3 and bucket:
        yield aws.look("Bucket", partial(_bucket, bucket, aws, "Data" in deployed))


def _look_at_zone(field: str, zone: HostedZone, aws: Aws) -> Check:
    name = f"Zone {zone.name}"
    return aws.look(name, partial(_zone, name, field, zone, aws))


def _zone(name: str, field: str, zone: HostedZone, aws: Aws) -> Check:
    client = aws.client("route53")
    fix = f"correct {field}; `aws route53 list-hosted-zones` lists them"
    try:
        found = client.get_hosted_zone(Id=zone.id)["HostedZone"]
    except client.exceptions.NoSuchHostedZone:
        return failed(name, f"this account has no zone {zone.id}", fix)
    if found["Name"].rstrip(".") != zone.name:
        return failed(name, f"{zone.id} is {found['Name']}", fix)
    if found["Config"]["PrivateZone"]:
        return failed(name, f"{zone.id} is private, so no certificate would ever be issued", fix)
    return passed(name, zone.id)


def _prefix(deployment: Deployment, aws: Aws, ours: bool) -> Check:
    prefix = deployment.sign_in_prefix
    answer = aws.client("cognito-idp").describe_user_pool_domain(Domain=prefix)
    pool = answer["DomainDescription"].get("UserPoolId")
    if pool and not ours:
        return failed(
            "Sign-in domain",
            f"{prefix} is the domain of user pool {pool}",
            "give auth.cognito.domain_prefix another value",
        )
    return passed("Sign-in domain", f"{prefix} is {'ours' if pool else 'free'}")


def _secret(name: str, where: SecretKey, aws: Aws) -> Check:
    client = aws.client("secretsmanager")
    command = f'--secret-id {where.secret} --secret-string \'{{"{where.key}": "..."}}\''
    try:
        text = client.get_secret_value(SecretId=where.secret).get("SecretString", "")
    except client.exceptions.ResourceNotFoundException:
        create = command.replace("--secret-id", "--name")
        return failed(
            name, f"there is no {where.secret}", f"aws secretsmanager create-secret {create}"
        )
    try:
        keys = json.loads(text)
    except json.JSONDecodeError:
        keys = None
    if not isinstance(keys, dict) or where.key not in keys:
        return failed(
            name,
            f"{where.secret} holds no JSON with the key {where.key}",
            f"aws secretsmanager put-secret-value {command}, with the keys that it has",
        )
    return passed(name, f"{where.secret} has {where.key}")


def _sender(sender: Sender, aws: Aws, account: str) -> Check:
    name = "Sender of invitations"
    _, _, _, region, owner, identity = sender.ses_identity_arn.split(":", 5)
    identity = identity.removeprefix("identity/")
    command = f"aws sesv2 get-email-identity --email-identity {identity} --region {region}"
    if owner != account:
        return unseen(
            name,
            f"{identity} belongs to account {owner}",
            f"with credentials of {owner}: `{command}` must say VerifiedForSendingStatus: true",
        )
    client = aws.client("sesv2", region)
    try:
        verified = client.get_email_identity(EmailIdentity=identity)["VerifiedForSendingStatus"]
    except client.exceptions.NotFoundException:
        verified = False
    if not verified:
        return failed(
            name,
            f"SES has not verified {identity} in {region}",
            f"aws sesv2 create-email-identity --email-identity {identity} --region {region}, and "
            "follow the mail (or the DNS records) that it sends",
        )
    if not client.get_account()["ProductionAccessEnabled"]:
        return warned(
            name,
            f"SES in {region} is in its sandbox: mail reaches verified addresses alone",
            "request production access in the console: Amazon SES, Account dashboard",
        )
    return passed(name, identity)


def _bucket(bucket: str, aws: Aws, ours: bool) -> Check:
    fix = "give s3.bucket_name another value, or leave it out"
    try:
        aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        match error.response["Error"]["Code"]:
            case "404":
                return passed("Bucket", f"{bucket} is free")
            case "403":
                return failed("Bucket", f"{bucket} exists, and is not this account's to see", fix)
        raise
    if ours:
        return passed("Bucket", f"{bucket} is ours")
    return failed("Bucket", f"{bucket} exists in this account already", f"{fix}; or delete it")
