"""`make dev`, as the user at the terminal and their frontend see it."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from uuid import uuid4

import httpx
import pytest

from local.data_folder import REPOSITORY
from tests.local.running import Stack
from tests.patience import PATIENCE

pytestmark = pytest.mark.sampled(0.25)


def test_the_greeting_ends_with_the_users_a_curl_line_and_ready(stack: Stack) -> None:
    people = [f"  {name}@example.com  {name}-password" for name in ("asha", "ravi", "admin")]
    at = [stack.greeting.index(user) for user in people]
    (curl,) = [number for number, line in enumerate(stack.greeting) if line.startswith("curl -N ")]

    assert at == sorted(at)
    assert at[-1] < curl < len(stack.greeting) - 1
    assert stack.greeting[-1] == f"ready {stack.url}"


def test_the_printed_curl_line_streams_an_answer(stack: Stack) -> None:
    assert shutil.which("curl"), "curl is not installed: this test pastes the line that is printed for it."
    (line,) = [line for line in stack.greeting if line.startswith("curl -N ")]

    pasted = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True, timeout=PATIENCE)

    events = [line.removeprefix("event: ") for line in pasted.stdout.splitlines() if line.startswith("event: ")]
    assert events[0] == "start"
    assert events[-1] == "done"
    assert events.count("delta") > 5


def test_seeded_users_sign_in_and_can_ask(stack: Stack) -> None:
    with stack.client("ravi") as ravi:
        assert ravi.get("/api/health/ready").status_code == 200
        quotas = ravi.get("/api/quota/status").json()
        models = ravi.get("/api/chat/models").json()["items"]

    assert quotas["subscription"]["tier"] == "free"
    assert any(model["in_plan"] for model in models)


@pytest.mark.sampled(0.4)
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost:3001", True),
        ("http://127.0.0.1:4173", True),
        ("https://localhost:5174", True),
        ("http://localhost", True),
        ("http://localhost:3001.evil.example", False),
        ("http://localhost.evil.example:3001", False),
        ("http://localhost:", False),
        ("http://127.0.0.2:3001", False),
        ("https://evil.example", False),
        ("null", False),
    ],
)
def test_a_frontend_on_any_local_port_is_allowed_and_others_are_not(stack: Stack, origin: str, allowed: bool) -> None:
    expected = origin if allowed else None
    preflight = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    with stack.client() as asha:
        asked = asha.options("/api/chat/stream", headers={"origin": origin, **preflight})
        listed = asha.get("/api/conversations", headers={"origin": origin})
        answer = asha.post("/api/chat/stream", json={"message": "From where?"}, headers={"origin": origin})

    assert [each.status_code for each in (asked, listed, answer)] == [200, 200, 200]
    assert [each.headers.get("access-control-allow-origin") for each in (asked, listed, answer)] == [expected] * 3
    assert listed.headers["vary"] == "OneAI-Workspace, Origin"
    assert ("x-request-id" in listed.headers.get("access-control-expose-headers", "").lower()) == allowed


def test_a_frontend_on_any_local_port_may_read_the_rate_headers_of_v1(stack: Stack) -> None:
    with stack.client() as asha:
        for path in ("/api/v1/models", "/v1/models"):
            exposed = asha.get(path, headers={"origin": "http://localhost:5173"}).headers[
                "access-control-expose-headers"
            ]
            assert {"x-ratelimit-remaining-requests", "x-should-retry"} <= set(exposed.lower().split(", "))


def test_make_chat_talks_to_the_running_stack(stack: Stack) -> None:
    lines = ("Hello there", "/models", "/models local", "/model nonsense", "/model", "/model local/echo", "/model")
    typed = "\n".join((*lines, "Say this again", "/nonsense", "/new", "/quit", "never read", ""))

    chat = subprocess.run(
        [sys.executable, "-m", "local.chat"],
        cwd=REPOSITORY,
        env=os.environ | {"PORT": stack.url.rpartition(":")[2], "ONEAI_ENV_FILE": os.devnull},
        input=typed,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )

    hello, models, local, unknown, still, model, now, echo, nonsense, new, leaving = chat.stdout.split("\n> ")[1:]
    assert "“Hello there”" in hello
    assert len([line for line in models.splitlines() if line.startswith("local/")]) == 0
    assert "openai/" in models
    assert re.search(r"\d+ more .*: /models local", models)
    assert "local/slow" in local
    assert "openai/" not in local
    assert "There is no model nonsense." in unknown
    assert "the default model" in still
    assert "local/echo" in model
    assert now.strip().endswith("local/echo")
    assert "Say this again" in echo.partition("\n")[2]
    assert "There is no /nonsense." in nonsense
    assert "A new conversation." in new
    assert leaving.strip() == "/quit"
    assert chat.stderr == ""


def test_an_answer_of_a_killed_gateway_keeps_its_text_and_costs_one_unit(stack: Stack) -> None:
    with stack.client("admin") as admin:
        used = admin.get("/api/quota/status").json()["quotas"]["small_messages"]["used"]
        question = {"message": "Take your time", "model": "local/slow", "message_id": str(uuid4())}
        with admin.stream("POST", "/api/chat/stream", json=question) as answer:
            lines = answer.iter_lines()
            start = json.loads(next(line for line in lines if line.startswith("data: ")).removeprefix("data: "))
            next(line for line in lines if '"text"' in line)
            next(line for line in lines if '"text"' in line)
            assert httpx.post(f"{stack.url}/local/kill/chat_stream", timeout=PATIENCE).status_code == 202
            with pytest.raises(httpx.TransportError):
                list(lines)

        # No request was refused while the gateway restarted, and the clock settles what it left behind.
        assert admin.post("/local/clock", json={"advance_seconds": 90}).status_code == 200
        messages = admin.get(f"/api/conversations/{start['conversation_id']}/messages").json()["items"]
        quota = admin.get("/api/quota/status").json()["quotas"]["small_messages"]
        emitted = admin.get("/local/metrics").json()["items"]

    assert (messages[-1]["id"], messages[-1]["state"]) == (question["message_id"], "truncated")
    assert messages[-1]["content"].startswith("slowly")
    assert (quota["used"], quota["reserved"]) == (used + 1, 0)
    alerts = [metric for metric in emitted if metric["name"] == "OperatorAlert"]
    assert "reservation_lapsed" in [metric["dimensions"].get("kind") for metric in alerts]


@pytest.mark.exhaustive
def test_requests_wait_while_the_gateway_restarts(stack: Stack) -> None:
    for _ in range(2):
        assert httpx.post(f"{stack.url}/local/kill/health", timeout=PATIENCE).status_code == 202
        assert httpx.get(f"{stack.url}/api/health", timeout=PATIENCE).status_code == 200


@pytest.mark.exhaustive
def test_a_postgres_killed_during_its_start_is_restarted_until_it_runs(stack: Stack) -> None:
    before: set[int] = set()
    for _ in range(3):
        postmaster = _postmaster(stack, other_than=before)
        before.add(postmaster)
        os.kill(postmaster, signal.SIGKILL)

    give_up = time.monotonic() + PATIENCE
    while not httpx.get(f"{stack.url}/api/health/ready", timeout=PATIENCE).is_success:
        assert stack.process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.05)


def _postmaster(stack: Stack, *, other_than: set[int]) -> int:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        for pid, command in stack.programs().items():
            if "postgres -D" in command and pid not in other_than:
                return pid
        time.sleep(0.01)
    raise AssertionError("Postgres was not started again.")


def test_a_forwarded_for_header_from_the_client_is_ignored(stack: Stack) -> None:
    key = {"name": "From the office", "scopes": ["usage:read"], "ip_ranges": ["203.0.113.0/24"]}
    with stack.client() as asha:
        made = asha.post("/api/user/api-keys", json=key)
        assert made.status_code == 201, made.text
    forged = {"authorization": f"Bearer {made.json()['secret']}", "x-forwarded-for": "203.0.113.7"}

    answer = httpx.get(f"{stack.url}/api/user/usage", headers=forged)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "ip_not_allowed")
