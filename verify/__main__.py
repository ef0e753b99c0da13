"""`make verify`: against a deployment, by the kubectl and the AWS credentials of this machine."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
import yaml
from kfp import compiler
from rich.console import Console
from rich.table import Table

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.errors import UserError
from verify.artifacts import artifacts_of
from verify.errors import VerificationError
from verify.kubectl import Kubectl
from verify.metadata import rows_of
from verify.pipeline_run import PipelineApi

PROJECT = Path(__file__).resolve().parents[1]
console = Console()


def main(
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
    profile: Annotated[str | None, typer.Option(help="Where to run; the first profile.")] = None,
    context: Annotated[str | None, typer.Option(help="Context of kubectl.")] = None,
    minutes: Annotated[float, typer.Option(help="How long the run may take.")] = 20,
) -> None:
    """Run the XGBoost example in a profile, then show its artifacts and its rows."""
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        _verify(settings, profile, Kubectl(context=context), minutes)
    except (UserError, VerificationError) as error:
        console.print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(1) from None


def _verify(settings: Deployment, profile: str | None, kubectl: Kubectl, minutes: float) -> None:
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
        api.wait(run, minutes=minutes, notify=console.print)
    if settings.artifacts_option is Artifacts.S3:
        root = kubectl.read("configmap", "kfp-launcher", namespace)["data"]["defaultPipelineRoot"]
        client = boto3.client("s3", region_name=settings.region)
        _show(
            f"In S3, under {root}",
            ("object", "bytes"),
            [(each.key, each.size) for each in artifacts_of(client, root, run)],
        )
    rds = settings.database_option is Database.RDS
    rows = rows_of(kubectl, run, rds=rds)
    _show(
        f"In {'RDS' if rds else 'MySQL in the cluster'}, database mlpipeline",
        ("table", "rows"),
        list(rows.items()),
    )


def example() -> dict[str, Any]:
    """The XGBoost example, compiled."""
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


def _show(title: str, columns: tuple[str, str], rows: list[tuple[str, int]]) -> None:
    table = Table(title=title, title_justify="left")
    table.add_column(columns[0], overflow="fold")
    table.add_column(columns[1], justify="right")
    for name, number in rows:
        table.add_row(name, f"{number:,}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
