"""`kubeflow-aws verify`: by the kubectl and the AWS credentials of this machine."""

from __future__ import annotations

import importlib.util
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
import yaml
from rich.table import Table

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument, JsonOption
from kubeflow_aws.cli.aws.session import refusals_in_a_sentence
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.printing import say_json, show, tell
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.verify.artifacts import Artifact, artifacts_of
from kubeflow_aws.cli.verify.errors import VerificationError
from kubeflow_aws.cli.verify.kubectl import Kubectl
from kubeflow_aws.cli.verify.metadata import rows_of
from kubeflow_aws.cli.verify.pipeline_run import PipelineApi
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.database import Database


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What a run left.

    Attributes:
        run: Its id.
        root: The pipeline root in S3; empty if the artifacts are not there.
        artifacts: Its objects below that.
        database: Where its rows are, in a few words.
        rows: How many rows it wrote, by table.
    """

    run: str
    root: str
    artifacts: Sequence[Artifact]
    database: str
    rows: Mapping[str, int]


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    profile: Annotated[str | None, typer.Option(help="Where to run; the first profile.")] = None,
    context: Annotated[str | None, typer.Option(help="Context of kubectl.")] = None,
    minutes: Annotated[float, typer.Option(help="How long the run may take.")] = 20,
    as_json: JsonOption = False,
) -> None:
    """Run a pipeline; show its artifacts and its rows.

    The XGBoost example, in a profile. It needs a kubectl and AWS credentials that may look into the
    deployment. Exits with 1 if the run fails, or has left nothing.
    """
    settings = deployment_of(deployment)
    with refusals_in_a_sentence():
        found = _verify(settings, profile, Kubectl(context=context), minutes)
    if as_json:
        say_json("verify", found)
        return
    if found.root:
        sizes = ((each.key, each.size) for each in found.artifacts)
        show(_table(f"In S3, under {found.root}", ("object", "bytes"), sizes))
    title = f"In {found.database}, database mlpipeline"
    show(_table(title, ("table", "rows"), found.rows.items()))


def _verify(
    settings: Deployment, profile: str | None, kubectl: Kubectl, minutes: float
) -> Verified:
    owners = {each.name: each.owner for each in settings.profiles}
    namespace = profile or next(iter(owners), None)
    if namespace is None or namespace not in owners:
        raise VerificationError(
            f"there is no profile {namespace or ''} in the deployment file; "
            f"there are: {', '.join(owners) or 'none'}"
        )
    with kubectl.forwarded("ml-pipeline", 8888, "kubeflow") as url:
        api = PipelineApi(url=url, user=owners[namespace], namespace=namespace)
        run = api.start(api.create_experiment(), example(), {"rows": 2000, "stages": 5})
        api.wait(run, minutes=minutes, notify=tell)
    root, artifacts = "", list[Artifact]()
    if settings.artifacts_option is Artifacts.S3:
        root = kubectl.read("configmap", "kfp-launcher", namespace)["data"]["defaultPipelineRoot"]
        artifacts = artifacts_of(boto3.client("s3", region_name=settings.region), root, run)
    rds = settings.database_option is Database.RDS
    return Verified(
        run=run,
        root=root,
        artifacts=artifacts,
        database="RDS" if rds else "MySQL in the cluster",
        rows=rows_of(kubectl, run, rds=rds),
    )


def example() -> dict[str, Any]:
    """The XGBoost example, compiled."""
    from kfp import compiler  # for the run alone: it takes longer to import than all else

    spec = importlib.util.spec_from_file_location(
        "xgboost_example", PROJECT / "examples" / "xgboost" / "pipeline.py"
    )
    if spec is None or spec.loader is None:
        raise VerificationError("examples/xgboost/pipeline.py is not there")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(module.iterative_training, str(file))
        compiled: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return compiled


def _table(title: str, columns: tuple[str, str], rows: Iterable[tuple[str, int]]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0], overflow="fold")
    table.add_column(columns[1], justify="right")
    for name, number in rows:
        table.add_row(name, f"{number:,}")
    return table
