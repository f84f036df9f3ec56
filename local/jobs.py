"""Runs scheduled functions as Lambda does: each in a process of its own, with its own variables and its own time."""

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from typing import Any, Literal

from local import job_processes
from local.functions import variables
from local.invoke import Invocation
from local.job_processes import IMPORTS, MACHINE, JobRun
from local.metrics import Metrics
from local.template import Function

# The contents of each secret of the template on AWS, for functions whose role may read it, and the addresses of models
# and of Stripe, which the template does not have.
_SECRETS = {
    "Secret": (
        *("DATABASE_URL", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "SUPABASE_JWT_SECRET"),
        *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY"),
        *("RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_WEBHOOK_SECRET_PREVIOUS"),
        *("RAZORPAY_WEBHOOK_SECRET_ROTATED_AT", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_BASE_URL"),
        *("MIDTRANS_SERVER_KEY", "MIDTRANS_NOTIFICATION_KEY", "SHARE_LINK_KEYS", "VISITOR_KEYS"),
        *("PROVIDER_KEY_HASH_KEYS", "IDENTITY_KEYS"),
    ),
    "SupabaseSecret": ("SUPABASE_SECRET_KEY", "LEDGER_KEY"),
}
_CREDENTIALS = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_DEFAULT_REGION", "AWS_REGION"),
)
# The address of each stand-in for an AWS service, and keys to it, for functions whose role may use the service. On AWS
# any function has keys, but to nothing more than its role.
_SERVICES = {
    "s3": ("STORAGE_ENDPOINT_URL", *_CREDENTIALS),
    "ses": ("MAIL_ENDPOINT_URL", *_CREDENTIALS),
    "lambda": ("LAMBDA_ENDPOINT_URL", *_CREDENTIALS),
}


@dataclass(frozen=True)
class JobOutcome:
    """The outcome of a run: `output` is the handler's return value, or the error in Lambda's form."""

    status: Literal["succeeded", "failed", "timed_out", "killed"]
    output: Any


class Jobs:
    """The running jobs."""

    def __init__(self, metrics: Metrics) -> None:
        self.metrics = metrics
        self._running: dict[str, set[JobRun]] = {}

    async def run(self, function: Function, event: Any) -> JobOutcome:
        """Runs the function once, to its end."""
        text = event if isinstance(event, str) else json.dumps(event)
        invocation = Invocation(str(function.folder), function.handler, text, function.logical_id, function.timeout)
        run = job_processes.start(invocation, _environment(function))
        running = self._running.setdefault(function.logical_id, set())
        running.add(run)
        try:
            async with asyncio.timeout(function.timeout):
                await self._forward_output(run)
                code = await run.exit_code()
        except TimeoutError:
            run.kill()
            await run.exit_code()
            return JobOutcome("timed_out", None)
        else:
            if code == -signal.SIGKILL:
                return JobOutcome("killed", None)
            return JobOutcome("succeeded" if code == 0 else "failed", json.loads(run.result() or b"null"))
        finally:
            running.discard(run)
            run.close()  # which kills it, if we are being cancelled ourselves

    def kill(self, function: Function) -> int:
        """Kills the function's running processes, so that no `finally` runs; how many there were."""
        runs = list(self._running.get(function.logical_id, ()))
        for run in runs:
            run.kill()
        return len(runs)

    async def _forward_output(self, run: JobRun) -> None:
        output = await run.output()
        pending = b""
        while chunk := await output.read(65536):
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                text = line.decode(errors="replace")
                self.metrics.record(text)
                print(text, file=sys.__stdout__, flush=True)  # past the tee, which would record it again


def _environment(function: Function) -> dict[str, str]:
    """The variables of its own alone, as on AWS: those of the template, and what its role lets it read and use."""
    of_secrets = (name for secret in function.secrets for name in _SECRETS.get(secret, ()))
    of_services = (name for service in function.services for name in _SERVICES.get(service, ()))
    known = {name: os.environ[name] for name in (*MACHINE, *of_secrets, *of_services) if name in os.environ}
    stated = {name: value and (os.environ.get(name) or value) for name, value in variables(function).items()}
    # A variable that the template sets to an empty value is empty, even if this stack has a value.
    declared = {
        name: os.environ[name] for name, value in function.environment.items() if value != "" and name in os.environ
    }
    return {
        **known,
        **stated,
        **declared,
        "AWS_LAMBDA_FUNCTION_NAME": function.logical_id,
        **IMPORTS,
    }
