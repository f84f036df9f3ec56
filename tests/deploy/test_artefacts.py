"""What `make build` builds starts and answers `events/` with nothing of the developer's machine lent to it."""

import asyncio
import json
import os
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from openai.types.chat import ChatCompletionChunk

from deploy.build import LARGEST, PARSING, SENTRY_LAYER, size
from local.sample_event import event_of
from oneai import __version__
from tests.deploy.artefacts import layer
from tests.deploy.conftest import Outside
from tests.deploy.samples import Event, committed, of_routes, on_own_domain, route, signed_in
from tests.deploy.sandbox import started
from tests.deploy.transformed import REPOSITORY, functions, routes
from tests.ingest_document import made
from tests.ingest_document.reader import Storage
from tests.served import served

# Building all of it takes as long as a tenth of all other tests.
pytestmark = pytest.mark.exhaustive

SERVED = sorted({name for _, _, name in routes()})
ENVELOPE = {"error", "request_id"}

# What Asha gets, who has signed up and asked nothing yet, where it is not 404. A stranger gets 401, except of what is
# public.
ANSWERS = {
    "POST /chat/stream": 200,
    "POST /chat/ui-stream": 200,
    "GET /chat/ui-stream/{id}": 204,
    "GET /chat/ui-stream/{id}/stream": 204,
    "POST /v1/{path+}": 200,
    "POST /uploads": 201,
    "GET /documents": 200,
    "POST /documents": 201,
    "POST /documents/upload": 201,
    "POST /documents/bulk": 200,
    "POST /documents/bulk-upload": 200,
    "DELETE /documents/bulk-delete": 200,
    "POST /documents/bulk-reprocess": 200,
    "GET /collections": 200,
    "POST /collections": 201,
    "GET /chat/models": 200,
    "GET /chat/history": 200,
    "GET /conversations": 200,
    "POST /conversations": 201,
    "DELETE /conversations": 204,
    "POST /conversations/bulk": 200,
    "POST /exports": 202,
    "GET /search": 200,
    "GET /documents/search": 200,
    "GET /quota/status": 200,
    "GET /user/quota": 200,
    "POST /quota/check": 200,
    "POST /quota/quote": 200,
    "GET /user/usage": 200,
    "GET /user/usage/export": 200,
    "GET /user/usage/forecast": 200,
    "GET /auth/callback": 302,
    "POST /auth/callback": 422,
    "GET /auth/session": 200,
    "POST /auth/session": 401,
    "POST /auth/verify": 200,
    "GET /auth/sessions": 200,
    "GET /me": 200,
    "GET /user/profile": 200,
    "PATCH /user/profile": 200,
    "GET /user/preferences": 200,
    "PATCH /user/preferences": 200,
    "GET /user/api-keys": 200,
    "POST /user/api-keys": 201,
    "POST /user/data-export": 202,
    "POST /user/restore": 204,
    "GET /user/consents": 200,
    "POST /user/consents": 201,
    "DELETE /user/consents/{kind}": 422,
    "GET /retention": 200,
    "POST /keys/report": 204,
    "GET /mail/unsubscribe": 200,
    "GET /mail/confirm": 200,
    "PUT /user/picture": 422,
    "DELETE /user/picture": 204,
    "GET /user/preferences/workspaces": 200,
    "GET /user/prompts": 200,
    "POST /user/prompts": 201,
    "POST /support/sales": 201,
    "POST /chatbots": 422,
    "GET /chatbots": 200,
    "GET /inbox/conversations": 200,
    "GET /inbox/conversations/stats": 200,
    "POST /inbox/conversations/bulk": 200,
    "GET /inbox/tags": 200,
    "GET /inbox/changes": 200,
    "GET /inbox/views": 200,
    "POST /inbox/views": 201,
    "GET /inbox/replies": 200,
    "POST /inbox/replies": 201,
    "GET /analytics/overview": 200,
    "POST /exports/chatbots": 202,
    "GET /conversations/labels": 200,
    "GET /shares": 200,
    "GET /credits/packages": 200,
    "GET /ledger/roots": 200,
    "GET /subscription/offers": 200,
    "GET /credits/balance": 200,
    "GET /credits/transactions": 200,
    "GET /credits/usage": 200,
    "GET /credits/sources": 200,
    "GET /credits/limits": 200,
    "POST /credits/purchase": 503,
    "GET /credits/auto-recharge": 200,
    "PUT /credits/auto-recharge": 503,
    "GET /ledger/entries": 200,
    "POST /workspaces": 201,
    "GET /workspaces": 200,
    "GET /team/members": 409,
    "PUT /team/members/{user_id}": 409,
    "DELETE /team/members/{user_id}": 409,
    "GET /team/invitations": 409,
    "GET /team/invitations/{id}": 409,
    "DELETE /team/invitations/{id}": 409,
    "POST /team/invitations/{id}/resend": 409,
    "POST /invitations/lookup": 410,
    "POST /invitations/accept": 410,
    "GET /subscription": 200,
    # No payment provider has a key here.
    "POST /subscription/create": 503,
    "POST /subscription/cancel": 409,
    "POST /subscription/cancel/undo": 409,
    "POST /subscription/update": 422,
    "POST /subscription/pause": 409,
    "POST /subscription/resume": 409,
    "GET /subscription/history": 200,
    "GET /subscription/portal": 409,
    "GET /subscription/invoice": 200,
    "GET /subscription/billing-details": 200,
    "PUT /subscription/billing-details": 200,
    "POST /billing/subscribe": 503,
    "POST /billing/cancel": 409,
    "POST /billing/upgrade": 422,
    "GET /billing/invoices": 200,
    "GET /health": 200,
    "GET /health/ready": 200,
    "GET /status": 200,
    "GET /openapi.json": 200,
    "GET /subscription/plans": 200,
    "GET /subscription/plans/{id}": 200,
    "GET /docs/search": 200,
    "POST /docs/feedback": 204,
}
# A user with a link may read what was shared and report it, one with a mail may end that kind of mail, and anyone may
# know which plans and models there are, and how long what is kept.
PUBLIC = {
    *("GET /shared/{token}", "POST /shared/{token}/report", "GET /subscription/plans", "GET /subscription/plans/{id}"),
    *("GET /mail/unsubscribe", "POST /mail/unsubscribe", "GET /chat/models"),
    *("GET /auth/callback", "POST /auth/callback", "POST /auth/session", "POST /auth/verify"),
    *("GET /mail/confirm", "POST /mail/confirm", "GET /credits/packages", "GET /ledger/roots", "POST /support/sales"),
    *("POST /invitations/lookup", "POST /keys/report", "GET /docs/search", "POST /docs/feedback", "GET /retention"),
}
# What is answered otherwise when it is sent again, at the other address: a name is there once.
AGAIN = {"POST /collections": 422, "POST /inbox/replies": 422, "POST /workspaces": 409}
# A team's sample names its workspace, and a route's event the personal one, which has no team.
ANY = {"POST /team/invite": (201, 409)}
# Visitors have other tokens, and there is no chatbot.
OF_VISITORS = (401, 404)
# What is answered while the secret has no keys yet, where it is not 401. A visitor's session is signed with one.
WITHOUT_KEYS = {"HealthFunction": 200, "DocsFunction": 200, "VisitorChatFunction": 500}
# The token of all these events would be refused from then on.
ENDS_ACCESS = {"POST /auth/sign-out", "DELETE /user"}


