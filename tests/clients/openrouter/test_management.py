"""The keys API, as an operator's command uses it, against the stand-in."""

import json

import httpx
import pytest

from oneai.clients.openrouter import management
from oneai.clients.openrouter.management import KeyInfo, ManagementKeyRefused, fetch_spend
from oneai.errors import NotFound, UpstreamError, UpstreamUnavailable
from stand_ins.openrouter.keys import MANAGEMENT_KEY
from tests.clients.openrouter.conftest import Configure
from tests.clients.openrouter.upstream import Upstream, Wire, ask

pytestmark = pytest.mark.sampled(0.4)


async def test_a_key_is_created_listed_disabled_and_deleted(upstream: Upstream, configure: Configure) -> None:
    info, key = await management.create_key(MANAGEMENT_KEY, "first", {"limit": 5, "limit_reset": "daily"})
    configure(OPENROUTER_API_KEY=key)

    assert await management.list_keys(MANAGEMENT_KEY) == [info]
    assert (info.name, info.disabled, info.is_of(key)) == ("first", False, True)
    assert info.limits == {"limit": 5, "limit_reset": "daily", "include_byok_in_limit": False}
    assert (await ask("local/echo")).error is None

    await management.disable_key(MANAGEMENT_KEY, info.hash)
    assert (await ask("local/echo")).alert == "openrouter_key_refused"
    assert [each.disabled for each in await management.list_keys(MANAGEMENT_KEY)] == [True]

    await management.delete_key(MANAGEMENT_KEY, info.hash)
    assert (await ask("local/echo")).alert == "openrouter_key_refused"
    assert await management.list_keys(MANAGEMENT_KEY) == []
    for change in (management.disable_key, management.delete_key):
        with pytest.raises(NotFound):
            await change(MANAGEMENT_KEY, info.hash)


# A page has a hundred.
NAMES = [f"key {number}" for number in range(101)]


async def test_keys_of_the_dashboard_are_listed_over_all_pages(upstream: Upstream) -> None:
    await ask("local/echo")
    for name in NAMES:
        await management.create_key(MANAGEMENT_KEY, name, {})

    listed = await management.list_keys(MANAGEMENT_KEY)

    assert [each.name for each in listed] == ["made in the dashboard", *NAMES]
    assert listed[0].is_of("sk-or-v1-of-a-test")


async def test_an_ordinary_key_cannot_manage_and_a_management_key_cannot_ask(
    upstream: Upstream, configure: Configure
) -> None:
    _, key = await management.create_key(MANAGEMENT_KEY, "ordinary", {})
    for refused in (key, "", "sk-or-v1-management"):
        with pytest.raises(ManagementKeyRefused) as error:
            await management.list_keys(refused)
        assert key not in str(error.value)

    configure(OPENROUTER_API_KEY=MANAGEMENT_KEY)
    assert (await ask("local/echo")).alert == "openrouter_key_refused"


async def test_a_key_above_its_limit_is_refused(upstream: Upstream, configure: Configure) -> None:
    _, key = await management.create_key(MANAGEMENT_KEY, "small", {"limit": 0.0000001})
    configure(OPENROUTER_API_KEY=key)

    assert (await ask("openai/gpt-4.1")).error is None
    assert (await ask("openai/gpt-4.1")).alert == "openrouter_key_refused"
    with pytest.raises(UpstreamUnavailable):
        await fetch_spend(key)


async def test_the_stand_in_shows_a_key_once_and_only_to_its_creator(upstream: Upstream) -> None:
    headers = {"authorization": f"Bearer {MANAGEMENT_KEY}"}
    async with httpx.AsyncClient(base_url=f"{upstream.address}/api/v1", headers=headers) as client:
        created = await client.post("/keys", json={"name": "once"})
        body = created.json()
        assert (created.status_code, sorted(body)) == (201, ["data", "key"])
        one = await client.get(f"/keys/{body['data']['hash']}")
        assert one.json() == {"data": body["data"]}
        assert body["key"] not in json.dumps(body["data"]) + (await client.get("/keys")).text
        assert (await client.get("/credits")).status_code == 200
        assert (await client.post("/keys", json={})).status_code == 400
        own = {"authorization": f"Bearer {body['key']}"}
        assert (await client.get("/credits", headers=own)).status_code == 403
        assert (await client.get("/key", headers=own)).json()["data"]["usage"] == 0


@pytest.mark.parametrize(
    ("label", "key", "fits"),
    [
        ("sk-or-v1-0e6...c96", "sk-or-v1-0e6aaaac96", True),
        ("sk-or-v1-0e6...1c96", "sk-or-v1-0e6aaaa1c96", True),
        ("sk-or-v1-0e6...c96", "sk-or-v1-0e7aaaac96", False),
        ("sk-or-v1-0e6...c96", "sk-or-v1-0e6aaaac97", False),
        ("...", "sk-or-v1-0e6aaaac97", False),
        ("", "sk-or-v1-0e6aaaac97", False),
    ],
)
def test_a_label_matches_the_key_with_its_beginning_and_end(label: str, key: str, fits: bool) -> None:
    assert KeyInfo("hash", "name", label, disabled=False, limits={}).is_of(key) is fits


@pytest.mark.parametrize("answer", [b"{}", b'{"data": {}, "key": ""}', b'{"data": {"key": "sk-inside"}}', b"<html>"])
async def test_an_answer_without_a_key_is_an_error(wire: Wire, answer: bytes) -> None:
    wire.reads = [answer]

    with pytest.raises(UpstreamError, match="has no key in it"):
        await management.create_key(MANAGEMENT_KEY, "name", {})


@pytest.mark.parametrize("answer", [b"{}", b'{"data": {"usage": "a lot"}}', b'{"data": {"usage": -1}}', b"<html>"])
async def test_a_missing_spend_is_an_error(wire: Wire, answer: bytes) -> None:
    wire.reads = [answer]

    with pytest.raises(UpstreamError, match="does not say"):
        await fetch_spend("sk-or-v1-of-a-test")
