"""Every command that changes something records once who did what to whom and why; `make audit-log` shows it."""

import getpass
import os
import socket
from collections.abc import Callable
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest

from oneai.billing import processing
from tests.accounts.full_account import create_full_account
from tests.billing.paid_subscription import PaidSubscription, create_paid_subscription
from tests.database.audit import record
from tests.ops.operators import CommandResult, command, run
from tests.world import Database, World

pytestmark = pytest.mark.sampled(0.34)

ROWS: LiteralString = """
    select actor_kind, actor, action, user_id, target_kind, target_id, reason, user_agent, detail from oneai.audit_log
    where actor_kind = 'operator' order by id"""


def recorded(database: Database) -> list[Any]:
    """The actions of operators: action, user, target, reason and detail."""
    return [row[2:7] + row[8:] for row in database.rows(ROWS)]


async def test_a_row_names_the_operator_the_command_and_the_host(database: Database) -> None:
    database.user("asha@example.com")
    arguments = ("add", "asha@example.com", "pro", "--reason", "why")

    await command("grant", *arguments, database=database, OPERATOR="  Maya   Rao ")
    await command("grant", *arguments, database=database, OPERATOR="")

    host = f"make grant on {socket.gethostname()}"
    assert [(row[1], row[7]) for row in database.rows(ROWS)] == [("Maya Rao", host), (getpass.getuser(), host)]


async def test_grants_and_overrides_are_recorded_when_made_and_revoked(database: Database) -> None:
    asha = database.user("asha@example.com")

    for name, *arguments in (
        ("grant", "add", "asha@example.com", "enterprise", "--until", "2999-12-31", "--reason", "contract 17"),
        ("grant", "revoke", "1", "--reason", "it has ended"),
        ("override", "add", "asha@example.com", "small_messages", "--extra", "50", "--reason", "a friend"),
        ("override", "revoke", "1"),
    ):
        result = await command(name, *arguments, database=database)
        assert result.returncode == 0, result.stderr

    forever = "2999-12-31 00:00:00+00:00"
    assert recorded(database) == [
        ("plan_grant.create", asha, "plan_grant", "1", "contract 17", {"tier": "enterprise", "until": forever}),
        ("plan_grant.revoke", asha, "plan_grant", "1", "it has ended", {}),
        (
            *("quota_override.create", asha, "quota_override", "1", "a friend"),
            {"quota_key": "small_messages", "limit": None, "extra": 50, "until": None},
        ),
        ("quota_override.revoke", asha, "quota_override", "1", None, {}),
    ]
    changes = "select actor_kind, actor, detail ->> 'to' from oneai.audit_log where action = 'plan.change' order by id"
    assert database.rows(changes) == [("system", "operator", "enterprise"), ("system", "operator", "free")]


async def test_payments_and_operations_are_recorded(world: World) -> None:
    paid = await create_paid_subscription(world)
    asha = world.people["asha"]
    world.database.rows("update oneai.payments set amount = 12300")
    await processing.reproject(asha)
    operation = _failed_operation(paid)

    released = await command("payments", "release", paid.payment_ref, "--reason", "by phone", database=world.database)
    retried = await command("payments", "retry", str(operation), database=world.database)

    assert (released.returncode, retried.returncode) == (0, 0), released.stderr + retried.stderr
    assert recorded(world.database) == [
        ("payment.release", asha, "payment", paid.payment_ref, "by phone", {}),
        ("provider_operation.retry", asha, "provider_operation", str(operation), None, {}),
    ]


def _failed_operation(paid: PaidSubscription) -> UUID:
    operation = paid.add_operation("refund", amount=1_000)
    paid.world.database.rows("update oneai.provider_operations set state = 'failed' where id = %s", operation)
    return UUID(str(operation))


async def test_replays_of_events_are_recorded_once_per_command(database: Database) -> None:
    for event in ("evt_1", "evt_2", "evt_3"):
        database.rows(
            "insert into oneai.provider_events (payment_provider, event_id, kind, body, state) "
            "values ('razorpay', %s, 'payment.downtime.started', 'no JSON', 'pending')",
            event,
        )

    await command("provider_events", "replay", "evt_2", "--reason", "mended", database=database)
    await command("provider_events", "replay", "--pending", database=database)

    assert recorded(database) == [
        ("provider_event.replay", None, "provider_event", "evt_2", "mended", {"events": 1}),
        ("provider_event.replay", None, "provider_event", "pending", None, {"events": 3}),
    ]


async def test_taking_a_share_down_is_recorded_the_first_time(world: World) -> None:
    await create_full_account(world, "asha")
    share = world.database.one("select id from oneai.shares")

    for _ in range(2):
        result = await command("takedown", f"--id={share}", "--reason=rude", database=world.database)
        assert result.returncode == 0, result.stderr

    assert recorded(world.database)[1:] == [("share.take_down", world.people["asha"], "share", str(share), "rude", {})]


def test_acknowledged_alerts_are_recorded_together(database: Database) -> None:
    for subject in ("a", "b", "c"):
        database.rows("select oneai.raise_alert('mail_failed', %s, '{}')", subject)

    run("alerts", "ack", "3", "1", "99", database=database)

    assert recorded(database) == [("operator_alert.acknowledge", None, "operator_alert", "1,3", None, {})]


