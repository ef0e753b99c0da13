"""Runs one invocation of a Python function: started by runner.py, in a process of its own.

It knows nothing of the local cloud; it stands for the Lambda runtime.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """What a handler gets as its second argument (AWS Lambda Developer Guide, "context object")."""

    function_name: str = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    function_version: str = "$LATEST"
    invoked_function_arn: str = os.environ["LOCALCLOUD_FUNCTION_ARN"]
    memory_limit_in_mb: str = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    aws_request_id: str = os.environ["LOCALCLOUD_REQUEST_ID"]
    log_group_name: str = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
    log_stream_name: str = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
    started: float = field(default_factory=time.monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        timeout = float(os.environ["LOCALCLOUD_TIMEOUT"])
        return int((timeout - (time.monotonic() - self.started)) * 1000)


def main() -> None:
    """Call the handler with the event on standard input, and write its answer."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.path += [f"{layer}/python" for layer in os.environ["LOCALCLOUD_LAYERS"].split(":") if layer]
    with os.fdopen(int(os.environ["LOCALCLOUD_ANSWER_FD"]), "w") as answer:
        try:
            module, name = os.environ["_HANDLER"].rsplit(".", 1)
            handler = getattr(importlib.import_module(module.replace("/", ".")), name)
            result = json.dumps({"result": handler(json.load(sys.stdin), Context())})
        except BaseException as error:
            traceback.print_exc()
            result = json.dumps(
                {"error": {"errorType": type(error).__name__, "errorMessage": str(error)}}
            )
        answer.write(result)


if __name__ == "__main__":
    main()
