"""The whole way of a workspace's own key, for each provider: added, tested, asked, limited, and revoked there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.credits.test_paying_with_credits import with_credits
from tests.provider_keys.answering import Provider, over, receipt, shown, with_key
from tests.provider_keys.every import CASES, Case, paid, running
from tests.provider_keys.keys import try_out
from tests.provider_keys.test_model_routes import routes
from tests.world import World

BUSY = (503, {"message": "Overloaded.", "type": "overloaded_error", "status": "UNAVAILABLE"})


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """One provider."""
    return CASES[request.param]


@pytest.fixture
async def provider(shared: World, monkeypatch: pytest.MonkeyPatch, case: Case) -> AsyncIterator[Provider]:
    """Its stand-in."""
    del shared
    async with running(case, monkeypatch) as found:
        yield found


async def test_a_key_of_each_provider_is_tested_pays_and_shows_in_the_receipt(
    shared: World, provider: Provider, case: Case
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider))
    model = case.id_of(case.model, key)

    tested = await try_out(shared, str(key), who)
    result = await shared.ask("What is a cat?", who, model=model)
    bill = await receipt(shared, who, result.start)

    assert (tested.status_code, tested.json()["ok"], tested.json()["problem"]) == (200, True, None)
    assert result.text
    assert case.key in provider.asked[0][case.header]
    cost = bill["cost_micro_usd"] if case.has_price else None
    assert bill["paid_by"] == {"source": "own_key", "units": None, "micro_usd": cost}
    assert (bill["charged"], bill["quota_key"]) == (0, None)
    assert (bill["cost_micro_usd"] > 0) == case.has_price
    assert result.last["usage"]["paid_by"] == bill["paid_by"]
    assert [source for source, _ in paid(shared, who)] == ["own_key"]
    assert shared.quota(who) == (0, 0)
    if case.name != "openrouter":  # which names the provider that it asked
        assert bill["provider"] == case.name
    found = await shown(shared, who, key)
    assert (found["last4"], found["state"], found["problem"]) == (case.key[-4:], "active", None)
    assert found["last_used_at"] is not None


async def test_the_limit_of_a_key_of_each_provider_refuses_the_answer_after_it(
    shared: World, provider: Provider, case: Case
) -> None:
    who = shared.newcomer()
    limits = {"answers_per_day": 1}
    key = await with_key(shared, who, **case.fields(provider), limits=limits, fallback="plan_then_credits")
    model = case.id_of(case.model, key)

    assert (await shared.ask("What is a cat?", who, model=model)).text
    await over()
    limited = await shared.ask("What is a cat?", who, model=model)

    assert (limited.status, limited.code) == (429, "own_key_limit_reached")
    assert len(provider.asked) == 1
    assert shared.quota(who) == (0, 0)


async def test_a_key_that_each_provider_revoked_is_named_and_asked_no_more(
    shared: World, provider: Provider, case: Case
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider), fallback="plan_then_credits")
    model = case.id_of(case.model, key)
    provider.is_revoked = True

    refused = await shared.ask("What is a cat?", who, model=model)
    await over()
    again = await shared.ask("What is a cat?", who, model=model)

    assert (refused.code, refused.last["error"]["provider"]) == ("provider_key_refused", case.name)
    assert (again.status, again.code) == (403, "own_key_not_usable")
    assert (len(provider.asked), shared.quota(who)) == (1, (0, 0))
    found = await shown(shared, who, key)
    assert (found["state"], found["problem"]) == ("refused", "key_refused")


async def test_credits_pay_where_a_provider_is_busy_and_its_owner_chose_them(
    shared: World, provider: Provider, case: Case
) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider), fallback="credits")
    with_credits(shared.database, shared.people[who], 10_000_000)
    model = case.id_of(case.model, key)
    provider.failure = BUSY

    result = await shared.ask("What is a cat?", who, model=model)
    await over()

    if case.is_sold:
        bill: dict[str, Any] = await receipt(shared, who, result.start)
        assert (result.last["state"], bill["paid_by"]["source"]) == ("complete", "credits")
        assert [source for source, _ in paid(shared, who)] == ["credits"]
    else:
        assert result.code in ("upstream_unavailable", "upstream_error", "model_busy")
        assert paid(shared, who) == [("own_key", case.name)]
    assert shared.quota(who) == (0, 0)
    found = await shown(shared, who, key)
    assert (found["state"], found["problem"]) == ("active", None)


async def test_a_deleted_key_of_each_provider_closes_its_way(shared: World, provider: Provider, case: Case) -> None:
    who = shared.newcomer()
    key = await with_key(shared, who, **case.fields(provider))
    model = case.id_of(case.model, key)
    before = [each for each in await routes(shared, model, who) if each["available"]]

    deleted = await shared.http.delete(f"/settings/provider-keys/{key}", headers=shared.headers(who))

    assert deleted.status_code == 204
    assert case.name == "custom" or before[0]["source"] == "own_key"  # its models are listed once it was tested
    assert not any(each["source"] == "own_key" and each["available"] for each in await routes(shared, model, who))
    refused = await shared.ask("What is a cat?", who, model=model)
    await over()
    assert provider.asked == []
    if not case.is_sold:
        assert (refused.status, refused.code) == (403, "own_key_missing")