def is_for_visitors(event: Event) -> bool:
    """Whether visitors of a chatbot send this, with a session of their own."""
    return "/widget/" in route(event)


def requests(name: str) -> list[Event]:
    """A function's samples and an event of each of its routes, at either address."""
    events = [*committed(name).values(), *of_routes(name)]
    return [each for event in events for each in (event, on_own_domain(event))]


@pytest.mark.parametrize("name", SERVED)
async def test_a_function_answers_its_samples_and_refuses_strangers_from_its_artefact(
    name: str, artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    async with started(artefacts, name, tmp_path, **outside.variables) as function:
        answered: set[str] = set()
        unexpected: list[tuple[str, int, str]] = []
        for event in (each for each in requests(name) if route(each) not in ENDS_ACCESS):
            answer = await function.answer(signed_in(event, outside.token))
            expected = ANSWERS.get(route(event), 404)
            expected = AGAIN.get(route(event), expected) if route(event) in answered else expected
            answered.add(route(event))
            if answer.status not in (OF_VISITORS if is_for_visitors(event) else ANY.get(route(event), (expected,))):
                unexpected.append((route(event), answer.status, answer.body))
            assert answer.headers["x-request-id"], route(event)
            origin = next(value for header, value in event["headers"].items() if header.lower() == "origin")
            assert answer.headers.get("access-control-allow-origin") == origin, route(event)
            if answer.status >= 400:
                assert json.loads(answer.body).keys() == ENVELOPE, route(event)
        assert unexpected == [], function.log()
        for event in requests(name) if name != "HealthFunction" else ():
            if route(event) not in PUBLIC and not is_for_visitors(event):
                stranger = await function.answer(event)
                assert stranger.status == 401, route(event)
                envelope = json.loads(stranger.body)
                assert envelope.keys() == ENVELOPE
                code = "invalid_api_key" if "/v1/" in route(event) else "unauthenticated"
                assert envelope["error"]["code"] == code, route(event)


@pytest.mark.parametrize("name", SERVED)
async def test_a_function_starts_before_the_secret_has_any_keys(
    name: str, artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    # The first deployment publishes a version, and with it a snapshot of a started function.
    variables = {
        key: value for key, value in outside.variables.items() if key not in ("DATABASE_URL", "OPENROUTER_API_KEY")
    }
    private = (event for event in requests(name) if route(event) not in PUBLIC)
    event = event_of("GET", "/docs/search") if name == "DocsFunction" else next(private)
    async with started(artefacts, name, tmp_path, **variables) as function:
        assert (await function.answer(event)).status == WITHOUT_KEYS.get(name, 401)


async def test_the_built_chat_function_streams_a_whole_answer(
    artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    event = signed_in(committed("ChatStreamFunction")["chat_stream/ask"], outside.token)
    async with started(artefacts, "ChatStreamFunction", tmp_path, **outside.variables) as function:
        answer = await function.answer(event)
    assert answer.headers["content-type"].startswith("text/event-stream")
    names = [line.removeprefix("event: ") for line in answer.body.splitlines() if line.startswith("event: ")]
    assert names[0] == "start"
    assert names[-1] == "done"
    assert "delta" in names
    assert outside.database.rows("select state from oneai.chat_messages where role = 'assistant'") == ["complete"]


async def test_the_built_chat_function_streams_chunks_to_openais_clients(
    artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    event = signed_in(committed("ChatStreamFunction")["chat_stream/chat_completions"], outside.token)
    async with started(artefacts, "ChatStreamFunction", tmp_path, **outside.variables) as function:
        answer = await function.answer(event)
    *chunks, done = [line.removeprefix("data: ") for line in answer.body.splitlines() if line.startswith("data: ")]
    assert done == "[DONE]"
    assert {ChatCompletionChunk.model_validate_json(chunk).model for chunk in chunks} == {"openai/gpt-4.1-mini"}
    assert json.loads(chunks[-1])["usage"]["completion_tokens"] > 0


async def test_the_built_webhook_accepts_signed_events_alone(artefacts: Path, outside: Outside, tmp_path: Path) -> None:
    variables = outside.variables | {"RAZORPAY_WEBHOOK_SECRET": "WEBHOOK_SECRET"}
    async with started(artefacts, "WebhooksFunction", tmp_path, **variables) as function:
        answers = {sample: await function.answer(event) for sample, event in committed("WebhooksFunction").items()}

        assert {sample: answer.status for sample, answer in answers.items()} == {
            "webhooks/payment_failed_in_base64": 200,
            "webhooks/subscription_charged": 200,
            "webhooks/unsigned": 400,
        }, function.log()
    assert json.loads(answers["webhooks/unsigned"].body).keys() == ENVELOPE
    assert outside.database.one("select count(*) from oneai.provider_events") == 2


async def test_the_built_webhook_starts_before_the_secret_has_any_keys(artefacts: Path, tmp_path: Path) -> None:
    async with started(artefacts, "WebhooksFunction", tmp_path) as function:
        answers = [await function.answer(event) for event in committed("WebhooksFunction").values()]
    # A payment provider without a secret does not exist.
    assert [answer.status for answer in answers] == [404, 404, 404]


async def test_the_built_health_function_returns_its_version(artefacts: Path, outside: Outside, tmp_path: Path) -> None:
    event = event_of("GET", "/health")
    async with started(artefacts, "HealthFunction", tmp_path, **outside.variables) as function:
        answer = await function.answer(event)
    assert json.loads(answer.body) == {"status": "ok", "version": __version__, "checks": None}


def test_the_built_health_function_contains_the_openapi_document(artefacts: Path) -> None:
    document = artefacts / "HealthFunction" / "openapi.json"
    assert not document.is_symlink()
    assert document.read_bytes() == (REPOSITORY / "docs" / "openapi.json").read_bytes()


async def test_the_built_health_function_is_not_ready_without_a_database(
    artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    event = event_of("GET", "/health/ready")
    gone = outside.variables | {"DATABASE_URL": f"postgresql://oneai_app@/oneai?host={tmp_path}"}
    async with started(artefacts, "HealthFunction", tmp_path, **gone) as function:
        answer = await function.answer(event)
    assert answer.status == 503
    assert json.loads(answer.body)["error"]["code"] == "busy"


async def test_the_built_job_settles_an_answer_of_a_killed_function(
    artefacts: Path, outside: Outside, tmp_path: Path
) -> None:
    question = signed_in(committed("ChatStreamFunction")["chat_stream/ask"], outside.token)
    question["body"] = json.dumps({"message": "Take your time.", "model": "local/slow"})
    (tmp_path / "chat").mkdir()
    async with started(artefacts, "ChatStreamFunction", tmp_path / "chat", **outside.variables) as chat:
        asking = asyncio.create_task(chat.invoke(question))
        while not outside.database.rows("select 1 from oneai.answer_pieces where kind = 'text'"):
            assert not asking.done(), asking.result().text
            await asyncio.sleep(0.05)
        chat.kill()
        with suppress(httpx.TransportError):
            await asking
    # A checkpoint under way when its function died is still finished by Postgres, and renews the lease.
    while outside.database.rows(  # noqa: ASYNC110 - another process ends it
        "select 1 from pg_stat_activity where usename = 'oneai_app' and datname = current_database()"
    ):
        await asyncio.sleep(0.05)
    assert outside.database.rows("select state from oneai.chat_messages where role = 'assistant'") == ["streaming"]
    outside.database.advance(3600)

    (event,) = committed("SettleAnswersFunction").values()
    async with started(artefacts, "SettleAnswersFunction", tmp_path, **outside.variables) as job:
        for _ in range(2):  # the second on the loop and the pool that the first left behind
            done = (await job.invoke(event)).json()
            assert "errorType" not in done, f"{done}\n{job.log()}"
    state, text = outside.database.one("select state, content from oneai.chat_messages where role = 'assistant'")
    assert (state, text.startswith("slowly")) == ("truncated", True)
    assert outside.database.one("select reserved from oneai.usage_quotas where quota_key = 'small_messages'") == 0


async def test_the_built_function_reads_a_document_from_its_artefact_and_layer(artefacts: Path, tmp_path: Path) -> None:
    storage = Storage()
    (event,) = committed(PARSING).values()
    async with (
        served(lambda _: storage.app) as address,
        started(artefacts, PARSING, tmp_path) as function,
    ):
        for content in (made.pdf(["A lease"]), made.word(paragraphs=[("Normal", "A lease")])):
            storage.files["stored"] = content
            answer = (await function.invoke({**event, "url": f"{address}/stored"})).json()
            assert [piece["text"] for piece in answer["pieces"]] == ["A lease"], f"{answer}\n{function.log()}"


def test_every_file_is_compiled_independently_of_its_date_in_the_zip(artefacts: Path) -> None:
    for artefact in (layer(artefacts), *(artefacts / name for name in functions())):
        sources = [file for file in artefact.rglob("*.py") if "templates" not in file.parts]
        assert sources
        for source in sources:
            compiled = source.parent / "__pycache__" / f"{source.stem}.cpython-313.pyc"
            # Bytes 4 to 8 are flags: 1 is an unchecked hash, 0 a date, which the zip would change.
            assert compiled.read_bytes()[4:8] == b"\x01\0\0\0", source


def test_bytecode_contains_paths_of_lambda_and_none_of_the_builder(artefacts: Path) -> None:
    cache = layer(artefacts) / "python/oneai/__pycache__"
    assert b"/opt/python/oneai/errors.py" in (cache / "errors.cpython-313.pyc").read_bytes()
    for compiled in (layer(artefacts) / "python/oneai").rglob("*.pyc"):
        assert str(artefacts).encode() not in compiled.read_bytes(), compiled
    for name in functions():
        assert b"/var/task/main.py" in next((artefacts / name).rglob("main.cpython-313.pyc")).read_bytes()


def test_the_wrapper_script_is_executable(artefacts: Path) -> None:
    assert os.access(layer(artefacts) / "python/oneai/start", os.X_OK)


def test_the_layer_has_all_runtime_packages_and_no_others(artefacts: Path) -> None:
    packages = {entry.name for entry in (layer(artefacts) / "python").iterdir()}
    assert {"oneai", "fastapi", "psycopg", "httpx", "mangum"} <= packages
    assert not packages & {"tests", "local", "openapi", "stand_ins"}
    assert not packages & {"boto3", "botocore", "pytest", "uvicorn", "samcli", "sentry_sdk"}
    assert (artefacts / SENTRY_LAYER / "python/sentry_sdk").is_dir()


def test_every_function_is_small_and_fits_lambdas_limit_with_its_layer(artefacts: Path) -> None:
    for name in functions():
        assert (artefacts / name / "main.py").exists()
        # One has what takes files apart, and one the OpenAPI document.
        assert size(artefacts / name) < {PARSING: 60_000_000, "HealthFunction": 4_000_000}.get(name, 1_500_000)
        assert size(artefacts / name) + size(layer(artefacts)) < LARGEST
