"""Admins see the failed work of jobs and retry it."""

from datetime import timedelta
from uuid import UUID, uuid4

from tests.admin.staff import make_staff
from tests.database.billing_rows import move_to, now
from tests.world import World

REASON = {"reason": "The mailbox is back"}


def failed_mail(world: World, who: str) -> UUID:
    """Mail that was given up."""
    mail: UUID = world.database.one(
        "insert into oneai.outbox (user_id, kind, cause_key, data, state, attempts, problem, settled_at, due_at) "
        "values (%s, 'welcome', %s, '{}', 'failed', 9, 'too_late', oneai.now(), oneai.now()) returning id",
        *(world.people[who], str(uuid4())),
    )
    return mail


async def test_failed_mail_is_listed_and_retried_for_as_long_as_new_mail(own_world: World) -> None:
    world = own_world
    support, admin = make_staff(world, "support"), make_staff(world)
    world.database.rows("update oneai.outbox set state = 'sent' where state = 'waiting'")
    mail = failed_mail(world, "asha")
    move_to(world.database, now(world.database) + timedelta(days=10))

    (letter,) = (await world.get("/admin/dead-letters", support)).json()["items"]
    first = await world.post(f"/admin/dead-letters/mail/{mail}/retry", REASON, admin)
    second = await world.post(f"/admin/dead-letters/mail/{mail}/retry", REASON, admin)

    assert (letter["kind"], letter["id"], letter["what"], letter["problem"]) == (
        *("mail", str(mail), "welcome", "too_late"),
    )
    assert (first.status_code, second.status_code) == (204, 404)
    claimed = world.database.rows("select id from oneai.claim_mail(gen_random_uuid(), null)")
    assert claimed == [mail]
    acts = world.database.rows("select target_id, reason from oneai.audit_log where action = 'job.retry'")
    assert acts == [(str(mail), REASON["reason"])]


async def test_a_failed_export_is_queued_again_and_a_failed_import_is_not(own_world: World) -> None:
    world = own_world
    admin, user = make_staff(world), world.people["asha"]
    export = world.database.one(
        "insert into oneai.exports (user_id, format, state, attempts, error) "
        "values (%s, 'account', 'failed', 3, 'internal_error') returning id",
        user,
    )

    answer = await world.post(f"/admin/dead-letters/export/{export}/retry", REASON, admin)
    refused = await world.post(f"/admin/dead-letters/import/{uuid4()}/retry", REASON, admin)

    assert answer.status_code == 204
    state = "select state, attempts, error from oneai.exports where id = %s"
    assert world.database.one(state, export) == ("queued", 0, None)
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "kind")


async def test_due_and_failed_work_is_counted_by_job(own_world: World) -> None:
    world = own_world
    support = make_staff(world, "support")
    world.database.rows("update oneai.outbox set state = 'sent' where state = 'waiting'")
    failed_mail(world, "asha")
    failed_mail(world, "ravi")
    world.database.rows("update oneai.users set deletes_at = oneai.now() where id = %s", world.people["ravi"])
    world.database.rows(
        "insert into oneai.provider_events (payment_provider, event_id, kind, body, state) "
        "values ('razorpay', 'evt_9', 'subscription.charged', '{}', 'pending')"
    )

    queues = {each["name"]: each for each in (await world.get("/admin/jobs", support)).json()["items"]}

    assert (queues["mail"]["waiting"], queues["mail"]["oldest_at"], queues["mail"]["failed"]) == (0, None, 2)
    assert (queues["provider_events"]["waiting"], queues["provider_events"]["failed"]) == (1, 0)
    assert queues["provider_events"]["oldest_at"] is not None
    assert (queues["account_deletions"]["waiting"], queues["account_deletions"]["failed"]) == (1, 0)
    assert queues["account_deletions"]["oldest_at"] is not None
    # The same names as in the metric QueueAge.
    assert set(queues) == {
        *(
            "account_deletions",
            "expired_answers",
            "exports",
            "imports",
            "mail",
            "provider_events",
            "provider_operations",
        ),
        *("search_index", "subscription_syncs", "usage_roll_up", "workspace_deletions"),
    }


async def test_pages_of_failed_work_list_each_entry_once(own_world: World) -> None:
    support = make_staff(own_world, "support")
    mails = {str(failed_mail(own_world, "asha")) for _ in range(3)}

    first = (await own_world.get("/admin/dead-letters", support, limit=2)).json()
    second = (await own_world.get("/admin/dead-letters", support, limit=2, cursor=first["next_cursor"])).json()

    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert {each["id"] for page in (first, second) for each in page["items"]} == mails
    assert second["next_cursor"] is None


async def test_a_started_deletion_is_listed_as_waiting_until_it_ends(own_world: World) -> None:
    world = own_world
    support = make_staff(world, "support")
    world.database.rows("update oneai.users set deletes_at = oneai.now() where id = %s", world.people["asha"])
    assert world.database.one("select oneai.claim_account_deletion()") == world.people["asha"]
    world.database.rows("update oneai.users set deletes_at = oneai.now() where id = %s", world.people["ravi"])

    async def waiting() -> int:
        queues = (await world.get("/admin/jobs", support)).json()["items"]
        return next(int(each["waiting"]) for each in queues if each["name"] == "account_deletions")

    before = await waiting()
    world.database.rows("delete from oneai.account_deletions where user_id = %s", world.people["asha"])
    world.database.rows("update oneai.users set deletes_at = null where id = %s", world.people["asha"])

    assert (before, await waiting()) == (2, 1)
