"""What the client makes of Supabase Auth's answers, over HTTP: refusals by their code, and an API that is not there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from oneai.clients import supabase_auth_api
from oneai.errors import OneAIError
from tests.canaries import CANARY
from tests.clients.supabase_auth.conftest import Configure
from tests.served import served

pytestmark = pytest.mark.sampled(0.34)

VERIFIER = CANARY + "v" * 43


class Supabase:
    """Answers every request with `answer`, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answer: Response = JSONResponse({})
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    def refuse(self, status: int, code: str, **headers: str) -> None:
        """GoTrue's refusal, whose `msg` is never passed on."""
        body = {"code": status, "error_code": code, "msg": "canary: internal detail"}
        self.answer = JSONResponse(body, status, headers)

    def app(self, _: str) -> Starlette:
        """The app to serve."""

        async def serve(request: Request) -> Response:
            self.requests.append((str(request.url), dict(request.headers), await request.body()))
            return self.answer

        return Starlette(routes=[Route("/{path:path}", serve, methods=["GET", "POST"])])


@pytest.fixture
async def supabase(configure: Configure) -> AsyncIterator[Supabase]:
    """A project that our settings name."""
    project = Supabase()
    async with served(project.app) as address:
        configure(SUPABASE_URL=address, SUPABASE_PUBLISHABLE_KEY="sb_publishable_test")
        yield project


async def refusal(call: Any) -> OneAIError:
    """What it raises; Supabase's text is in none of it."""
    with pytest.raises(OneAIError) as raised:
        await call
    assert "canary" not in f"{raised.value.message} {raised.value.extra}"
    return raised.value


@pytest.mark.parametrize(
    ("status", "code", "ours", "detail"),
    [
        (404, "flow_state_not_found", "invalid_request", ("code", "used_or_expired")),
        (422, "flow_state_expired", "invalid_request", ("code", "used_or_expired")),
        (400, "bad_code_verifier", "invalid_request", ("code_verifier", "wrong_verifier")),
        (400, "validation_failed", "invalid_request", None),
        (403, "user_banned", "account_suspended", None),
        (400, "email_not_confirmed", "email_not_confirmed", None),
        (429, "over_request_rate_limit", "rate_limited", None),
        (401, "no_authorization", "busy", None),
        (500, "unexpected_failure", "busy", None),
    ],
)
async def test_a_code_that_is_not_exchanged_is_refused_with_supabases_error_code(
    status: int, code: str, ours: str, detail: tuple[str, str] | None, supabase: Supabase
) -> None:
    supabase.refuse(status, code)

    error = await refusal(supabase_auth_api.exchange_code("code", VERIFIER))

    assert error.code == ours
    if detail:
        (found,) = error.extra["details"]
        assert (found["field"], found["code"]) == detail


@pytest.mark.parametrize(
    "code", ["refresh_token_not_found", "refresh_token_already_used", "session_not_found", "session_expired"]
)
async def test_an_ended_session_is_not_refreshed(code: str, supabase: Supabase) -> None:
    supabase.refuse(400, code)

    error = await refusal(supabase_auth_api.refresh("token"))

    assert (error.code, error.extra) == ("unauthenticated", {"reason": "session_ended"})


async def test_the_code_is_read_in_either_version_of_the_api(supabase: Supabase) -> None:
    supabase.answer = JSONResponse({"code": "session_expired", "message": "canary"}, 400)

    assert (await refusal(supabase_auth_api.refresh("token"))).code == "unauthenticated"


async def test_a_rate_limit_states_how_long_to_wait(supabase: Supabase) -> None:
    supabase.refuse(429, "over_request_rate_limit", **{"retry-after": "7"})

    assert (await refusal(supabase_auth_api.refresh("token"))).retry_after == 7


@pytest.mark.parametrize("code", ["session_not_found", "bad_jwt", "user_not_found"])
async def test_signing_out_an_ended_session_succeeds(code: str, supabase: Supabase) -> None:
    supabase.refuse(403, code)

    await supabase_auth_api.log_out("token", "global")

    url, headers, _ = supabase.requests[-1]
    assert url.endswith("/auth/v1/logout?scope=global")
    assert headers["authorization"] == "Bearer token"


async def test_the_verifier_and_the_key_are_sent_to_the_project_alone(supabase: Supabase) -> None:
    supabase.answer = RedirectResponse("https://evil.example/auth/v1/token")

    error = await refusal(supabase_auth_api.exchange_code("the-code", VERIFIER))

    ((url, headers, body),) = supabase.requests
    assert url.endswith("/auth/v1/token?grant_type=pkce")
    assert headers["apikey"] == "sb_publishable_test"
    assert body == b'{"auth_code":"the-code","code_verifier":"%s"}' % VERIFIER.encode()
    assert error.code == "invalid_request"


@pytest.mark.parametrize(
    "answer", [JSONResponse({}), JSONResponse([]), Response(b"<html>"), JSONResponse({"user": {}})]
)
async def test_an_answer_without_a_token_is_no_sign_in(answer: Response, supabase: Supabase) -> None:
    supabase.answer = answer

    assert (await refusal(supabase_auth_api.refresh("token"))).code == "busy"


async def test_an_unreachable_project_is_busy(configure: Configure) -> None:
    configure(SUPABASE_URL="http://127.0.0.1:9")

    error = await refusal(supabase_auth_api.refresh("token"))

    assert (error.code, error.retry_after) == ("busy", 2)


@pytest.mark.parametrize(
    ("status", "body", "ours"),
    [
        (400, {"code": 400, "msg": "canary: Invalid Refresh Token"}, "unauthenticated"),
        (401, {"code": 401, "msg": "canary"}, "unauthenticated"),
        (400, {"error": "invalid_grant", "error_description": "canary"}, "unauthenticated"),
        (400, {"error": "invalid_request"}, "invalid_request"),
        (400, {"error_code": "validation_failed", "msg": "canary"}, "invalid_request"),
        (401, {"message": "canary: no key of the project"}, "busy"),
        (500, {"code": 500, "msg": "canary"}, "busy"),
    ],
)
async def test_a_refresh_token_refused_without_a_code_ends_the_session(
    status: int, body: dict[str, Any], ours: str, supabase: Supabase
) -> None:
    supabase.answer = JSONResponse(body, status)

    assert (await refusal(supabase_auth_api.refresh("token"))).code == ours
