"""Rules of buckets, from CloudFormation's form to S3's: their names differ in many places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.resources.arguments import boolean
from localcloud.resources.provider import Properties

_FILTER_MEMBERS: Final = ("Prefix", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
_UNCHANGED: Final = ("AbortIncompleteMultipartUpload", "Status")
_EXPIRATION: Final = {
    "ExpirationDate": "Date",
    "ExpirationInDays": "Days",
    "ExpiredObjectDeleteMarker": "ExpiredObjectDeleteMarker",
}


def renamed(value: Properties, names: Mapping[str, str]) -> dict[str, Any]:
    """A copy of an object with other names for some of its members."""
    return {names.get(name, name): item for name, item in value.items()}


def lifecycle_rule(rule: Properties) -> dict[str, Any]:
    """A rule of a lifecycle configuration."""
    made: dict[str, Any] = {name: rule[name] for name in _UNCHANGED if name in rule}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    made["Filter"] = _filter(rule)
    expiration = {theirs: rule[ours] for ours, theirs in _EXPIRATION.items() if ours in rule}
    if expiration:
        made["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in rule:
        days = rule["NoncurrentVersionExpirationInDays"]
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    if "NoncurrentVersionExpiration" in rule:
        made["NoncurrentVersionExpiration"] = rule["NoncurrentVersionExpiration"]
    for name, days in (("Transition", "Days"), ("NoncurrentVersionTransition", "NoncurrentDays")):
        steps = [*rule.get(f"{name}s", []), *([rule[name]] if name in rule else [])]
        if steps:
            names = {"TransitionInDays": days, "TransitionDate": "Date"}
            made[f"{name}s"] = [renamed(step, names) for step in steps]
    return made


def _filter(rule: Properties) -> dict[str, Any]:
    chosen = {name: rule[name] for name in _FILTER_MEMBERS if name in rule}
    tags = rule.get("TagFilters", [])
    if len(chosen) + len(tags) > 1:
        return {"And": {**chosen, **({"Tags": tags} if tags else {})}}
    if tags:
        return {"Tag": tags[0]}
    return chosen or {"Prefix": ""}


def encryption_rule(rule: Properties) -> dict[str, Any]:
    """A rule of a bucket's default encryption."""
    return renamed(rule, {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"})


def cors_rule(rule: Properties) -> dict[str, Any]:
    """A rule for requests from other origins."""
    names = {"ExposedHeaders": "ExposeHeaders", "Id": "ID", "MaxAge": "MaxAgeSeconds"}
    return renamed(rule, names)


def notifications(configuration: Properties) -> dict[str, Any]:
    """A bucket's notification configuration."""
    made: dict[str, Any] = {}
    for kind, target in (("Lambda", "Function"), ("Queue", "Queue"), ("Topic", "Topic")):
        rules = configuration.get(f"{kind}Configurations", [])
        if rules:
            ours = "LambdaFunction" if kind == "Lambda" else kind
            made[f"{ours}Configurations"] = [_notification(rule, target, ours) for rule in rules]
    bridge = configuration.get("EventBridgeConfiguration")
    if bridge is not None and boolean(bridge.get("EventBridgeEnabled", True)):
        made["EventBridgeConfiguration"] = {}
    return made


def _notification(rule: Properties, target: str, kind: str) -> dict[str, Any]:
    made = {f"{kind}Arn": rule[target], "Events": [rule["Event"]]}
    if "Filter" in rule:
        made["Filter"] = {"Key": {"FilterRules": rule["Filter"]["S3Key"]["Rules"]}}
    return made
