"""`make smoke STAGE=staging`: tests a deployed API from outside.

Without an account it checks that every function with a route starts and refuses with our messages, that the database
and the signing keys are reachable, and that the OpenAPI document is the one of this commit. With SMOKE_EMAIL and
SMOKE_PASSWORD it signs in, asks a question and reads the answer to its end, which costs a fraction of a cent.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from deploy import stack
from deploy.programs import ProgramFailed
from deploy.stage import NoStage, Stage, read_stage
from local import dotenv
from local.data_folder import REPOSITORY

TIMEOUT = httpx.Timeout(30, connect=10)
# A function that has just been published may answer its first requests late, or not at all.
ATTEMPTS, SECONDS_BETWEEN = 4, 5.0
QUESTION_SECONDS = 120

# One route of each function with routes, and its answer to an unauthenticated request.
REFUSALS = (
    ("POST", "/chat/stream", 401, "unauthenticated"),
    ("GET", "/conversations", 401, "unauthenticated"),
    ("GET", "/documents/search?q=rent", 401, "unauthenticated"),
    ("GET", "/quota/status", 401, "unauthenticated"),
    ("GET", "/me", 401, "unauthenticated"),
    ("GET", "/subscription", 401, "unauthenticated"),
    ("GET", "/workspaces", 401, "unauthenticated"),
    ("GET", "/chatbots", 401, "unauthenticated"),
    ("GET", "/admin/overview", 401, "unauthenticated"),
    ("GET", "/shared/smoke-test-of-no-conversation", 404, "not_found"),
)


class SmokeFailed(Exception):
    """A check failed; the text names it, with the expected and the actual answer."""


@dataclass(frozen=True)
class Target:
    """The API under test."""

    api_url: str
    origin: str = ""
    """A page's origin that the API has to allow."""
    webhook_url: str = ""
    supabase_url: str = ""
    publishable_key: str = ""
    passkeys: bool = False
    """Whether the web app offers passkeys."""

    @classmethod
    def of(cls, stage: Stage, state: stack.StackState) -> "Target":
        """The deployed stack of a stage."""
        return cls(
            state.api_url.rstrip("/"),
            stage.parameter("CorsOrigins").partition(",")[0],
            state.outputs.get("WebhookUrl", ""),
            stage.parameter("SupabaseUrl"),
            stage.parameter("SupabasePublishableKey"),
            stage.parameter("Passkeys") == "true",
        )


def run(target: Target) -> None:
    """Runs every check and prints each success. Raises SmokeFailed at the first failure."""
    with httpx.Client(timeout=TIMEOUT) as client:
        for name, check in _Checks(client, target).all():
            _hold(name, check)
            print(f"  ok  {name}", flush=True)


def answers(target: Target) -> None:
    """Checks only that the API answers, for the previous version after a rollback. Raises SmokeFailed."""
    with httpx.Client(timeout=TIMEOUT) as client:
        _hold("the API is ready", _Checks(client, target).ready)


def _hold(name: str, check: Callable[[], None]) -> None:
    for left in reversed(range(ATTEMPTS)):
        try:
            return check()
        except (SmokeFailed, httpx.HTTPError) as error:
            if not left:
                reason = str(error) if isinstance(error, SmokeFailed) else f"{type(error).__name__} {error}"
                raise SmokeFailed(f"{name}: {reason}") from None
        time.sleep(SECONDS_BETWEEN)
    return None


