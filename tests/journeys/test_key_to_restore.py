"""A user signs up with Google, spends, raises and rotates an API key, exports everything, leaves, and comes back."""

import csv
import io
import json
import zipfile
from typing import Any, LiteralString
from uuid import UUID, uuid4

import httpx
import pytest
from openai import AsyncOpenAI, AuthenticationError, PermissionDeniedError, RateLimitError

from tests.api_keys.keys import create
from tests.canaries import CANARY
from tests.journeys.paying import DAY, mail_to
from tests.journeys.running_stack import RunningStack
from tests.patience import PATIENCE, until
from tests.stand_ins.supabase_auth.browser import VERIFIER, provider_sign_in
from tests.stand_ins.supabase_auth.gotrue import query_of

MODEL = "openai/gpt-4.1-mini"
# The maximum tokens of an answer, which its budget holds until it ends.
MAX_TOKENS = 60
# Some such answers.
SMALL, LARGER = {"micro_usd": 300, "window": "month"}, {"micro_usd": 1_000_000, "window": "month"}
OVERLAP = 3600


async def sign_up_with_google(stack: RunningStack) -> str:
    """A new user's name: from the page of the provider over the code to a session."""
    name = f"person-{uuid4().hex[:8]}"
    async with httpx.AsyncClient(base_url=f"{stack.address}/auth/v1", timeout=PATIENCE) as browser:
        code = query_of(await provider_sign_in(browser, f"{name}@example.com"))["code"]
    tokens = (await stack.post("/auth/callback", {"code": code, "code_verifier": VERIFIER}, None)).json()
    stack.people[name], stack.tokens[name] = UUID(tokens["user"]["id"]), tokens["access_token"]
    return name


async def ask(stack: RunningStack, secret: str, question: str) -> str:
    """The streamed answer that OpenAI's client gets with this key. Raises the client's own errors."""
    async with AsyncOpenAI(api_key=secret, base_url=f"{stack.address}/v1", timeout=PATIENCE, max_retries=0) as openai:
        chunks = await openai.chat.completions.create(
            model=MODEL,
            messages=[{"role": "user", "content": f"{question} {CANARY}"}],
            max_tokens=MAX_TOKENS,
            stream=True,
        )
        return "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices])


async def spend(stack: RunningStack, secret: str) -> tuple[int, RateLimitError]:
    """Asks until the key is refused: how many answers there were, and the refusal."""
    for answers in range(50):
        try:
            assert await ask(stack, secret, f"Question {answers}")
        except RateLimitError as refused:
            return answers, refused
    raise AssertionError("the key is never refused")


async def export(stack: RunningStack, who: str) -> zipfile.ZipFile:
    """Everything in the account, as the user downloads it."""
    accepted = await stack.post("/user/data-export", None, who)
    assert accepted.status_code == 202, accepted.text
    await stack.run("export_import")
    found = (await stack.get(f"/exports/{accepted.json()['export_id']}", who)).json()
    assert (found["state"], found["progress"]) == ("done", 100), found
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        return zipfile.ZipFile(io.BytesIO((await browser.get(found["url"])).content))


async def delete_account(stack: RunningStack, who: str) -> str:
    """When the account will be erased."""
    answer = await stack.http.request(
        "DELETE", "/user", json={"confirm": f"{who}@example.com"}, headers=stack.headers(who)
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["deletes_at"])


