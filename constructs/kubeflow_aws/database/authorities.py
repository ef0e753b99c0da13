"""The certificate authorities that RDS signs its servers' certificates with.

Their names are those of RDS, one per region. A file each, as AWS publishes them for every region
(RDS User Guide, "Using SSL/TLS to encrypt a connection to a DB instance").
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kubeflow_aws.files.errors import UserError

AUTHORITY: Final = "rds-ca-rsa2048-g1"
"""RDS's name of the authority; valid to 2061, and RSA is what every client here can verify."""

FOLDER: Final = Path(__file__).parent / "authorities"


def authority_file(region: str) -> Path:
    """The file with a region's authority in PEM.

    Raises:
        UserError: The region is not among them; the text says where to get it.
    """
    file = FOLDER / f"{region}.pem"
    if not file.is_file():
        raise UserError(
            f"database: rds in region {region}: the certificate authority of its databases is not "
            f"known; save the certificate 'Amazon RDS {region} Root CA RSA2048 G1' of "
            f"https://truststore.pki.rds.amazonaws.com/{region}/{region}-bundle.pem as "
            f"constructs/kubeflow_aws/database/authorities/{file.name}"
        )
    return file
