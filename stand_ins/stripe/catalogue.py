"""Products and prices, and the periods that prices are for. A price's amount never changes."""

from calendar import monthrange
from datetime import UTC, datetime

from stand_ins.payments.state import JsonObject
from stand_ins.stripe.form import Form, check_names, inner, metadata, required, text, whole
from stand_ins.stripe.refusals import invalid, missing
from stand_ins.stripe.state import Account

DAY, HOUR = 86_400, 3_600
INTERVALS = {"month": 1, "year": 12}


def product(account: Account, form: Form) -> JsonObject:
    """`POST /v1/products`. Raises ApiError."""
    check_names(form, "name", "metadata", "description", "tax_code")
    return account.new("prod", name=required(form, "name"), metadata=metadata(form), updated=account.now)


def price(account: Account, form: Form, price_id: str | None = None) -> JsonObject:
    """`POST /v1/prices`. Raises ApiError. The prices that the stand-in starts with have a `price_id` of their own."""
    names = ("currency", "unit_amount", "recurring", "product", "product_data", "lookup_key", "metadata")
    check_names(form, *names, "tax_behavior", "nickname")
    amount = whole(form, "unit_amount")
    if amount is None:
        raise missing("unit_amount")
    interval = text(inner(form, "recurring"), "interval")
    if interval not in (None, *INTERVALS):
        raise invalid("recurring[interval]", "This stand-in has the intervals month and year.")
    of = text(form, "product")
    if of is None:
        of = product(account, inner(form, "product_data"))["id"]
    recurring = {
        "interval": interval,
        "interval_count": 1,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    }
    made = account.new(
        "price",
        currency=required(form, "currency").lower(),
        lookup_key=text(form, "lookup_key"),
        metadata=metadata(form),
        product=account.get("product", of, "product")["id"],
        recurring=None if interval is None else recurring,
        tax_behavior=text(form, "tax_behavior") or "unspecified",
        type="one_time" if interval is None else "recurring",
        unit_amount=amount,
        unit_amount_decimal=str(amount),
    )
    if price_id is not None:
        account.all("price").pop(made["id"])
        made["id"] = price_id
        account.all("price")[price_id] = made
    return made


def name_of(account: Account, price: JsonObject) -> str:
    """The name of a price's product, as payers read it."""
    return str(account.get("product", price["product"])["name"])


def after(anchor: int, start: int, interval: str) -> int:
    """The end of the period that begins at `start`, in calendar months. With an anchor on the 31st, a shorter
    month ends on its last day."""
    first, current = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    months = current.year * 12 + current.month - 1 + INTERVALS[interval]
    year, month = divmod(months, 12)
    day = min(first.day, monthrange(year, month + 1)[1])
    return int(first.replace(year=year, month=month + 1, day=day).timestamp())
