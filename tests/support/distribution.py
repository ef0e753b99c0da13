"""Which tests go to one worker: those that share an app, and those that share a platform."""

from __future__ import annotations

from typing import Final

from xdist.scheduler import LoadScopeScheduling

WITHOUT_APPS: Final = (
    "bump/",
    "capacity/test_instance_types",
    "capacity/test_workloads",
    "checks/test_kubernetes_rules",
    "cli/test_audit",
    "cli/test_command_line",
    "cli/test_doctor_delegation",
    "cli/test_doctor_delivery",
    "cli/test_doctor_names",
    "cli/test_doctor_places",
    "cli/test_osv",
    "cli/test_verify",
    "database/",
    "delivery/test_refusals",
    "deployment/",
    "docs/test_commands",
    "docs/test_references",
    "docs/test_rules",
    "docs/test_settings",
    "files/",
    "localcloud/",
    "objects/test_image_reference",
    "profiles/test_profiles",
    "reachability/test_policies",
    "reachability/test_table",
    "rendering/test_component",
    "rendering/test_floors",
    "rendering/test_images",
    "rendering/test_packs",
    "sources/",
    "test_app",
)
"""Tests that share no synthesized app; any worker may run any of them."""


ON_THE_PLATFORM: Final = (
    "platform/test_placement",
    "platform/test_quota",
    "platform/test_references",
    "platform/test_training",
    "platform/test_upgrades",
)
"""Tests that share the deployed platform, one after another."""


class ByFixtures(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """All tests that share a synthesized app go to one worker; the others fill the second."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.removeprefix("tests/")
        if path.startswith(ON_THE_PLATFORM):
            return "platform"
        if path.startswith("platform/"):
            # The tests of a file share a control plane.
            return path.partition("::")[0]
        if path.startswith(WITHOUT_APPS):
            return nodeid
        return "gateway" if path.startswith("gateway/") else "synthesized"
