"""The client for AWS Lambda: invokes one of our own functions and waits for its answer.

boto3 signs requests here as it does for S3 and SES. It is imported, and its client created, on first use, after the
SnapStart snapshot. It blocks, so every call runs in a thread. There are no retries: the caller counts its attempts.
"""

import asyncio
import json
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from oneai import settings

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

# Temporary errors of Lambda or of account limits: the same invocation may succeed later.
THROTTLED = {"TooManyRequestsException", "EC2ThrottledException", "ServiceException", "ResourceNotReadyException"}


@dataclass(frozen=True)
class InvokeSettings:
    """`lambda_endpoint_url` replaces AWS's endpoint in the local stack."""

    lambda_endpoint_url: str | None = None


class FunctionFailed(Exception):
    """There is no answer. `code` is Lambda's, the class of the function's own error, or the network's. Their texts are
    left out, because they may quote the payload.

    `throttled`: the function was not started, because no capacity was left. Otherwise it may have run.
    """

    def __init__(self, code: str, *, throttled: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.throttled = throttled


class _CachedClient(NamedTuple):
    settings: InvokeSettings
    timeout_seconds: float
    client: "LambdaClient"


_cached: _CachedClient | None = None


async def invoke(function_name: str, payload: dict[str, Any], *, timeout_seconds: float) -> dict[str, Any]:
    """Returns the function's answer within `timeout_seconds`. `function_name` may be its ARN or its alias's.

    Raises FunctionFailed if it raised, was killed or did not answer with an object, if Lambda refused, or if the
    network failed.
    """
    return await asyncio.to_thread(_invoke, function_name, json.dumps(payload).encode(), timeout_seconds)


def reset_cache() -> None:
    """Drops the cached client: the next call creates one from the current settings and credentials."""
    global _cached
    _cached = None


def _invoke(function_name: str, payload: bytes, timeout_seconds: float) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        response = _client(timeout_seconds).invoke(FunctionName=function_name, Payload=payload)
        with closing(response["Payload"]) as body:
            answer = json.loads(body.read())
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        raise FunctionFailed(code, throttled=code in THROTTLED) from error
    except (BotoCoreError, ValueError) as error:
        raise FunctionFailed(type(error).__name__) from error
    if "FunctionError" in response:
        kind = answer.get("errorType") if isinstance(answer, dict) else None
        raise FunctionFailed(str(kind or response["FunctionError"]))
    if not isinstance(answer, dict):
        raise FunctionFailed("NoObject")
    return answer


def _client(timeout_seconds: float) -> "LambdaClient":
    """The cached client, recreated when the settings or the timeout change."""
    global _cached
    config = settings.read(InvokeSettings)
    if _cached is None or (_cached.settings, _cached.timeout_seconds) != (config, timeout_seconds):
        _cached = _CachedClient(config, timeout_seconds, _make(config, timeout_seconds))
    return _cached.client


def _make(config: InvokeSettings, timeout_seconds: float) -> "LambdaClient":
    import boto3
    from botocore.config import Config

    return boto3.Session().client(
        "lambda",
        endpoint_url=config.lambda_endpoint_url,
        config=Config(
            connect_timeout=3,
            read_timeout=timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": 1},
            tcp_keepalive=True,  # otherwise the network drops a connection after minutes of silence
        ),
    )
