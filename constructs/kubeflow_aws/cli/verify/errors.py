"""What a verification says when something is not as it should be."""

from __future__ import annotations

from kubeflow_aws.files.errors import UserError


class VerificationError(UserError):
    """A step failed; the text says what was expected, what was found and where to look."""
