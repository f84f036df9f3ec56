"""The webhook as Razorpay sees it: whom it accepts events from, what it stores, applies and answers."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from local.data_folder import REPOSITORY
from oneai import settings
from oneai.clients import secrets_manager
from tests.billing.provider.hook import NOVEMBER, PLAN, SUB, Hook, charge
from tests.billing.provider.samples import CHARGED, ON_THE_WIRE, Sample, moment, payment, sample_file, subscription
from tests.billing.provider.signing import KEY_SECRET, PREVIOUS_SECRET, WEBHOOK_SECRET, compact, signed
from tests.database.rows import all_rows

pytestmark = pytest.mark.sampled(0.4)


async def test_every_sample_is_stored_as_sent_and_changes_no_other_users(hook: Hook, fixtures: Path) -> None:
    folders = [fixtures / "razorpay" / name for name in ("webhooks", "real_scrubbed")]
    files = sorted(file for folder in folders for file in folder.glob("*.json"))
    assert len(files) >= 38
    before = {name: rows for name, rows in all_rows(hook.database).items() if name != "provider_events"}

    for file in files:
        for form, body in (("compact", compact(file)), ("as documented", file.read_bytes())):
            assert await hook.deliver(body, f"{file.stem}, {form}") == "stored", (file.name, form)

    bodies = dict(hook.database.rows("select event_id, body from oneai.provider_events"))
    assert {bodies[f"{file.stem}, as documented"] for file in files} == {file.read_bytes() for file in files}
    kinds = dict(hook.database.rows("select event_id, kind from oneai.provider_events"))
    assert all(event_id.startswith(kind) for event_id, kind in kinds.items())
    assert {name: rows for name, rows in all_rows(hook.database).items() if name != "provider_events"} == before
    assert hook.alerts() == []


async def test_the_ids_named_in_a_sample_are_stored_beside_it(hook: Hook, fixtures: Path) -> None:
    for name in ("subscription.charged__subscription_charged", "invoice.paid__card", "refund.created__normal_refunds"):
        await hook.deliver(compact(fixtures / f"razorpay/webhooks/{name}.json"), name)

    refs = hook.database.rows(
        "select subscription_ref, payment_ref, invoice_ref from oneai.provider_events order by kind"
    )
    billed, refunded, charged = map(
        Sample(fixtures).raw, ("invoice.paid__card", "refund.created__normal_refunds", CHARGED)
    )
    assert refs == [
        (None, payment(billed)["id"], billed["payload"]["invoice"]["entity"]["id"]),
        (None, refunded["payload"]["refund"]["entity"]["payment_id"], None),
        (subscription(charged)["id"], payment(charged)["id"], payment(charged)["invoice_id"]),
    ]


async def test_the_documented_life_of_a_subscription_is_reproduced(hook: Hook, fixtures: Path) -> None:
    def documented_event(name: str, at: datetime | None = None) -> bytes:
        event = json.loads((fixtures / f"razorpay/webhooks/subscription.{name}.json").read_text())
        # Each is documented by itself; here they follow one another as they do in a life.
        return json.dumps(event | ({} if at is None else {"created_at": int(at.timestamp())})).encode()

    charged = Sample(fixtures).raw(CHARGED)
    one, paid = subscription(charged), payment(charged)
    begins, renews, hours = moment(one["current_start"]), moment(one["current_end"]), timedelta(hours=5, minutes=30)
    user = hook.subscriber(one["id"], one["plan_id"], paid["amount"])
    hook.go_to(begins + hours)
    assert await hook.deliver(documented_event("activated__immediate_start_date_upfront_amount_both"), "1") == "applied"
    assert await hook.deliver(documented_event("charged__subscription_charged"), "2") == "applied"
    assert hook.tier_and_status(user) == ("pro", "active")
    assert hook.database.rows("select provider_payment_id, amount from oneai.payments") == [
        (paid["id"], paid["amount"])
    ]

    failed_at, halted_at = renews + hours, renews + hours + timedelta(days=3)
    hook.go_to(failed_at + timedelta(hours=1))
    assert await hook.deliver(documented_event("pending__subscription_pending", failed_at), "3") == "applied"
    assert hook.tier_and_status(user) == ("pro", "past_due")

    hook.go_to(halted_at + timedelta(hours=1))
    assert await hook.deliver(documented_event("halted__subscription_halted", halted_at), "4") == "applied"
    assert hook.tier_and_status(user) == ("free", "unpaid")


async def test_a_recorded_charge_gives_the_paid_plan(hook: Hook, fixtures: Path) -> None:
    charged = Sample(fixtures).raw(ON_THE_WIRE)
    one = subscription(charged)
    user = hook.subscriber(one["id"], one["plan_id"], payment(charged)["amount"])
    hook.go_to(moment(charged["created_at"]) + timedelta(minutes=1))

    assert await hook.deliver(compact(sample_file(fixtures, ON_THE_WIRE))) == "applied"

    assert hook.tier_and_status(user) == ("pro", "active")


async def test_the_samples_in_events_are_signed_like_razorpays(hook: Hook, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("RAZORPAY_WEBHOOK_SECRET", "WEBHOOK_SECRET")
    settings.reset_cache()
    statuses = {}
    for file in sorted((REPOSITORY / "events/webhooks").glob("*.json")):
        event = json.loads(file.read_text())
        coded = {"content-type": "application/octet-stream"} if event["isBase64Encoded"] else event["headers"]
        raw = _raw(event)
        headers = {**event["headers"], "content-type": coded["content-type"]}
        del headers["host"]
        answer = await hook.http.post("/lambda-url/webhooks/webhooks/razorpay", content=raw, headers=headers)
        statuses[file.stem] = answer.status_code
    assert statuses == {"payment_failed_in_base64": 200, "subscription_charged": 200, "unsigned": 400}


def _raw(event: dict[str, str]) -> bytes:
    import base64

    return base64.b64decode(event["body"]) if event["isBase64Encoded"] else event["body"].encode()


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0" * 64,
        "é",
        signed(charge()).upper(),
        signed(charge(payment="pay_of_another_event")),
        signed(charge(), KEY_SECRET),
        signed(charge(), PREVIOUS_SECRET),
        f"{signed(charge())},{signed(charge())}",
    ],
    ids=["missing", "wrong", "odd", "capitals", "of another event", "of the api", "of yesterday", "twice"],
)
async def test_an_unsigned_event_is_refused(hook: Hook, signature: str) -> None:
    answer = await hook.send(charge(), signature=signature)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_signature")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert hook.stored == []


async def test_a_signature_covers_the_bytes_and_not_their_meaning(hook: Hook) -> None:
    spaced = json.dumps(json.loads(charge())).encode()

    assert (await hook.send(spaced, signature=signed(charge()))).status_code == 400
    assert await hook.deliver(spaced) == "stored"


async def test_the_previous_secret_is_valid_for_a_day_of_the_stacks_clock(
    hook: Hook, environment: pytest.MonkeyPatch
) -> None:
    rotated_at: datetime = hook.database.one("select oneai.now()")
    environment.setenv("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", PREVIOUS_SECRET)
    environment.setenv("RAZORPAY_WEBHOOK_SECRET_ROTATED_AT", rotated_at.isoformat())
    settings.reset_cache()

    assert await hook.deliver(charge(), "1", secret=PREVIOUS_SECRET) == "stored"
    hook.go_to(rotated_at + timedelta(hours=23, minutes=59))
    assert await hook.deliver(charge(), "2", secret=PREVIOUS_SECRET) == "stored"
    hook.go_to(rotated_at + timedelta(hours=24, seconds=1))
    assert (await hook.send(charge(), "3", secret=PREVIOUS_SECRET)).status_code == 400
    assert await hook.deliver(charge(), "4", secret=WEBHOOK_SECRET) == "stored"
    assert hook.stored == ["1", "2", "4"]


async def test_a_rotated_secret_is_reloaded(hook: Hook, environment: pytest.MonkeyPatch) -> None:
    def changed() -> bool:
        environment.setenv("RAZORPAY_WEBHOOK_SECRET", "the one of tomorrow")
        settings.reset_cache()
        return True

    environment.setattr(secrets_manager, "refresh", changed)

    assert await hook.deliver(charge(), secret="the one of tomorrow") == "stored"


@pytest.mark.parametrize("kind", ["application/json", "application/octet-stream", "text/plain"])
async def test_an_event_is_accepted_as_text_and_as_base64(hook: Hook, kind: str) -> None:
    body = charge().replace(b"asha@upi", "आशा@upi".encode())

    assert await hook.deliver(body, kind={"content-type": kind}) == "stored"
    assert hook.database.one("select body from oneai.provider_events") == body


@pytest.mark.parametrize("signature", [None, "0" * 64], ids=["signed", "not signed"])
async def test_a_body_over_a_megabyte_is_refused_even_if_signed(hook: Hook, signature: str | None) -> None:
    answer = await hook.send(b" " * 1_000_001, signature=signature)

    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    assert hook.stored == []


async def test_a_body_of_a_megabyte_is_accepted(hook: Hook) -> None:
    body = charge()

    assert await hook.deliver(body + b" " * (1_000_000 - len(body))) == "stored"


async def test_equal_bytes_without_an_id_are_the_same_event(hook: Hook) -> None:
    assert await hook.deliver(charge(), None) == "stored"
    assert await hook.deliver(charge(), None) == "duplicate"
    assert await hook.deliver(charge(payment="pay_another"), None) == "stored"

    assert len(hook.stored) == 2
    assert all(each.startswith("sha256:") for each in hook.stored)


@pytest.mark.parametrize("event_id", ["", "x" * 5000, "é"], ids=["empty", "long", "odd"])
async def test_an_invalid_id_is_replaced(hook: Hook, event_id: str) -> None:
    assert await hook.deliver(charge(), event_id) == "stored"

    assert hook.stored[0].startswith("sha256:")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_accepted(hook: Hook, method: str) -> None:
    answer = await hook.http.request(method, "/api/webhooks/razorpay")

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_only_the_paths_of_the_webhook_exist(hook: Hook) -> None:
    body, headers = charge(), {"x-razorpay-signature": signed(charge()), "x-razorpay-event-id": "1"}

    for path in ("", "elsewhere", "webhooks", "webhooks/", "webhooks/a/razorpay", "elsewhere/razorpay"):
        assert (await hook.http.post(f"/lambda-url/webhooks/{path}", content=body, headers=headers)).status_code == 404
    answer = await hook.http.post("/lambda-url/webhooks/webhooks/razorpay", content=body, headers=headers)
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["x-content-type-options"]) == ("no-store", "nosniff")
    both = await hook.http.post("/api/webhooks/razorpay", content=body, headers=headers)
    assert both.json() == {"status": "duplicate"}


@pytest.mark.parametrize("name", ["nobody", "face", "errors", "Razorpay", "razorpay.entities", "..", "bank_transfer"])
async def test_a_provider_without_a_secret_has_no_webhook(name: str, hook: Hook) -> None:
    headers = {"x-razorpay-signature": signed(charge()), "x-razorpay-event-id": "1"}

    answer = await hook.http.post(f"/lambda-url/webhooks/webhooks/{name}", content=charge(), headers=headers)

    assert answer.status_code == 404
    assert hook.stored == []


async def test_a_repeated_event_is_a_duplicate(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)

    assert [await hook.deliver(charge()) for _ in range(3)] == ["applied", "duplicate", "duplicate"]
    assert hook.tier_and_status(user) == ("pro", "active")
    assert hook.database.one("select count(*) from oneai.subscription_history where workspace_id = %s", user) == 1


async def test_five_concurrent_deliveries_of_an_event_apply_once(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)

    statuses = await asyncio.gather(*(hook.deliver(charge()) for _ in range(5)))

    assert "applied" in statuses
    assert set(statuses) <= {"applied", "duplicate"}
    assert hook.tier_and_status(user) == ("pro", "active")
    assert hook.database.one("select count(*) from oneai.payments") == 1
    assert hook.database.one("select count(*) from oneai.subscription_history where workspace_id = %s", user) == 1


async def test_an_old_event_under_another_id_changes_nothing(hook: Hook) -> None:
    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER)
    assert await hook.deliver(charge(), "1") == "applied"
    before = all_rows(hook.database)

    assert await hook.deliver(charge(), "captured and sent again") == "applied"

    after = all_rows(hook.database)
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"provider_events", "subscriptions", "users"}  # `updated_at`
    assert hook.tier_and_status(user) == ("pro", "active")


async def test_an_early_event_is_applied_once_its_subscription_is_known(hook: Hook) -> None:
    hook.go_to(NOVEMBER)
    renewal = charge(payment="pay_OneAI0000000002", start=NOVEMBER + timedelta(days=30), paid_count=2)
    assert await hook.deliver(charge(), "1") == "stored"

    user = hook.subscriber(SUB, PLAN, 79_900)
    hook.go_to(NOVEMBER + timedelta(days=30, minutes=5))
    assert await hook.deliver(renewal, "2") == "applied"

    assert hook.tier_and_status(user) == ("pro", "active")
    assert (hook.state("1"), hook.state("2")) == ("processed", "processed")
    assert hook.database.one("select count(*) from oneai.payments") == 2
