"""Payment intents: a payment is confirmed, authenticated, declined or delayed, and each attempt is a charge."""

from typing import Literal

from stand_ins.payments.state import JsonObject
from stand_ins.stripe.cards import BANK_ACCOUNT, card_of, of_charge, of_method
from stand_ins.stripe.events import emit
from stand_ins.stripe.refusals import ApiError, card_error, invalid
from stand_ins.stripe.state import Account

type Outcome = Literal["succeeded", "failed", "requires_action", "processing"]

# How long the debit of a bank account takes.
BANK_SECONDS = 3 * 86_400
# What a customer's next charges without them can be made to do.
OUTCOMES = ("ok", "decline", "action", "processing")
_MESSAGES = {"insufficient_funds": "Your card has insufficient funds.", "generic_decline": "Your card was declined."}


def attach(account: Account, number: str, customer: str | None) -> JsonObject:
    """A payment method of a customer: the same card again is the same one."""
    for each in account.all("payment_method").values():
        if each["customer"] == customer and account.cards.get(each["id"]) == number:
            return each
    method = account.new("pm", customer=customer, **of_method(number))
    account.cards[method["id"]] = number
    return method


def detach(account: Account, method: JsonObject) -> JsonObject:
    """`POST …/detach`, or the customer removes the card in the portal: it pays nothing any more. Raises ApiError."""
    if method["customer"] is None:
        raise ApiError("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer, method["customer"] = method["customer"], None
    emit(account, "payment_method.detached", method, {"customer": customer})
    return method


def confirm(
    account: Account, intent: JsonObject, method: JsonObject, *, present: bool, authenticated: bool = False
) -> Outcome:
    """One attempt to pay. `present`: the payer is at the page; `authenticated`: they have passed 3-D Secure."""
    number = account.cards[method["id"]]
    card, scripted = card_of(number), account.outcomes.get(str(intent["customer"]), "ok")
    intent["payment_method"] = method["id"]
    if present and card.secure != "never" and not authenticated:
        return requires_action(account, intent)
    declined = card.declined if present else card.declined or card.later
    if not present and scripted == "decline":
        declined = declined or "generic_decline"
    if not present and (scripted == "action" or card.secure == "always"):
        return fail(account, intent, "authentication_required", None)
    if declined is not None:
        return fail(account, intent, "card_declined", declined)
    if number == BANK_ACCOUNT or (not present and scripted == "processing"):
        intent["status"] = "processing"
        account.due[str(intent["id"])] = account.now + BANK_SECONDS
        emit(account, "payment_intent.processing", intent)
        return "processing"
    return succeed(account, intent)


def requires_action(account: Account, intent: JsonObject) -> Outcome:
    """The payer has to authenticate."""
    url = f"{account.address}/authenticate/{intent['id']}"
    intent.update(
        status="requires_action",
        next_action={"type": "redirect_to_url", "redirect_to_url": {"url": url, "return_url": None}},
    )
    emit(account, "payment_intent.requires_action", intent)
    return "requires_action"


def succeed(account: Account, intent: JsonObject) -> Outcome:
    """The money is taken."""
    charge = _charge(account, intent, status="succeeded", paid=True, captured=True)
    charge["amount_captured"] = intent["amount"]
    # A card of the account's country: 2.9 % and thirty cents.
    fee = intent["amount"] * 29 // 1_000 + 30
    kept = account.new(
        "txn",
        amount=intent["amount"],
        currency=intent["currency"],
        fee=fee,
        net=intent["amount"] - fee,
        source=charge["id"],
    )
    charge["balance_transaction"] = kept["id"]
    intent.update(status="succeeded", amount_received=intent["amount"], next_action=None, last_payment_error=None)
    intent["latest_charge"] = charge["id"]
    account.due.pop(str(intent["id"]), None)
    emit(account, "charge.succeeded", charge)
    emit(account, "payment_intent.succeeded", intent)
    return "succeeded"


def fail(account: Account, intent: JsonObject, code: str, decline_code: str | None) -> Outcome:
    """The payer's bank declines."""
    charge = _charge(account, intent, status="failed", paid=False, captured=False)
    message = _MESSAGES.get(decline_code or "", "Your card was declined.")
    charge.update(failure_code=code, failure_message=message)
    refusal = card_error(code, message, decline_code, charge=charge["id"])
    intent.update(status="requires_payment_method", next_action=None, last_payment_error=refusal.error)
    intent["latest_charge"] = charge["id"]
    account.due.pop(str(intent["id"]), None)
    emit(account, "charge.failed", charge)
    emit(account, "payment_intent.payment_failed", intent)
    return "failed"


def settle(account: Account, intent: JsonObject, *, ok: bool) -> None:
    """A debit that was processing succeeds or fails."""
    if intent["status"] != "processing":
        raise ApiError(f"This PaymentIntent is {intent['status']}.", code="payment_intent_unexpected_state")
    if ok:
        succeed(account, intent)
    else:
        fail(account, intent, "payment_method_provider_decline", None)


def new_intent(account: Account, *, amount: int, currency: str, customer: str | None, **more: object) -> JsonObject:
    """A payment that waits for a payment method."""
    if amount < 50:
        raise invalid("amount", "Amount must be at least $0.50 usd", "amount_too_small")
    return account.new("pi", amount=amount, currency=currency, customer=customer, **more)


def _charge(account: Account, intent: JsonObject, **fields: object) -> JsonObject:
    number = account.cards[str(intent["payment_method"])]
    charge = account.new(
        "ch",
        amount=intent["amount"],
        currency=intent["currency"],
        customer=intent["customer"],
        description=intent["description"],
        metadata=dict(intent["metadata"]),
        payment_intent=intent["id"],
        payment_method=intent["payment_method"],
        payment_method_details=of_charge(number),
        **fields,
    )
    charge["billing_details"]["address"]["country"] = card_of(number).country
    return charge
