"""Refunds, of the API and of the dashboard, and disputes."""

from stand_ins.payments.state import JsonObject
from stand_ins.stripe.cards import card_of
from stand_ins.stripe.events import emit
from stand_ins.stripe.form import Form, check_names, metadata, text, whole
from stand_ins.stripe.refusals import ApiError, invalid, missing
from stand_ins.stripe.state import Account

# How long after it succeeded a refund fails that the payer's bank sends back.
SENT_BACK_SECONDS = 8 * 86_400
DISPUTES = (
    *("warning_needs_response", "warning_under_review", "warning_closed"),
    *("needs_response", "under_review", "won", "lost", "prevented"),
)
_CLOSED = ("warning_closed", "won", "lost", "prevented")


def refund(account: Account, form: Form) -> JsonObject:
    """`POST /v1/refunds`. Raises ApiError."""
    check_names(form, "payment_intent", "charge", "amount", "reason", "metadata")
    charge = _charge(account, form)
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = whole(form, "amount", minimum=1)
    if left <= 0:
        raise ApiError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if any(each["charge"] == charge["id"] and not each["is_charge_refundable"] for each in _disputes(account)):
        raise ApiError(f"Charge {charge['id']} has been charged back.", code="charge_disputed")
    amount = left if amount is None else amount
    if amount > left:
        raise invalid("amount", f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})")
    made = account.new(
        "re",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        customer=charge["customer"],
        metadata=metadata(form),
        payment_intent=charge["payment_intent"],
        payment_method=charge["payment_method"],
        reason=text(form, "reason"),
        balance_transaction=account.new_id("txn"),
    )
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    emit(account, "refund.created", made)
    emit(account, "charge.refunded", charge)
    if account.refund_delay:
        account.due[made["id"]] = account.now + account.refund_delay
    else:
        succeed(account, made)
    return made


def succeed(account: Account, made: JsonObject) -> None:
    """The payer's bank has it. A card whose refunds fail sends it back later."""
    made["status"] = "succeeded"
    account.due.pop(made["id"], None)
    emit(account, "refund.updated", made, {"status": "pending"})
    if card_of(account.cards.get(str(made["payment_method"]), "")).refund_fails:
        account.due[made["id"]] = account.now + SENT_BACK_SECONDS


def fail(account: Account, made: JsonObject) -> None:
    """The payer's bank could not take it, or sends it back: the money is with us again."""
    before = made["status"]
    charge = account.get("charge", made["charge"])
    account.due.pop(made["id"], None)
    made.update(
        status="failed", failure_reason="expired_or_canceled_card", failure_balance_transaction=account.new_id("txn")
    )
    charge["amount_refunded"] -= made["amount"]
    charge["refunded"] = False
    emit(account, "refund.failed", made, {"status": before})
    emit(account, "refund.updated", made, {"status": before})


def due(account: Account, made: JsonObject) -> None:
    """A refund's delay is over."""
    if made["status"] == "pending":
        succeed(account, made)
    else:
        fail(account, made)


def dispute(account: Account, charge: JsonObject, status: str) -> JsonObject:
    """Opens a dispute about a charge, or moves it to `status`, one of DISPUTES. Raises ApiError."""
    if status not in DISPUTES:
        raise ApiError(f"A dispute is one of {', '.join(DISPUTES)}.")
    known = next((each for each in _disputes(account) if each["charge"] == charge["id"]), None)
    inquiry = status.startswith("warning") or status == "prevented"
    if known is None:
        known = account.new(
            "du",
            amount=charge["amount"],
            charge=charge["id"],
            currency=charge["currency"],
            payment_intent=charge["payment_intent"],
            status=status,
            is_charge_refundable=inquiry,
        )
        known["evidence_details"]["due_by"] = account.now + 7 * 86_400
        charge["disputed"] = True
        emit(account, "charge.dispute.created", known)
        if not inquiry:
            emit(account, "charge.dispute.funds_withdrawn", known)
        if status not in _CLOSED:
            return known
    else:
        before = known["status"]
        known["status"] = status
        if not inquiry and known["is_charge_refundable"]:
            known["is_charge_refundable"] = False
            emit(account, "charge.dispute.funds_withdrawn", known)
        if status not in _CLOSED:
            emit(account, "charge.dispute.updated", known, {"status": before})
            return known
    emit(account, "charge.dispute.closed", known)
    if status == "won":
        emit(account, "charge.dispute.funds_reinstated", known)
    return known


def _charge(account: Account, form: Form) -> JsonObject:
    charge, intent = text(form, "charge"), text(form, "payment_intent")
    if intent is not None:
        charge = account.get("payment_intent", intent, "payment_intent")["latest_charge"]
    if charge is None:
        raise missing("charge")
    found = account.get("charge", charge, "charge")
    if not found["captured"]:
        raise ApiError("This charge was not captured.", code="charge_not_refundable")
    return found


def _disputes(account: Account) -> list[JsonObject]:
    return list(account.all("dispute").values())
