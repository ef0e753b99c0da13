"""The steps of a demo."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console

from kubeflow_aws.deployment import deployment_path, load_deployment
from localcloud.clients import EmulatedClients
from localcloud.demo.assembly import AssembledStack, regions_of, stacks_of
from localcloud.demo.cdk import Cdk, aws_environment
from localcloud.demo.inventory import ClusterAccess, inventory
from localcloud.demo.preparation import prepare
from localcloud.demo.progress import shown
from localcloud.demo.report import print_inventory, print_stacks
from localcloud.state import Running, State

_BOOTSTRAP_STACK = "CDKToolkit"
_WORTH_TELLING = ("Kubeflow ", "WARNING")
_SOURCES: Final = re.compile(r"^Kubeflow \S+ from (.+)$", re.MULTILINE)
"""What `app.py` says it renders."""


class DemoError(Exception):
    """A demo cannot be what was asked for; the text says what to do."""


@dataclass(kw_only=True)
class Demo:
    """One demo on a running local cloud.

    Attributes:
        project: The folder with cdk.json.
        state: The state directory.
        running: The local cloud.
        console: Where to tell what happens.
        seconds: How long each phase took, for the benchmark.
    """

    project: Path
    state: State
    running: Running
    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def assembly(self) -> Path:
        """The cloud assembly that is deployed."""
        return self.state.folder.resolve() / "cdk.out"

    def deploy(self, context: Mapping[str, str]) -> list[AssembledStack]:
        """Synthesize, bootstrap, deploy, and show what came up; returns the stacks.

        Raises:
            CdkError: If a command of the CDK CLI fails.
            DemoError: If other sources are deployed.
        """
        with self._phase("synth", "render and synthesize"):
            # Beside the last one, which must stay whole: a removal reads it.
            unfinished = self.assembly.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            said = self._cdk("us-east-1").synthesize(unfinished, context)
            for line in said.splitlines():
                if line.startswith(_WORTH_TELLING):
                    self.console.print(f"  {line}", highlight=False)
            sources = self._checked_sources(said)
            shutil.rmtree(self.assembly, ignore_errors=True)
            unfinished.rename(self.assembly)
        stacks = stacks_of(self.assembly)
        clients = EmulatedClients(self.running.endpoint)
        missing = [r for r in regions_of(stacks) if not _is_bootstrapped(clients, r)]
        prepare(clients, load_deployment(deployment_path(self.project, context.get("deployment"))))
        cdk = self._cdk(regions_of(stacks)[0])
        if missing:
            with self._phase("bootstrap", f"cdk bootstrap in {', '.join(missing)}"):
                cdk.bootstrap(missing)
        with (
            self._phase("deploy", "cdk deploy --all --concurrency 4"),
            shown(self.console, clients, stacks),
        ):
            self.state.record_sources(sources)
            cdk.deploy(self.assembly)
        self.show(clients, stacks)
        clients.close()
        return stacks

    def _checked_sources(self, said: str) -> str:
        """What the synth rendered, if it can replace what is deployed.

        The sample and the real platform have objects of the same names that nobody can change.

        Raises:
            DemoError: What is deployed comes from the other one.
        """
        found = _SOURCES.search(said)
        sources = found[1].partition(",")[0] if found else ""
        deployed = self.state.sources
        if deployed is not None and deployed != sources:
            raise DemoError(
                f"the demo that is up comes from {deployed}, and this one would come from "
                f"{sources}, whose objects cannot replace the others; run make demo-destroy, then "
                "make demo again. Nothing was deployed"
            )
        return sources

    def show(self, clients: EmulatedClients, stacks: list[AssembledStack]) -> None:
        """Print the stacks, what runs in their clusters, and how to look around."""
        print_stacks(self.console, clients, stacks)
        for region in regions_of(stacks):
            for access in self._clusters(clients, region):
                access.write_kubeconfig(self.state.kubeconfig)
                print_inventory(self.console, access.name, inventory(access))
        settings = aws_environment(self.running.endpoint, regions_of(stacks)[0])
        self.console.print(
            "\nIt is up; nothing of it is AWS. Look around:\n"
            "  ./kubeflow-aws demo kubectl get pods -A\n"
            '  eval "$(./kubeflow-aws demo env)"; aws cloudformation list-stacks'
            f"\n  AWS_ENDPOINT_URL={settings['AWS_ENDPOINT_URL']}\n"
            "Deploy again after a change with make demo; remove it with make demo-destroy.",
            highlight=False,
        )

    def destroy(self) -> None:
        """Remove every stack of the last deployment.

        Raises:
            CdkError: If a command of the CDK CLI fails.
        """
        if not (self.assembly / "manifest.json").is_file():
            return
        stacks = stacks_of(self.assembly)
        clients = EmulatedClients(self.running.endpoint)
        with (
            self._phase("destroy", "cdk destroy --all"),
            shown(self.console, clients, stacks),
        ):
            self._cdk(regions_of(stacks)[0]).destroy(self.assembly)
        clients.close()

    def _cdk(self, region: str) -> Cdk:
        return Cdk(
            project=self.project,
            endpoint=self.running.endpoint,
            region=region,
            logs=self.state.folder.resolve(),
        )

    def _clusters(self, clients: EmulatedClients, region: str) -> Iterator[ClusterAccess]:
        eks = clients.client("eks", region)
        for name in eks.list_clusters()["clusters"]:
            cluster = eks.describe_cluster(name=name)["cluster"]
            yield ClusterAccess(
                name=name,
                url=cluster["endpoint"],
                ca_data=cluster["certificateAuthority"]["data"],
                token=self.running.admin_token,
            )

    @contextmanager
    def _phase(self, name: str, title: str) -> Iterator[None]:
        self.console.print(f"[bold]{title}[/bold]")
        began = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - began
        self.console.print(f"  [dim]{self.seconds[name]:.0f} s[/dim]")


def _is_bootstrapped(clients: EmulatedClients, region: str) -> bool:
    stacks = clients.client("cloudformation", region).describe_stacks()["Stacks"]
    return any(stack["StackName"] == _BOOTSTRAP_STACK for stack in stacks)