@pytest.mark.exhaustive
async def test_a_key_is_used_up_and_rotated_and_its_account_exported_deleted_and_restored(
    stack: RunningStack,
) -> None:
    meera = await sign_up_with_google(stack)
    me = (await stack.get("/me", meera)).json()
    assert me["profile"]["email"] == f"{meera}@example.com"

    key = await create(stack, meera, scopes=["chat", "usage:read"], budget=SMALL)
    answers, refused = await spend(stack, key["secret"])
    assert answers > 0
    assert (refused.code, refused.response.headers["x-should-retry"]) == ("insufficient_quota", "false")
    used = (await stack.get(f"/user/api-keys/{key['id']}/usage", meera)).json()
    assert used["totals"]["cost_micro_usd"] <= SMALL["micro_usd"]

    raised = await stack.http.patch(
        f"/user/api-keys/{key['id']}", json={"budget": LARGER}, headers=stack.headers(meera)
    )
    assert raised.status_code == 200, raised.text
    assert "Once more" in await ask(stack, key["secret"], "Once more")

    rotated = (await stack.post(f"/user/api-keys/{key['id']}/rotate", {"overlap_seconds": OVERLAP}, meera)).json()
    assert rotated["state"] == "rotating"
    for secret in (key["secret"], rotated["secret"]):
        assert await ask(stack, secret, "Both are valid")
    await stack.advance(OVERLAP + 1)
    with pytest.raises(AuthenticationError) as old:
        await ask(stack, key["secret"], "With the old one")
    assert old.value.code == "invalid_api_key"
    assert await ask(stack, rotated["secret"], "With the new one")

    kept = await stack.ask("What stays of me?", meera)
    exported = await export(stack, meera)
    check_export(exported, meera, key["id"], kept.start["conversation_id"])
    rows = list(csv.DictReader(io.StringIO(exported.read("usage.csv").decode())))
    assert [row["outcome"] for row in rows] == ["complete"] * (answers + 5)
    for secret in (key["secret"], rotated["secret"], stack.tokens[meera], VERIFIER):
        assert all(secret.encode() not in exported.read(name) for name in exported.namelist())
    await stack.run("send_mail")
    assert "Your OneAI data is ready" in await mail_to(stack, meera)

    deletes_at = await delete_account(stack, meera)
    with pytest.raises(AuthenticationError) as revoked:
        await ask(stack, rotated["secret"], "With a key")
    with pytest.raises(PermissionDeniedError) as deleting:
        await ask(stack, stack.tokens[meera], "With a token")
    assert (revoked.value.code, deleting.value.code) == ("invalid_api_key", "account_deleting")
    listed = await stack.get("/conversations", meera)
    assert (listed.status_code, listed.json()["error"]["deletes_at"]) == (403, deletes_at)

    await stack.advance(DAY)
    assert (await stack.post("/user/restore", None, meera)).status_code == 204
    assert [each["id"] for each in (await stack.get("/conversations", meera)).json()["items"]] == [
        kept.start["conversation_id"]
    ]
    again = await create(stack, meera)
    assert "I am back" in await ask(stack, again["secret"], "I am back")


def check_export(exported: zipfile.ZipFile, who: str, key: str, conversation: str) -> None:
    """The account, its key, its conversation and what was done are all in it."""
    account: dict[str, Any] = json.loads(exported.read("account.json"))
    assert (account["profile"]["email"], account["profile"]["provider"]) == (f"{who}@example.com", "google")
    assert [each["id"] for each in account["api_keys"]] == [key]
    acts = [each["action"] for each in json.loads(exported.read("audit_log.json"))]
    assert acts == ["session.create", "api_key.create", "api_key.update", "api_key.rotate", "data_export.create"]
    index = json.loads(exported.read("index.json"))
    assert [each["id"] for each in index["conversations"]] == [conversation]


async def test_the_sign_in_is_deleted_after_the_grace_period(stack: RunningStack) -> None:
    ravi = stack.newcomer()
    assert (await stack.ask("Rain", ravi)).text
    await delete_account(stack, ravi)

    # Has the effect of fourteen days, without their schedules.
    stack.database.rows("update oneai.users set deletes_at = oneai.now() where id = %s", stack.people[ravi])
    assert (await stack.run("delete_accounts"))["status"] == "succeeded"
    gone: LiteralString = "select 1 from oneai.users where id = %s having count(*) = 0"
    await until(lambda: stack.database.rows(gone, stack.people[ravi]))  # by this run, or by the schedule's

    account = {"email": f"{ravi}@example.com", "password": f"{ravi}-{CANARY}"}
    async with httpx.AsyncClient(base_url=f"{stack.address}/auth/v1", timeout=PATIENCE) as page:
        refused = await page.post("/token?grant_type=password", json=account)
        assert (refused.status_code, refused.json()["error_code"]) == (400, "invalid_credentials")
        assert (await page.post("/signup", json=account)).status_code == 200
