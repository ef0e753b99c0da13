"""Makes what an application expects to exist already: hosted zones, and secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator

from localcloud.clients import EmulatedClients
from localcloud.moto_service import ZONE_ID

_WORD: Final = {"type": "string", "minLength": 1}
_FORM: Final = {
    "type": "object",
    "additionalProperties": False,
    "required": ["region"],
    "properties": {
        "region": _WORD,
        "zones": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "name"],
                "properties": {"id": _WORD, "name": _WORD},
            },
        },
        "secrets": {
            "type": "object",
            "additionalProperties": {"type": "array", "items": _WORD},
        },
    },
}


class SurroundingsError(Exception):
    """A file of surroundings cannot be read; the text says what to correct."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Zone:
    """A hosted zone, with the id that it is to have."""

    id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What is there before an application is deployed.

    Attributes:
        region: Where the secrets are.
        zones: Hosted zones.
        secrets: The keys of each secret, by its name; their values are made up.
    """

    region: str
    zones: Sequence[Zone] = ()
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Surroundings:
        """Those of a JSON file: `region`, `zones` with `id` and `name`, `secrets` with keys.

        Raises:
            SurroundingsError: It is missing, is no JSON, or has another form.
        """
        try:
            content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise SurroundingsError(
                f"{file} cannot be read as JSON: {error}; give --surroundings a file with a "
                "region, zones and secrets"
            ) from error
        for wrong in Draft202012Validator(_FORM).iter_errors(content):
            raise SurroundingsError(f"{file}: {wrong.json_path}: {wrong.message}; correct it there")
        return cls(
            region=content["region"],
            zones=[Zone(**zone) for zone in content.get("zones", ())],
            secrets=content.get("secrets", {}),
        )


def prepare(clients: EmulatedClients, surroundings: Surroundings) -> None:
    """Create what is missing of them.

    Args:
        clients: Of the emulated AWS.
        surroundings: What is to be there.
    """
    if surroundings.zones:
        _create_zones(clients, surroundings)
    if surroundings.secrets:
        _create_secrets(clients, surroundings)


def _create_zones(clients: EmulatedClients, surroundings: Surroundings) -> None:
    client = clients.client("route53", surroundings.region)
    there = {zone["Id"].rpartition("/")[2] for zone in client.list_hosted_zones()["HostedZones"]}
    for zone in surroundings.zones:
        if zone.id not in there:
            client.create_hosted_zone(Name=zone.name, CallerReference=f"{ZONE_ID}{zone.id}")


def _create_secrets(clients: EmulatedClients, surroundings: Surroundings) -> None:
    client = clients.client("secretsmanager", surroundings.region)
    there = {secret["Name"] for secret in client.list_secrets()["SecretList"]}
    for name, keys in surroundings.secrets.items():
        if name not in there:
            text = json.dumps(dict.fromkeys(keys, "of the local cloud"))
            client.create_secret(Name=name, SecretString=text)
