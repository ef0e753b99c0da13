"""Every command: what it is called, where it is, and what it does in one line."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.cli.lazy_group import Entry

BEFORE: Final = "Before a deployment"
DEPLOY: Final = "Deploy and remove"
AFTER: Final = "After a deployment"
INSIDE: Final = "What is in a deployment"
SOURCES: Final = "Upstream and this project"
DELIVERY: Final = "A pipeline that deploys"
DEMO: Final = "Without AWS"

COMMANDS: Final = {
    entry.name: entry
    for entry in (
        Entry(
            name="doctor",
            module="doctor.command",
            help="Look at what could stop a deployment; change nothing.",
            panel=BEFORE,
        ),
        Entry(
            name="synth",
            module="synth.command",
            help="Synthesize with all checks, and print stacks and sizes.",
            panel=BEFORE,
        ),
        Entry(
            name="cost",
            module="cost.command",
            help="Say what it costs a month, and whether the platform fits.",
            panel=BEFORE,
        ),
        Entry(
            name="plan",
            module="plan.command",
            help="Show which Kubernetes objects would change, and how.",
            panel=BEFORE,
        ),
        Entry(
            name="diff",
            module="diff",
            help="Show which resources of AWS would change.",
            panel=BEFORE,
        ),
        Entry(
            name="password",
            module="password",
            help="Ask for a password and print its hash for auth.users.",
            panel=BEFORE,
        ),
        Entry(
            name="deploy",
            module="deploy",
            help="Deploy to AWS; it asks nothing, so read diff and plan.",
            panel=DEPLOY,
        ),
        Entry(
            name="redeploy",
            module="redeploy",
            help="Deploy after a removal, with logs and vaults that stayed.",
            panel=DEPLOY,
        ),
        Entry(
            name="destroy-plan",
            module="destroy_plan.command",
            help="Say what a removal leaves, and what would stop it.",
            panel=DEPLOY,
        ),
        Entry(
            name="destroy",
            module="destroy",
            help="Remove a deployment from AWS.",
            panel=DEPLOY,
        ),
        Entry(
            name="smoke",
            module="smoke.command",
            help="Check from outside that what was deployed works.",
            panel=AFTER,
        ),
        Entry(
            name="verify",
            module="verify.command",
            help="Run a pipeline; show its artifacts and its rows.",
            panel=AFTER,
        ),
        Entry(
            name="protect",
            module="protect.command",
            help="Protect the stacks against deletion, if the file says so.",
            panel=AFTER,
        ),
        Entry(
            name="diagram",
            module="diagram",
            help="Draw the stacks, and the order of the components.",
            panel=INSIDE,
        ),
        Entry(
            name="images",
            module="images",
            help="List every container image, hidden ones included.",
            panel=INSIDE,
        ),
        Entry(
            name="audit",
            module="audit.command",
            help="List images with floor, end of support and known holes.",
            panel=INSIDE,
        ),
        Entry(
            name="reachability",
            module="reachability",
            help="Print who may connect to whom, by NetworkPolicies.",
            panel=INSIDE,
        ),
        Entry(
            name="rights",
            module="rights",
            help="Print who may do what, by roles and bindings.",
            panel=INSIDE,
        ),
        Entry(
            name="render",
            module="render",
            help="Write the rendered objects to build/rendered.",
            panel=INSIDE,
        ),
        Entry(
            name="bump",
            module="bump.command",
            help="Pin other versions of upstream, and show what changes.",
            panel=SOURCES,
        ),
        Entry(
            name="lock-upstream",
            module="lock_upstream",
            help="Write the digests of all upstream sources anew.",
            panel=SOURCES,
        ),
        Entry(
            name="mirror",
            module="mirror",
            help="Fetch the archives of all upstream sources to a folder.",
            panel=SOURCES,
        ),
        Entry(
            name="schema",
            module="schema",
            help="Write the JSON schemas of deployment and delivery files.",
            panel=SOURCES,
        ),
        Entry(
            name="delivery",
            module="delivery.command",
            help="Synthesize, deploy or examine a pipeline that deploys.",
            panel=DELIVERY,
        ),
        Entry(
            name="demo",
            module="demo",
            help="Deploy to an emulated AWS on this machine.",
            panel=DEMO,
        ),
    )
}
"""In the order of the help."""
