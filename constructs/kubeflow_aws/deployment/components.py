"""The `components` section: which parts of Kubeflow to install."""

from __future__ import annotations

from pydantic import Field

from kubeflow_aws.deployment.section import Section


class Components(Section):
    """One switch per optional component of Kubeflow; all are on by default but `training_operator`.

    What the others stand on (cert-manager, Istio, sign-in, namespaces, profiles, the dashboard)
    has no switch.
    """

    load_balancer_controller: bool = Field(
        default=True, description="AWS Load Balancer Controller; off if the cluster has one."
    )
    cert_manager: bool = Field(
        default=True, description="cert-manager; off if an existing cluster has one."
    )
    pipelines: bool = Field(default=True, description="Kubeflow Pipelines.")
    katib: bool = Field(default=True, description="Katib, hyperparameter tuning.")
    notebooks: bool = Field(default=True, description="Jupyter web app and notebook controller.")
    volumes: bool = Field(default=True, description="Volumes web app and PVC viewer.")
    tensorboard: bool = Field(default=True, description="TensorBoard web app and controller.")
    trainer: bool = Field(default=True, description="Kubeflow Trainer and JobSet.")
    training_operator: bool = Field(
        default=False, description="The Training Operator v1, for TFJob, PyTorchJob, MPIJob ..."
    )
    knative: bool = Field(default=True, description="Knative Serving, which KServe needs.")
    kserve: bool = Field(default=True, description="KServe and its models web app.")
    spark: bool = Field(default=True, description="Spark operator.")
