"""Mistakes about the database, the bucket and the folders of profiles are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.refusals import DEX_USERS, WEST, assert_refused

VANILLA = "preset: vanilla\n" + DEX_USERS
RDS_S3 = WEST + "preset: rds-s3\n" + DEX_USERS
PRODUCTION = (
    WEST
    + "environment: production\n"
    + "domain: {name: a.example.com, hosted_zone: {id: Z0123456789EXAMPLE, name: example.com}}\n"
    + "auth: {users: [{email: user@example.com}]}\n"
)


def profiles(*settings: str) -> str:
    """A deployment with S3 and these profiles."""
    return (
        RDS_S3
        + "profiles:\n"
        + "".join(f"  - {{owner: user@example.com, {each}}}\n" for each in settings)
    )


REFUSALS = {
    "an instance class that runs no MySQL 8.4": (
        RDS_S3 + "rds: {instance_class: db.m4.large}",
        "rds.instance_class: found db.m4.large; MySQL 8.4 runs, on one zone or more, on",
    ),
    "an instance class of another service": (
        RDS_S3 + "rds: {instance_class: m7g.large}",
        "rds.instance_class: found",
    ),
    "no backups in production": (
        PRODUCTION + "rds: {backup_retention_days: 0}",
        "rds.backup_retention_days is 0, so a lost database could not be restored; in production "
        "give 1 to 35",
    ),
    "storage that cannot grow": (
        RDS_S3 + "rds: {storage_gib: 100, max_storage_gib: 105}",
        "max_storage_gib is 105, but storage_gib is 100; RDS wants it a tenth larger at least, so "
        "give 110 or more",
    ),
    "MySQL 8.0": (RDS_S3 + 'rds: {engine_version: "8.0.40"}', "rds.engine_version: found"),
    "a snapshot without a name": (RDS_S3 + "rds: {snapshot: 'my snapshot'}", "rds.snapshot: found"),
    "a database with upstream's password in production": (
        PRODUCTION + "database: in-cluster",
        "database is in-cluster, whose secrets upstream publishes; in production set database: rds",
    ),
    "artifacts behind upstream's key in production": (
        PRODUCTION + "artifacts: in-cluster",
        "artifacts is in-cluster, whose secrets upstream publishes; in production set artifacts:",
    ),
    "Dex in production": (
        RDS_S3 + "environment: production",
        "auth.provider is dex, whose secrets upstream publishes; in production set auth.provider: "
        "cognito, or leave environment: production out",
    ),
    "settings of RDS without it": (
        RDS_S3 + "database: in-cluster\nrds: {storage_gib: 30}",
        "rds is set, but database is in-cluster; remove it, or set database: rds",
    ),
    "settings of S3 without it": (
        RDS_S3 + "artifacts: in-cluster\ns3: {old_versions_days: 30}",
        "s3 is set, but artifacts is in-cluster; remove it, or set artifacts: s3",
    ),
    "a bucket name with dots": (
        RDS_S3 + "s3: {bucket_name: my.bucket}",
        's3.bucket_name: found "my.bucket"; a bucket name has 3 to 63',
    ),
    "a bucket name in capitals": (RDS_S3 + "s3: {bucket_name: MyBucket}", "s3.bucket_name: found"),
    "a bucket name too short": (RDS_S3 + "s3: {bucket_name: ab}", "s3.bucket_name: found"),
    "a bucket name that S3 keeps": (
        RDS_S3 + "s3: {bucket_name: xn--bucket}",
        "S3 keeps names that begin with xn--",
    ),
    "a bucket name like an alias": (
        RDS_S3 + "s3: {bucket_name: mine-s3alias}",
        "S3 keeps names that end with -s3alias",
    ),
    "more profiles than a cluster has associations for": (
        profiles(*(f"name: team-{number}" for number in range(2401))),
        "profiles names 2401 profiles without a role_arn, but with artifacts: s3 a cluster has "
        "associations for 2400",
    ),
    "a prefix that climbs": (
        profiles("name: a, artifacts_prefix: ../b"),
        'profiles.0.artifacts_prefix: found "../b"; give folders such as teams/vision',
    ),
    "a prefix that climbs later": (
        profiles("name: a, artifacts_prefix: a/../../b"),
        'found "a/../../b"; give folders',
    ),
    "an empty prefix": (profiles('name: a, artifacts_prefix: ""'), 'found ""; give folders'),
    "a prefix with a wildcard": (
        profiles('name: a, artifacts_prefix: "*"'),
        'found "*"; give folders',
    ),
    "a prefix with a variable": (
        profiles('name: a, artifacts_prefix: "${aws:username}"'),
        "give folders",
    ),
    "the prefix of another": (
        profiles("name: a, artifacts_prefix: teams", "name: b, artifacts_prefix: teams"),
        "profiles.b.artifacts_prefix is teams, which lies in teams of profile a",
    ),
    "a prefix inside another's": (
        profiles("name: a, artifacts_prefix: teams/x/y", "name: b, artifacts_prefix: teams/x"),
        "profiles.a.artifacts_prefix is teams/x/y, which lies in teams/x of profile b",
    ),
    "the default folder of another": (
        profiles("name: a, artifacts_prefix: private-artifacts/b"),
        "profiles.a.artifacts_prefix is private-artifacts/b, but under private-artifacts/ each "
        "profile has the folder of its own name alone",
    ),
    "the folder of all": (
        profiles("name: a, artifacts_prefix: private-artifacts"),
        "under private-artifacts/ each profile has the folder of its own name alone",
    ),
    "a prefix without a bucket": (
        WEST + VANILLA + "profiles: [{name: a, owner: user@example.com, artifacts_prefix: a}]",
        "profiles.a.artifacts_prefix is set, but artifacts is in-cluster",
    ),
    "a role that is none": (profiles("name: a, role_arn: admin"), "profiles.0.role_arn: found"),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    assert_refused(text, sentence, tmp_path)
