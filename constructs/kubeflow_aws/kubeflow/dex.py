"""What the Dex component takes from the deployment file."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping

from kubeflow_aws.deployment.auth import User
from kubeflow_aws.objects.placeholders import Placeholder, Value


def dex_values(users: Iterable[User]) -> Mapping[Placeholder, Value]:
    """The static passwords in the form of Dex's configuration, and their digest.

    JSON is YAML, so a list fits on one line of the configuration file.
    """
    passwords = json.dumps(
        [
            {
                "email": user.email,
                "hash": user.password_hash,
                "username": user.email.partition("@")[0],
                # Dex wants an id that stays; a name-based UUID needs no state.
                "userID": str(uuid.uuid5(uuid.NAMESPACE_URL, f"mailto:{user.email}")),
            }
            for user in users
        ]
    )
    return {
        Placeholder.DEX_STATIC_PASSWORDS: passwords,
        Placeholder.DEX_CONFIG_DIGEST: hashlib.sha256(passwords.encode()).hexdigest()[:16],
    }