class _Checks:
    """The checks of one API; each raises SmokeFailed, or an error of httpx."""

    def __init__(self, client: httpx.Client, target: Target) -> None:
        self._client, self._target = client, target

    def all(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """Every check, with the message of its success."""
        yield "the API answers", self.alive
        yield "the database and the signing keys can be had", self.ready
        yield "its document is that of this commit", self.document
        for method, path, status, code in REFUSALS:
            yield f"{method} {path} refuses a stranger", partial(self.refusal, method, path, status, code)
        if self._target.origin:
            yield f"pages of {self._target.origin} may call it", self.preflight
        yield "plans are listed", self.plans
        yield "the documentation can be searched", self.documentation
        if self._target.webhook_url:
            yield "the webhook takes no unsigned event", self.webhook
        if self._target.passkeys:
            yield "Supabase has passkeys", self.passkeys
        if os.environ.get("SMOKE_EMAIL"):
            yield "a question is answered to its end", self.question

    def alive(self) -> None:
        if self._get("/health").get("status") != "ok":
            raise SmokeFailed("/health does not say ok")

    def ready(self) -> None:
        if self._get("/health/ready").get("status") != "ready":
            raise SmokeFailed("/health/ready does not say ready")

    def document(self) -> None:
        if self._get("/openapi.json") != json.loads((REPOSITORY / "docs" / "openapi.json").read_text()):
            raise SmokeFailed("/openapi.json is not docs/openapi.json: another version answers")

    def refusal(self, method: str, path: str, status: int, code: str) -> None:
        response = self._client.request(method, self._url(path), json={} if method == "POST" else None)
        if _expect(response, status).get("error", {}).get("code") != code:
            raise SmokeFailed(f"{method} {path} answered {status} without the code {code}")

    def preflight(self) -> None:
        origin = self._target.origin
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        response = self._client.options(self._url("/chat/stream"), headers=headers)
        if response.headers.get("Access-Control-Allow-Origin") != origin:
            raise SmokeFailed(f"the preflight from {origin} is not allowed (CorsOrigins)")

    def plans(self) -> None:
        if not self._get("/subscription/plans").get("items"):
            raise SmokeFailed("/subscription/plans has no plan")

    def documentation(self) -> None:
        if not self._get("/docs/search?q=quota").get("items"):
            raise SmokeFailed("/docs/search finds nothing about quota")

    def webhook(self) -> None:
        response = self._client.post(self._target.webhook_url, json={"event": "smoke.test"})
        if not 400 <= response.status_code < 500:
            raise SmokeFailed(f"the webhook answered {response.status_code} to an unsigned event, not 4xx")

    def passkeys(self) -> None:
        headers = {"apikey": self._target.publishable_key}
        settings = _expect(self._client.get(f"{self._target.supabase_url}/auth/v1/settings", headers=headers), 200)
        if settings.get("passkeys_enabled") is not True:
            raise SmokeFailed("Supabase Auth has no passkeys, but Passkeys=true (docs/operations/deploy.md, step 1)")

    def question(self) -> None:
        signed_in = self._client.post(
            f"{self._target.supabase_url}/auth/v1/token?grant_type=password",
            headers={"apikey": self._target.publishable_key},
            json={"email": os.environ["SMOKE_EMAIL"], "password": os.environ.get("SMOKE_PASSWORD", "")},
        )
        token = _expect(signed_in, 200).get("access_token")
        response = self._client.post(
            self._url("/chat/stream"),
            headers={"Authorization": f"Bearer {token}"},
            json={"message": "Reply with the one word: pong", "temporary": True},
            timeout=QUESTION_SECONDS,
        )
        _expect(response, 200)
        events = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
        if "done" not in events:
            raise SmokeFailed(f"its stream ended with {events[-1] if events else 'nothing'}, not with done")

    def _get(self, path: str) -> dict[str, Any]:
        return _expect(self._client.get(self._url(path)), 200)

    def _url(self, path: str) -> str:
        return f"{self._target.api_url}{path}"


def _expect(response: httpx.Response, status: int) -> dict[str, Any]:
    """The body as a JSON object. Raises SmokeFailed for another status."""
    try:
        parsed = response.json()
    except ValueError:
        parsed = None
    body: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    if response.status_code != status:
        error = body.get("error")
        code = f" {error['code']}" if isinstance(error, dict) and "code" in error else ""
        raise SmokeFailed(f"{response.request.url.path} answered {response.status_code}{code}, not {status}")
    return body


def main(arguments: list[str] | None = None) -> int:
    """Returns 0 when every check succeeds."""
    parser = argparse.ArgumentParser(prog="make smoke", description="Tries a deployed API.")
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--url", default="", help="the API's address instead, such as http://127.0.0.1:8000/api")
    options = parser.parse_args(arguments)
    dotenv.load()
    try:
        target = Target(options.url.rstrip("/")) if options.url else _deployed(options.stage)
        run(target)
    except (NoStage, ProgramFailed, SmokeFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _deployed(name: str) -> Target:
    stage = read_stage(name)
    state = stack.describe(stage)
    if state is None:
        raise SmokeFailed(f"{stage.stack_name} is not deployed")
    return Target.of(stage, state)


if __name__ == "__main__":
    sys.exit(main())
