"""What RDS has by region: its authorities, and the classes of instances."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from cfnlint.data.schemas.extensions import aws_rds_dbinstance
from cryptography import x509

from kubeflow_aws.database.authorities import FOLDER, authority_file
from kubeflow_aws.deployment.database import INSTANCE_FAMILIES
from kubeflow_aws.files.errors import UserError


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.pem")), ids=lambda file: file.stem)
def test_an_authority_is_the_regions_own_and_still_valid(file: Path) -> None:
    certificate = x509.load_pem_x509_certificate(file.read_bytes())
    [name] = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)

    assert name.value == f"Amazon RDS {file.stem} Root CA RSA2048 G1"
    assert certificate.issuer == certificate.subject
    certificate.verify_directly_issued_by(certificate)
    assert certificate.not_valid_after_utc.year > datetime.date.today().year + 5


def test_a_region_without_an_authority_is_refused() -> None:
    with pytest.raises(UserError, match="mx-central-1-bundle"):
        authority_file("mx-central-1")


def test_every_family_is_one_that_rds_has_for_mysql() -> None:
    # cfn-lint's data, by region and engine.
    text = "".join(
        file.read_text("utf-8") for file in Path(aws_rds_dbinstance.__path__[0]).glob("*.json")
    )

    for family in INSTANCE_FAMILIES:
        assert f'"db.{family}.' in text, family
