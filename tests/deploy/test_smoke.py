"""What a deployment tries from outside: every function that has a route, and with an account a whole question."""

import asyncio
import re

import httpx
import pytest

from deploy import smoke
from stand_ins.supabase_auth.config import CONFIG
from tests.canaries import CANARY
from tests.deploy.transformed import routes
from tests.world import World

pytestmark = pytest.mark.exhaustive

type Output = pytest.CaptureFixture[str]


async def test_every_function_with_a_route_is_tested(world: World, capsys: Output) -> None:
    asked: list[tuple[str, str]] = []

    def note(request: httpx.Request) -> None:
        asked.append((request.method, request.url.path.removeprefix("/api")))

    with httpx.Client(event_hooks={"request": [note]}) as client:
        target = smoke.Target(f"{world.address}/api")
        await asyncio.to_thread(lambda: [check() for _, check in smoke._Checks(client, target).all()])

    patterns = [(method, re.sub(r"{\w+\+?}", "[^/]+", path), owner) for method, path, owner in routes()]
    tried = {
        owner
        for method, pattern, owner in patterns
        if any(method == by and re.fullmatch(pattern, at) for by, at in asked)
    }
    # A stack has it only with the parameter Chatbots.
    assert tried == {owner for _, _, owner in patterns} - {"VisitorChatFunction"}


async def test_a_smoke_test_with_an_account_asks_a_question_and_reads_the_whole_answer(
    world: World, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"email": "smoke@example.com", "password": f"password-{CANARY}"}
    async with httpx.AsyncClient() as client:
        (await client.post(f"{world.address}/auth/v1/signup", json=user)).raise_for_status()
    monkeypatch.setenv("SMOKE_EMAIL", user["email"])
    monkeypatch.setenv("SMOKE_PASSWORD", user["password"])
    monkeypatch.setattr(smoke, "ATTEMPTS", 1)
    target = smoke.Target(f"{world.address}/api", supabase_url=world.address)

    await asyncio.to_thread(smoke.run, target)

    assert capsys.readouterr().out.splitlines()[-1] == "  ok  a question is answered to its end"
    assert world.database.rows("select outcome from oneai.usage_events") == ["complete"]

    monkeypatch.setenv("SMOKE_PASSWORD", "another")
    with pytest.raises(smoke.SmokeFailed, match="/auth/v1/token answered 400") as failed:
        await asyncio.to_thread(smoke.run, target)
    assert CANARY not in str(failed.value)


async def test_a_stage_with_passkeys_fails_if_supabase_has_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    target = smoke.Target(f"{world.address}/api", supabase_url=world.address, passkeys=True)
    with httpx.Client() as client:
        checks = dict(smoke._Checks(client, target).all())
        await asyncio.to_thread(checks["Supabase has passkeys"])

        monkeypatch.setitem(CONFIG["auth"]["passkey"], "enabled", False)

        with pytest.raises(smoke.SmokeFailed, match="has no passkeys, but Passkeys=true"):
            await asyncio.to_thread(checks["Supabase has passkeys"])
