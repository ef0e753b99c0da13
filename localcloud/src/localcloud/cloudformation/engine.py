"""Operations on whole stacks, in the background, with the statuses that AWS gives them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from localcloud.cloudformation.deletion import delete_stack
from localcloud.cloudformation.deployment import Deployment
from localcloud.cloudformation.environment import Environment
from localcloud.cloudformation.errors import CloudFormationError, reason
from localcloud.cloudformation.operation import DeploymentError, Target
from localcloud.cloudformation.stack import Stack, now

_log = logging.getLogger(__name__)


class Engine:
    """Runs operations on stacks, each in a thread of its own.

    Args:
        environment: What operations work with.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._threads: list[threading.Thread] = []

    @property
    def environment(self) -> Environment:
        """What operations work with."""
        return self._environment

    def create(self, stack: Stack, target: Target) -> None:
        """Begin to create a stack. It is rolled back on failure, unless it says otherwise."""
        stack.set_status("CREATE_IN_PROGRESS", "User Initiated")
        self._begin(stack, lambda: self._create(stack, target))

    def update(self, stack: Stack, target: Target) -> None:
        """Begin to update a stack; on failure it is rolled back to what it was."""
        stack.updated = now()
        stack.set_status("UPDATE_IN_PROGRESS", "User Initiated")
        self._begin(stack, lambda: self._update(stack, target))

    def delete(self, stack: Stack) -> None:
        """Begin to delete a stack.

        Raises:
            CloudFormationError: If it is protected.
        """
        if stack.termination_protection:
            raise CloudFormationError(
                f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
            )
        self._begin(stack, lambda: delete_stack(self._environment, stack))

    def wait(self) -> None:
        """Return when no operation is under way."""
        for thread in self._threads:
            thread.join()

    def _begin(self, stack: Stack, operation: Callable[[], None]) -> None:
        def run() -> None:
            try:
                operation()
            except Exception as error:
                _log.exception("operation on stack %s", stack.name)
                verb = stack.status.split("_IN_PROGRESS")[0].split("_COMPLETE")[0]
                stack.set_status(f"{verb}_FAILED", reason(error))

        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = threading.Thread(target=run, name=f"stack {stack.name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _create(self, stack: Stack, target: Target) -> None:
        deployment = Deployment(self._environment, stack, target)
        try:
            deployment.run()
        except DeploymentError as error:
            stack.template = target.template
            if stack.disable_rollback:
                stack.set_status("CREATE_FAILED", str(error))
                return
            stack.set_status("ROLLBACK_IN_PROGRESS", f"{error} Rollback requested by user.")
            self._roll_back(stack, deployment, "ROLLBACK")
            return
        stack.set_status("CREATE_COMPLETE")

    def _update(self, stack: Stack, target: Target) -> None:
        deployment = Deployment(self._environment, stack, target)
        try:
            deployment.run()
        except DeploymentError as error:
            stack.set_status("UPDATE_ROLLBACK_IN_PROGRESS", str(error))
            self._roll_back(stack, deployment, "UPDATE_ROLLBACK")
            return
        stack.set_status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        deployment.clean_up()
        stack.set_status("UPDATE_COMPLETE")

    def _roll_back(self, stack: Stack, deployment: Deployment, verb: str) -> None:
        try:
            deployment.roll_back()
        except DeploymentError as error:
            stack.set_status(f"{verb}_FAILED", str(error))
            return
        stack.set_status(f"{verb}_COMPLETE")
