"""Users delete their account: what that would do, what happens at the request, and how it is undone."""

import asyncio
import re

import pytest

from oneai import notifications
from oneai.billing import reconcile_subscriptions
from tests.accounts.deleting import DAY, GRACE_DAYS, code, delete_user, request_deletion
from tests.billing.subscriptions.subscribing import advance_to_period_end, operations, subscribe
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)


async def test_a_preview_lists_what_a_deletion_removes_and_changes_nothing(world: World) -> None:
    await subscribe(world)
    await world.ask("Rain")

    seen = (await delete_user(world, preview=1)).json()

    assert seen["confirm"] == "asha@example.com"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", seen["deletes_at"])
    erased = seen["erased"]
    assert (erased["conversations"], erased["messages"], erased["share_links"]) == (1, 2, 0)
    assert (seen["kept"]["invoices"], seen["kept"]["payments"]) == (1, 1)
    assert seen["subscription_ends_at"] == (await world.get("/subscription")).json()["current_period_end"]
    assert world.database.one("select deletes_at from oneai.users where id = %s", world.people["asha"]) is None


@pytest.mark.parametrize("confirm", ["", "DELETE", "ravi@example.com", "asha@example.com.evil.example"])
async def test_a_wrong_confirmation_deletes_nothing(confirm: str, world: World) -> None:
    answer = await delete_user(world, confirm=confirm)

    assert code(answer) == (422, "invalid_request")
    assert [each["field"] for each in answer.json()["error"]["details"]] == ["confirm"]
    assert (await world.get("/conversations")).status_code == 200


async def test_a_request_without_a_body_deletes_nothing(world: World) -> None:
    answer = await world.http.delete("/user", headers=world.headers())
    assert code(answer) == (422, "invalid_request")


async def test_an_account_without_an_address_is_confirmed_with_a_word(world: World) -> None:
    world.database.rows("update auth.users set email = null where id = %s", world.people["asha"])
    assert (await delete_user(world, preview=1)).json()["confirm"] == "DELETE"
    assert code(await delete_user(world, confirm="delete")) == (422, "invalid_request")
    assert (await delete_user(world, confirm="DELETE")).status_code == 202


async def test_the_confirming_address_is_compared_without_case(world: World) -> None:
    assert (await delete_user(world, confirm=" Asha@Example.COM ")).status_code == 202


async def test_a_requested_deletion_refuses_all_requests_and_is_mailed(world: World) -> None:
    share = await _share(world)
    deletes_at = await request_deletion(world)

    refused = await world.get("/conversations")
    assert code(refused) == (403, "account_deleting")
    assert refused.json()["error"]["deletes_at"] == deletes_at
    assert (await world.ask("Still there?")).code == "account_deleting"
    assert code(await world.get(f"/shared/{share}", None)) == (404, "not_found")
    data = world.database.one("select data from oneai.outbox where kind = 'account_deletion'")
    assert data["deletes_at"].replace("+00:00", "Z") == deletes_at
    # Another user's account is none of it.
    assert (await world.get("/conversations", "ravi")).status_code == 200


async def _share(world: World) -> str:
    talk = (await world.ask("Rain")).start["conversation_id"]
    shared = await world.post(f"/conversations/{talk}/share", {"kind": "live"})
    return str(shared.json()["token"])


async def test_keys_are_revoked_at_once_and_stay_revoked_after_a_restore(world: World) -> None:
    created = await world.post("/user/api-keys", {"name": "Nightly report", "scopes": ["usage:read"]})
    headers = {"authorization": f"Bearer {created.json()['secret']}"}
    assert (await world.http.get("/user/usage", headers=headers)).status_code == 200
    assert (await delete_user(world, preview=1)).json()["erased"]["api_keys"] == 1

    await request_deletion(world)
    assert code(await world.http.get("/user/usage", headers=headers)) == (401, "invalid_api_key")
    await world.post("/user/restore", None)
    assert code(await world.http.get("/user/usage", headers=headers)) == (401, "invalid_api_key")


async def test_a_suspended_user_may_delete_their_account(world: World) -> None:
    world.database.rows("update oneai.users set suspended_at = oneai.now() where id = %s", world.people["asha"])
    assert (await delete_user(world)).status_code == 202


async def test_an_answer_being_written_is_stopped_and_charged(world: World) -> None:
    async with world.asking(model="local/slow") as answer:
        for _ in range(3):
            await answer.next()
        await request_deletion(world)
        await answer.to_the_end()

    assert answer.result.last["state"] == "stopped"
    assert world.database.rows("select outcome, charged from oneai.usage_events") == [("stopped", 1)]


async def test_restoring_brings_everything_back_including_the_subscription(world: World) -> None:
    await subscribe(world)
    await world.ask("Rain")
    before = (await world.get("/subscription")).json()
    await request_deletion(world)
    await reconcile_subscriptions()
    assert operations(world) == [("cancel_at_period_end", "requested", "pending")]

    assert (await world.post("/user/restore", None)).status_code == 204

    assert (await world.get("/subscription")).json() == before
    assert operations(world) == [("cancel_at_period_end", "requested", "cancelled")]
    assert len((await world.get("/conversations")).json()["items"]) == 1
    assert (await world.post("/user/restore", None)).status_code == 204  # of nothing that is being deleted


async def test_a_cancellation_by_the_user_survives_a_restore(world: World) -> None:
    await subscribe(world)
    cancelled = (await world.post("/subscription/cancel", {"at_period_end": True})).json()

    await request_deletion(world)
    await world.post("/user/restore", None)

    assert (await world.get("/subscription")).json() == cancelled


async def test_a_deletion_undone_at_once_cancels_no_subscription(world: World) -> None:
    await subscribe(world)
    advance_to_period_end(world, hours=60)
    await request_deletion(world)
    assert (await world.post("/user/restore", None)).status_code == 204

    await reconcile_subscriptions()

    assert operations(world) == []


async def test_a_cancellation_at_the_provider_survives_a_restore(world: World) -> None:
    await subscribe(world)
    advance_to_period_end(world, hours=60)
    await request_deletion(world)
    await reconcile_subscriptions()
    assert operations(world) == [("cancel_at_period_end", "requested", "succeeded")]

    assert (await world.post("/user/restore", None)).status_code == 204

    subscription = (await world.get("/subscription")).json()
    assert (subscription["tier"], subscription["cancel_requested_at"] is not None) == ("pro", True)


async def test_a_deletion_can_be_undone_until_its_last_second(world: World) -> None:
    await request_deletion(world)
    await request_deletion(world, "ravi")
    world.database.advance(GRACE_DAYS * DAY - 60)
    assert (await world.post("/user/restore", None)).status_code == 204

    world.database.advance(61)
    assert code(await world.post("/user/restore", None, "ravi")) == (409, "deletion_final")


async def test_concurrent_deletion_requests_delete_once(world: World) -> None:
    answers = await asyncio.gather(*(delete_user(world) for _ in range(4)))

    assert {each.status_code for each in answers} <= {202, 403}
    assert len({each.json()["deletes_at"] for each in answers if each.status_code == 202}) == 1
    assert world.database.one("select count(*) from oneai.outbox where kind = 'account_deletion'") == 1


async def test_the_deletion_mail_is_not_followed_by_a_plan_mail(world: World) -> None:
    await subscribe(world)
    await request_deletion(world)
    world.database.advance(600)
    await notifications.notify()

    assert world.database.rows("select kind from oneai.outbox where kind = 'subscription_update'") == []