async def test_new_prices_are_recorded(world: World) -> None:
    world.database.rows("delete from oneai.price_list")
    for _ in range(2):
        result = await command("razorpay_plans", database=world.database)
        assert result.returncode == 0, result.stderr
    created = world.database.rows(
        "select tier || '.' || period || '.' || currency, provider_plan_id from oneai.price_list"
    )
    changing = ["pro.monthly.INR=88800", "--reason=costs more"]
    result = await command("razorpay_plans", *changing, database=world.database)
    assert result.returncode == 0, result.stderr

    *first, last = recorded(world.database)
    assert sorted((row[3], row[5]["plan"]) for row in first) == sorted(created)
    assert {row[0] for row in first} == {"price.create"}
    assert (last[0], last[3], last[4], last[5]["listed_before"], last[5]["listed"]) == (
        *("price.change", "pro.monthly.INR", "costs more"),
        *(79_900, 88_800),
    )


async def test_an_erasure_is_recorded_without_its_user(world: World) -> None:
    asha = world.people["asha"]

    result = await command(
        "erase", f"--id={asha}", "--yes", "--reason=asha@example.com asked", database=world.database, OPERATOR="maya"
    )

    assert result.returncode == 0, result.stderr
    ((kind, who, action, user, target_kind, target, reason, origin, detail),) = world.database.rows(ROWS)
    assert (kind, who, action, target_kind) == ("operator", "maya", "account.erase", "user")
    assert (target, user != asha, reason, origin, detail) == (str(user), True, None, None, {})


async def test_an_erasure_that_failed_after_its_first_step_is_recorded(world: World) -> None:
    """The role that stands for Supabase's `postgres`, here without the right to delete sign-ins."""
    asha = world.people["asha"]

    result = await command(
        "erase", f"--id={asha}", "--yes", "--reason=ticket 5", DATABASE_URL=world.database.url("migrator")
    )

    assert result.returncode == 1
    assert recorded(world.database) == [("account.erase", asha, "user", str(asha), "ticket 5", {})]


REFUSED: dict[str, tuple[str, ...]] = {
    "grant a tier in the past": ("grant", "add", "asha@example.com", "pro", "--until", "2020-01-01", "--reason", "x"),
    "revoke no grant": ("grant", "revoke", "7"),
    "revoke no exception": ("override", "revoke", "7"),
    "release no payment": ("payments", "release", "pay_1", "--reason", "x"),
    "retry no operation": ("payments", "retry", str(uuid4())),
    "replay no event": ("provider_events", "replay", "evt_9"),
    "replay nothing": ("provider_events", "replay", "--pending"),
    "take down no share": ("takedown", f"--id={uuid4()}"),
    "acknowledge no alert": ("alerts", "ack", "9"),
    "list": ("grant", "list"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_command_that_changes_nothing_is_not_recorded(database: Database, what: str) -> None:
    database.user("asha@example.com")

    run(*REFUSED[what], database=database)

    assert database.rows(ROWS) == []


@pytest.fixture
def listed(database: Database) -> Callable[..., CommandResult]:
    """`make audit-log` over some acts of the last days."""
    asha, ravi = database.user("asha@example.com"), database.user("ravi@example.com")
    record(
        *(database, "user", asha, "api_key.create"),
        target=("api_key", "k1"),
        ip="203.0.113.9",
        agent="Firefox",
        request="r-1",
    )
    record(database, "operator", "maya", "account.suspend", asha, target=("user", asha), reason="spam")
    record(database, "admin", asha, "account.suspend", ravi, target=("user", ravi), reason="a\x1b[2Jb")
    record(database, "system", "clock", "plan.change", ravi, detail={"to": "free"})
    database.rows("alter table oneai.audit_log disable trigger all")
    database.rows("update oneai.audit_log set created_at = timestamptz '2026-11-09Z' + make_interval(days => id::int)")
    database.rows("alter table oneai.audit_log enable trigger all")
    return lambda *arguments: run("audit_log", *arguments, database=database)


def test_the_log_is_listed_oldest_first_with_every_field(listed: Callable[..., CommandResult]) -> None:
    assert listed().stdout.splitlines() == [
        "2026-11-10 00:00:00  api_key.create  by user asha@example.com  api_key k1  from 203.0.113.9, Firefox, r-1",
        "2026-11-11 00:00:00  account.suspend  by operator maya  to asha@example.com  (spam)",
        '2026-11-12 00:00:00  account.suspend  by admin asha@example.com  to ravi@example.com  ("a\\u001b[2Jb")',
        '2026-11-13 00:00:00  plan.change  by system clock  to ravi@example.com  {"to": "free"}',
    ]


def test_the_log_can_be_filtered_by_user_time_action_and_number(listed: Callable[..., CommandResult]) -> None:
    def days(*arguments: str) -> list[str]:
        result = listed(*arguments)
        assert result.returncode == 0, result.stderr
        return [line[8:10] for line in result.stdout.splitlines()]

    assert days("--user", "Asha@example.com") == ["10", "11", "12"]
    assert days("--user", "ravi@example.com", "--since", "2026-11-13") == ["13"]
    assert days("--since", "2026-11-11T12:00:00+02:00") == ["12", "13"]
    assert days("--action", "account.suspend") == ["11", "12"]
    assert days("--limit", "1") == ["13"]
    assert listed("--user", str(uuid4())).stdout == "Nothing is recorded.\n"
    unknown = listed("--user", "none@example.com")
    assert (unknown.returncode, unknown.stderr) == (1, "No users found as none@example.com; an id names one user.\n")
    assert "invalid choice" in listed("--action", "account.steal").stderr
    assert os.linesep not in listed("--since", "soon").stdout
