"""Amazon Managed Service for Prometheus, with a scraper that AWS runs."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
import yaml
from aws_cdk import aws_aps as aps
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_kms as kms
from constructs import Construct

_SERVICE_ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"

SCRAPE: Final = {
    "global": {"scrape_interval": "60s"},
    "scrape_configs": [
        {
            "job_name": "pods",
            "kubernetes_sd_configs": [{"role": "pod"}],
            "relabel_configs": [
                # Pods that ask for it, as those of Istio, Knative and KServe do.
                {
                    "source_labels": ["__meta_kubernetes_pod_annotation_prometheus_io_scrape"],
                    "action": "keep",
                    "regex": "true",
                },
                {
                    "source_labels": ["__meta_kubernetes_pod_annotation_prometheus_io_path"],
                    "action": "replace",
                    "target_label": "__metrics_path__",
                    "regex": "(.+)",
                },
                {
                    "source_labels": [
                        "__address__",
                        "__meta_kubernetes_pod_annotation_prometheus_io_port",
                    ],
                    "action": "replace",
                    "target_label": "__address__",
                    "regex": r"([^:]+)(?::\d+)?;(\d+)",
                    "replacement": "$1:$2",
                },
                {
                    "source_labels": ["__meta_kubernetes_namespace"],
                    "target_label": "namespace",
                },
                {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
            ],
        },
        {
            "job_name": "kubelet-cadvisor",
            "scheme": "https",
            "authorization": {
                "type": "Bearer",
                "credentials_file": f"{_SERVICE_ACCOUNT}/token",
            },
            "kubernetes_sd_configs": [{"role": "node"}],
            "relabel_configs": [
                {"target_label": "__address__", "replacement": "kubernetes.default.svc:443"},
                {
                    "source_labels": ["__meta_kubernetes_node_name"],
                    "regex": "(.+)",
                    "target_label": "__metrics_path__",
                    "replacement": "/api/v1/nodes/$1/proxy/metrics/cadvisor",
                },
            ],
        },
    ],
}
"""Prometheus' own configuration (AMP User Guide, "Scraper configuration")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PrometheusProps:
    """Inputs of `Prometheus`.

    Attributes:
        name: Alias of the workspace and the scraper.
        cluster: What to scrape; its access entries must be on, as they are for ours.
        subnet_ids: Where the scraper's interfaces stand, in two zones at least.
        production: Whether the workspace and its key outlive the stack.
    """

    name: str
    cluster: eks.ICluster
    subnet_ids: Sequence[str]
    production: bool


class Prometheus(Construct):
    """An encrypted workspace, and a scraper without pods of its own."""

    workspace: aps.CfnWorkspace

    def __init__(self, scope: Construct, construct_id: str, *, props: PrometheusProps) -> None:
        super().__init__(scope, construct_id)
        policy = cdk.RemovalPolicy.RETAIN if props.production else cdk.RemovalPolicy.DESTROY
        key = kms.Key(
            self,
            "Key",
            description="Metrics of Kubeflow",
            enable_key_rotation=True,
            removal_policy=policy,
        )
        self.workspace = aps.CfnWorkspace(
            self, "Workspace", alias=props.name, kms_key_arn=key.key_arn
        )
        self.workspace.apply_removal_policy(policy)
        text = yaml.safe_dump(SCRAPE, sort_keys=False).encode()
        aps.CfnScraper(
            self,
            "Scraper",
            alias=props.name,
            source=aps.CfnScraper.SourceProperty(
                eks_configuration=aps.CfnScraper.EksConfigurationProperty(
                    cluster_arn=props.cluster.cluster_arn,
                    subnet_ids=list(props.subnet_ids),
                    security_group_ids=[props.cluster.cluster_security_group_id],
                )
            ),
            destination=aps.CfnScraper.DestinationProperty(
                amp_configuration=aps.CfnScraper.AmpConfigurationProperty(
                    workspace_arn=self.workspace.attr_arn
                )
            ),
            scrape_configuration=aps.CfnScraper.ScrapeConfigurationProperty(
                configuration_blob=base64.b64encode(text).decode()
            ),
        )
