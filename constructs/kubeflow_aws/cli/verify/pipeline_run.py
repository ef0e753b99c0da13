"""Creates an experiment, runs a compiled pipeline in it, and waits (KFP API v2beta1)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import requests

from kubeflow_aws.cli.verify.errors import VerificationError

EXPERIMENT: Final = "kubeflow-on-aws-verification"
_ENDED: Final = frozenset({"SUCCEEDED", "SKIPPED", "FAILED", "CANCELED"})


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineApi:
    """The API server of Pipelines, for one user and namespace.

    Attributes:
        url: Of the server; behind a port-forward it takes the user from a header.
        user: E-mail address of the namespace's owner.
        namespace: Where to run.
    """

    url: str
    user: str
    namespace: str

    def create_experiment(self) -> str:
        """The id of our experiment; it is there once, however often this runs.

        Raises:
            VerificationError: If the server refuses.
        """
        found = self._call(
            "GET",
            "experiments",
            params={
                "namespace": self.namespace,
                "filter": '{"predicates": [{"operation": "EQUALS", "key": "name", '
                f'"stringValue": "{EXPERIMENT}"}}]}}',
            },
        )
        for experiment in found.get("experiments", ()):
            return str(experiment["experiment_id"])
        made = self._call(
            "POST",
            "experiments",
            body={"display_name": EXPERIMENT, "namespace": self.namespace},
        )
        return str(made["experiment_id"])

    def start(
        self, experiment: str, specification: Mapping[str, Any], parameters: Mapping[str, Any]
    ) -> str:
        """Start a run; returns its id.

        Args:
            experiment: Id of its experiment.
            specification: The compiled pipeline.
            parameters: Its arguments.

        Raises:
            VerificationError: If the server refuses.
        """
        made = self._call(
            "POST",
            "runs",
            params={"experiment_id": experiment},
            body={
                "display_name": f"verification {time.strftime('%Y-%m-%d %H:%M:%S')}",
                "experiment_id": experiment,
                "pipeline_spec": dict(specification),
                "runtime_config": {"parameters": dict(parameters)},
                "service_account": "default-editor",
            },
        )
        return str(made["run_id"])

    def wait(
        self, run: str, *, minutes: float, notify: Callable[[str], None], pause: float = 5.0
    ) -> None:
        """Wait until a run has succeeded.

        Args:
            run: Its id.
            minutes: How long to wait.
            notify: Takes each new state.
            pause: Seconds between two looks.

        Raises:
            VerificationError: If it fails, or takes longer.
        """
        end = time.monotonic() + minutes * 60
        state = ""
        while state not in _ENDED:
            if time.monotonic() > end:
                raise VerificationError(
                    f"run {run} is {state} after {minutes:g} minutes; look at its pods: kubectl "
                    f"get pods -n {self.namespace} -l pipeline/runid={run}"
                )
            found = self._call("GET", f"runs/{run}")
            if found.get("state", "PENDING") != state:
                state = found.get("state", "PENDING")
                notify(f"run {run}: {state}")
            if state not in _ENDED:
                time.sleep(pause)
        if state != "SUCCEEDED":
            why = found.get("error", {}).get("message", "the dashboard shows which step")
            raise VerificationError(f"run {run} ended as {state}: {why}")

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> dict[str, Any]:
        try:
            answer = requests.request(
                method,
                f"{self.url}/apis/v2beta1/{path}",
                params=params,
                json=body,
                headers={"kubeflow-userid": self.user},
                timeout=60,
            )
            found: dict[str, Any] = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise VerificationError(f"Pipelines does not answer {path}: {error}") from None
        if not answer.ok:
            raise VerificationError(
                f"Pipelines refuses {method} {path} to {self.user} in {self.namespace}: "
                f"{found.get('error', answer.status_code)}"
            )
        return found
