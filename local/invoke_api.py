"""A stand-in for Lambda's Invoke API: runs a function of the template as `local.jobs` does, and answers as AWS does.

`create` makes the app that the gateway mounts at `/lambda`. It takes synchronous invocations alone, and checks no
signature, only that there is one. The function gets the variables that the template gives it, and no other.
"""

import asyncio
import json

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from local.jobs import JobOutcome, Jobs
from local.limits import INVOCATION_BYTES
from local.template import Function, Template

_FAULTS = ("throttled",)
_SIGNED = "AWS4-HMAC-SHA256 Credential="


def create(template: Template, jobs: Jobs) -> Starlette:
    """The app."""
    handlers = _Handlers(template, jobs)
    return Starlette(
        routes=[
            Route("/trouble", handlers.fault, methods=["GET", "POST"]),
            Route("/2015-03-31/functions/{name}/invocations", handlers.invoke, methods=["POST"]),
        ]
    )


class _Handlers:
    def __init__(self, template: Template, jobs: Jobs) -> None:
        self.template, self.jobs = template, jobs
        self.fault_name: str | None = None

    async def fault(self, request: Request) -> Response:
        """`POST {"trouble": "throttled"}` refuses invocations as an account at its limit does; null ends it."""
        if request.method == "POST":
            fault = (await request.json()).get("trouble")
            if fault is not None and fault not in _FAULTS:
                return JSONResponse({"troubles": _FAULTS}, 422)
            self.fault_name = fault
        return JSONResponse({"trouble": self.fault_name, "troubles": _FAULTS})

    async def invoke(self, request: Request) -> Response:
        """`Invoke` with the invocation type RequestResponse."""
        if not request.headers.get("authorization", "").startswith(_SIGNED):
            return _refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        function = self._function(request.path_params["name"])
        if function is None:
            return _refusal(404, "ResourceNotFoundException", "Function not found")
        if request.headers.get("x-amz-invocation-type", "RequestResponse") != "RequestResponse":
            return _refusal(400, "InvalidParameterValueException", "This stand-in takes RequestResponse alone.")
        if self.fault_name == "throttled":
            return _refusal(429, "TooManyRequestsException", "Rate Exceeded.")
        body = await request.body()
        if len(body) > INVOCATION_BYTES:
            return _refusal(413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes")
        try:
            event = json.loads(body or b"{}")
        except ValueError:
            return _refusal(400, "InvalidRequestContentException", "Could not parse request body into json")
        return await self._run(request, function, event)

    async def _run(self, request: Request, function: Function, event: object) -> Response:
        """Runs it to its end; or until the caller has gone, which AWS would not notice and a laptop should."""
        running = asyncio.create_task(self.jobs.run(function, event))
        leaving = asyncio.ensure_future(request.receive())
        try:
            await asyncio.wait([running, leaving], return_when=asyncio.FIRST_COMPLETED)
            return _answer(function, await running) if running.done() else Response(status_code=499)
        finally:
            for task in (running, leaving):
                task.cancel()

    def _function(self, name: str) -> Function | None:
        """By what `FunctionName` may be: a name, an ARN, either with an alias or a version at its end."""
        parts = name.split(":")
        short = parts[parts.index("function") + 1] if "function" in parts else parts[0]
        return self.template.function(short)


def _answer(function: Function, outcome: JobOutcome) -> Response:
    match outcome.status:
        case "succeeded":
            text = json.dumps(outcome.output)
            if len(text.encode()) <= INVOCATION_BYTES:
                return Response(text, media_type="application/json")
            return _function_error(
                "Function.ResponseSizeTooLarge", "Response payload size exceeded maximum allowed size."
            )
        case "failed":
            return _function_error(outcome.output["errorType"], outcome.output["errorMessage"])
        case "timed_out":
            return _function_error("Sandbox.Timedout", f"Task timed out after {function.timeout}.00 seconds")
        case "killed":
            return _function_error(
                "Runtime.ExitError", "RequestId: local Error: Runtime exited with error: signal: killed"
            )


def _function_error(kind: str, message: str) -> Response:
    """An invocation that happened and failed is a 200 with this header."""
    return JSONResponse({"errorType": kind, "errorMessage": message}, headers={"x-amz-function-error": "Unhandled"})


def _refusal(status: int, code: str, message: str) -> Response:
    return JSONResponse({"Type": "User", "Message": message}, status, headers={"x-amzn-errortype": code})
