"""Deploys to a local cloud and looks at what came of it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from localcloud.cloud import LocalCloud, LocalCloudProps
from localcloud.cloudformation.stack import Event, Stack
from localcloud.demo.cdk import Cdk
from localcloud.demo.inventory import ClusterAccess, Contents, inventory
from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.client import Client, ClientError
from tests.support.assembly import PROJECT, Assembly
from tests.support.kubectl import Kubectl

BOOTSTRAP = "CDKToolkit"


@dataclass
class Laboratory:
    """A local cloud with the CDK CLI pointed at it.

    Attributes:
        cloud: In this process, so that a test may pull its cables.
        folder: For the CLI's logs and kubectl's files.
        region: Where everything is deployed.
        last_assembly: What was deployed last.
    """

    cloud: LocalCloud
    folder: Path
    region: str = "us-west-2"
    last_assembly: Path = Path()

    @cached_property
    def cdk(self) -> Cdk:
        """The real CLI."""
        return Cdk(
            project=PROJECT,
            endpoint=self.cloud.endpoint,
            region=self.region,
            logs=self.folder,
        )

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.cloud.clients.client(service, self.region)

    def stacks(self) -> list[Stack]:
        """The stacks that exist, nested ones included, but the bootstrap stack."""
        stacks = self.cloud.engine.environment.stacks.all()
        return [stack for stack in stacks if stack.exists and stack.name != BOOTSTRAP]

    def statuses(self) -> dict[str, str]:
        """The root stacks by name."""
        return {stack.name: stack.status for stack in self.stacks() if not stack.parent_id}

    @contextmanager
    def events(self) -> Iterator[list[Event]]:
        """Collects what happens to resources of any stack while the block runs."""
        all_stacks = self.cloud.engine.environment.stacks.all
        before = {stack.id: len(stack.events) for stack in all_stacks()}
        found: list[Event] = []
        try:
            yield found
        finally:
            for stack in all_stacks():
                found += stack.events[before.get(stack.id, 0) :]

    @property
    def api(self) -> KubernetesApi:
        """The one cluster's Kubernetes API."""
        [api] = self.cloud.clusters.apis.values()
        return api

    def read(self, path: str) -> dict[str, Any]:
        """Read something from the cluster.

        Raises:
            ClientError: If it is not there.
        """
        client = Client(self.api.url, self.api.ca_certificate, self.cloud.clusters.admin_token)
        try:
            return client.get(path)
        finally:
            client.close()

    def kubectl(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run kubectl as the cluster's administrator; it may fail."""
        program = Kubectl(
            url=self.api.url,
            authority=self.api.ca_certificate,
            token=self.cloud.clusters.admin_token,
            folder=self.folder / "kubectl",
        )
        return program.run(*arguments, stdin=stdin)

    def exists(self, path: str) -> bool:
        """Whether something is in the cluster."""
        try:
            self.read(path)
        except ClientError as error:
            if error.code != 404:
                raise
            return False
        return True

    def inventory(self) -> dict[str, Contents]:
        """What is in the cluster, by namespace."""
        [name] = self.client("eks").list_clusters()["clusters"]
        cluster = self.client("eks").describe_cluster(name=name)["cluster"]
        return inventory(
            ClusterAccess(
                name=name,
                url=cluster["endpoint"],
                ca_data=cluster["certificateAuthority"]["data"],
                token=self.cloud.clusters.admin_token,
            )
        )

    def leftovers(self) -> dict[str, list[str]]:
        """What the services still have, beside the bootstrap stack's and what was there before."""
        ec2, iam, kms = self.client("ec2"), self.client("iam"), self.client("kms")
        found = {
            "addresses": [a["AllocationId"] for a in ec2.describe_addresses()["Addresses"]],
            "alarms": _names(self.client("cloudwatch").describe_alarms(), "AlarmName"),
            "buckets": _names(self.client("s3").list_buckets(), "Name"),
            "clusters": self.client("eks").list_clusters()["clusters"],
            "databases": _names(self.client("rds").describe_db_instances(), "DBInstanceIdentifier"),
            "file systems": [
                *_names(self.client("efs").describe_file_systems(), "FileSystemId"),
                *_names(self.client("fsx").describe_file_systems(), "FileSystemId"),
            ],
            "functions": _names(self.client("lambda").list_functions(), "FunctionName"),
            "interfaces": _names(ec2.describe_network_interfaces(), "NetworkInterfaceId"),
            "keys": [
                key["KeyId"]
                for key in kms.list_keys()["Keys"]
                if _is_kept(kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"])
            ],
            "layers": _names(self.client("lambda").list_layers(), "LayerName"),
            "log groups": _names(self.client("logs").describe_log_groups(), "logGroupName"),
            "parameters": _names(self.client("ssm").describe_parameters(), "Name"),
            "providers": [
                p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
            ],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "roles": _names(iam.list_roles(), "RoleName"),
            "templates": _names(ec2.describe_launch_templates(), "LaunchTemplateId"),
            "topics": _names(self.client("sns").list_topics(), "TopicArn"),
            "user pools": _names(self.client("cognito-idp").list_user_pools(MaxResults=60), "Id"),
            "vpcs": [v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"] if not v["IsDefault"]],
        }
        bootstrap = ("cdk-", "/cdk-bootstrap/")
        kept = {
            kind: [name for name in names if not name.startswith(bootstrap)]
            for kind, names in found.items()
        }
        return {kind: names for kind, names in kept.items() if names}

    def deploy(self, assembly: Assembly) -> str:
        """``cdk deploy --all``; returns what it said.

        Raises:
            CdkError: If it fails.
        """
        self.last_assembly = assembly.folder
        return self.cdk.run(
            "deploy",
            [
                *("deploy", "--app", str(assembly.folder), "--all", "--concurrency", "4"),
                *("--require-approval", "never", "--progress", "events"),
            ],
        )

    @contextmanager
    def when(self, condition: Callable[[], bool], action: Callable[[], None]) -> Iterator[None]:
        """Does something as soon as a condition holds while the block runs."""
        ended = threading.Event()
        done = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                if condition():
                    action()
                    done.set()
                    return
                time.sleep(0.05)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()
        assert done.is_set(), "what the test waited for did not happen"


@contextmanager
def running_laboratory(folder: Path, control_plane: Path) -> Iterator[Laboratory]:
    """A local cloud, bootstrapped, with a real control plane for its clusters."""
    cloud = LocalCloud(
        LocalCloudProps(
            folder=folder, node_modules=PROJECT / "node_modules", control_plane=control_plane
        )
    )
    cloud.start()
    try:
        laboratory = Laboratory(cloud=cloud, folder=folder)
        laboratory.cdk.bootstrap([laboratory.region])
        yield laboratory
    finally:
        cloud.stop()


def _names(answer: dict[str, Any], name: str) -> list[str]:
    """One member of each item in the answer's lists."""
    return [
        str(item[name])
        for items in answer.values()
        if isinstance(items, list)
        for item in items
        if isinstance(item, dict) and name in item
    ]


def _is_kept(key: dict[str, Any]) -> bool:
    """Whether a key is one of ours, and not waiting for its deletion."""
    return bool(key["KeyManager"] == "CUSTOMER" and key["KeyState"] == "Enabled")
