"""The mail about an offer in English. `hi_offers.py` has the same functions in Hindi."""

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.payloads import Offer

LANGUAGE = "en"


def write(about: Offer, name: str, site: str, url: str) -> EmailContent:
    """An offer, with its link, or with the account for a bank transfer."""
    plan, amount = about.plan.capitalize(), formatting.money(about.amount, about.currency)
    day = formatting.day(LANGUAGE, about.valid_until)
    team = "" if about.workspace is None else f" to the team {formatting.quotation(about.workspace)}"
    months = "one month" if about.months == 1 else f"{about.months} months"
    greeting = name if about.to == "owner" else ""
    offered = f"{site} offers the plan {plan}{team} for {months}, for {amount} in all."
    paying = f"Accept it and pay by {day} with the button below. An owner of the workspace has to sign in."
    if about.account is not None:
        paying = f"Transfer the amount by {day} to the account below, and write the reference into the transfer."
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your offer of {site} {plan}",
        heading="An offer for you",
        paragraphs=(
            f"{greeting}, {offered}" if greeting else offered,
            paying,
            "The invoice follows with the payment. Taxes are included.",
        ),
        details=(
            ("Plan", plan),
            *((("Seats", formatting.count(LANGUAGE, about.seats)),) if about.seats is not None else ()),
            ("Amount", amount),
            ("Valid until", day),
            *_account(about),
        ),
        action=("See the offer", f"{url}/checkout/offer/{about.offer}?workspace={about.workspace_id}"),
    )


def _account(about: Offer) -> tuple[tuple[str, str], ...]:
    if about.account is None:
        return ()
    return (
        ("Account holder", about.account["holder"]),
        ("Bank", about.account["bank"]),
        ("Account number", about.account["account_number"]),
        ("IFSC" if about.currency == "INR" else "SWIFT/BIC", about.account["code"]),
        ("Reference", about.reference),
    )
