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

from localcloud.clients import EmulatedClients
from localcloud.demo.assembly import AssembledStack, regions_of, stacks_of
from localcloud.demo.cdk import Cdk, aws_environment
from localcloud.demo.inventory import ClusterAccess, inventory
from localcloud.demo.progress import shown
from localcloud.demo.report import print_inventory, print_stacks
from localcloud.demo.surroundings import Surroundings, prepare
from localcloud.state import Running, State

_BOOTSTRAP_STACK = "CDKToolkit"
_WORTH_TELLING: Final = "WARNING"


class DemoError(Exception):
    """A demo cannot be what was asked for; the text says what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Application:
    """A CDK application that is deployed.

    Attributes:
        folder: The one with cdk.json.
        context: Of the CDK, by key.
        surroundings: What is there before it.
        origin: Finds what it is made of in what it says, as its one group; None if it may become
            any other.
    """

    folder: Path
    context: Mapping[str, str] = field(default_factory=dict)
    surroundings: Surroundings | None = None
    origin: re.Pattern[str] | None = None

    def origin_in(self, said: str) -> str:
        """What it says that it is made of; nothing if it does not say."""
        found = self.origin.search(said) if self.origin else None
        return found[1] if found else ""

    def is_worth_telling(self, line: str) -> bool:
        """Whether a line of what it says is for people who watch."""
        of_origin = self.origin is not None and self.origin.match(line) is not None
        return of_origin or line.startswith(_WORTH_TELLING)


@dataclass(kw_only=True)
class Demo:
    """One demo on a running local cloud.

    Attributes:
        application: What is deployed.
        state: The state directory.
        running: The local cloud.
        console: Where to tell what happens.
        called: How a person calls the local cloud's program.
        seconds: How long each phase took, for the benchmark.
    """

    application: Application
    state: State
    running: Running
    console: Console
    called: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def assembly(self) -> Path:
        """The cloud assembly that is deployed."""
        return self.state.folder.resolve() / "cdk.out"

    def deploy(self) -> list[AssembledStack]:
        """Synthesize, bootstrap, deploy, and show what came up; returns the stacks.

        Raises:
            CdkError: If a command of the CDK CLI fails.
            DemoError: If something of another origin is deployed.
        """
        with self._phase("synth", "render and synthesize"):
            # Beside the last one, which must stay whole: a removal reads it.
            unfinished = self.assembly.with_suffix(".new")
            shutil.rmtree(unfinished, ignore_errors=True)
            said = self._cdk("us-east-1").synthesize(unfinished, self.application.context)
            for line in said.splitlines():
                if self.application.is_worth_telling(line):
                    self.console.print(f"  {line}", highlight=False)
            origin = self._checked_origin(said)
            shutil.rmtree(self.assembly, ignore_errors=True)
            unfinished.rename(self.assembly)
        stacks = stacks_of(self.assembly)
        clients = EmulatedClients(self.running.endpoint)
        missing = [r for r in regions_of(stacks) if not _is_bootstrapped(clients, r)]
        if self.application.surroundings:
            prepare(clients, self.application.surroundings)
        cdk = self._cdk(regions_of(stacks)[0])
        if missing:
            with self._phase("bootstrap", f"cdk bootstrap in {', '.join(missing)}"):
                cdk.bootstrap(missing)
        with (
            self._phase("deploy", "cdk deploy --all --concurrency 4"),
            shown(self.console, clients, stacks),
        ):
            self.state.record_origin(origin)
            cdk.deploy(self.assembly)
        self.show(clients, stacks)
        clients.close()
        return stacks

    def _checked_origin(self, said: str) -> str:
        """Where the application comes from, if it can replace what is deployed.

        Two origins may have objects of the same names that nobody can change.

        Raises:
            DemoError: What is deployed comes from the other one.
        """
        origin, deployed = self.application.origin_in(said), self.state.origin
        if deployed is not None and deployed != origin:
            raise DemoError(
                f"the demo that is up comes from {deployed}, and this one would come from "
                f"{origin}, whose objects cannot replace the others; run {self.called} destroy, "
                f"then {self.called} deploy again. Nothing was deployed"
            )
        return origin

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
            f"  {self.called} kubectl get pods -A\n"
            f'  eval "$({self.called} env)"; aws cloudformation list-stacks'
            f"\n  AWS_ENDPOINT_URL={settings['AWS_ENDPOINT_URL']}\n"
            f"Deploy again after a change with {self.called} deploy; remove it with {self.called} "
            "destroy.",
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
            project=self.application.folder,
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
