"""The values of Helm charts, which releases rewrite when they publish a chart.

Karpenter's release, for one, writes the controller's image into values.yaml
(`hack/release/common.sh` of aws/karpenter-provider-aws), so the text in a repository's tree and
the text in the published package pin two things.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import yaml

from kubeflow_aws.files.errors import UserError


def canonical_values(content: bytes, *, chart: str, without: Iterable[str]) -> bytes:
    """What values.yaml says, whatever its comments, its layout and the keys left out.

    Args:
        content: The file; an empty one says nothing.
        chart: The chart, for the error.
        without: Keys to leave out, dots between their parts.

    Raises:
        UserError: It is no mapping in YAML.
    """
    try:
        values = yaml.safe_load(content) or {}
    except (yaml.YAMLError, UnicodeError) as error:
        raise UserError(
            f"chart {chart}: its values.yaml is not YAML ({error}); get the chart anew"
        ) from None
    if not isinstance(values, dict):
        raise UserError(f"chart {chart}: its values.yaml is no mapping; get the chart anew")
    for key in without:
        _drop(values, key.split("."))
    return json.dumps(_named(values), sort_keys=True, default=str).encode()


def _named(value: object) -> object:
    """The value with texts for keys, as Helm takes them."""
    if isinstance(value, dict):
        return {str(key): _named(child) for key, child in value.items()}
    return [_named(child) for child in value] if isinstance(value, list) else value


def _drop(values: dict[str, object], parts: list[str]) -> None:
    *above, last = parts
    for part in above:
        below = values.get(part)
        if not isinstance(below, dict):
            return
        values = below
    values.pop(last, None)
