"""Lambda's side of a function in a process of its own: the Runtime API, and the environments that functions run in.

`runtime_api` hands out events and takes responses, `invocation` is one event on its way, `execution_environment` is one
process, and `remote_function` lets the gateway invoke a function in as many of them as its requests need.
"""

from local.lambda_runtime.invocation import DELIMITER, Failure, Invocation
from local.lambda_runtime.runtime_api import EventQueue, RuntimeApi, serving

__all__ = ["DELIMITER", "EventQueue", "Failure", "Invocation", "RuntimeApi", "serving"]
