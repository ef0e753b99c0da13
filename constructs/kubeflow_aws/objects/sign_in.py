"""Who the token trigger of sign-in is in Kubernetes."""

from __future__ import annotations

from typing import Final

TRIGGER_GROUP: Final = "kubeflow-aws-sign-in"
"""Whom manifests/components/tenants/only-members-of-groups.yaml is about."""
