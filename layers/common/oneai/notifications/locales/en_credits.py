"""The mails about credits in English. `hi_credits.py` has the same functions in Hindi."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.credit_payloads import (
    CreditDispute,
    CreditReceipt,
    CreditRecharge,
    CreditsEnding,
    CreditsLow,
)
from oneai.notifications.email import EmailContent
from oneai.notifications.locales.en_plans import to

LANGUAGE = "en"

type CreditMail = CreditReceipt | CreditRecharge | CreditsLow | CreditsEnding | CreditDispute


def write(about: CreditMail, name: str, site: str, url: str) -> EmailContent:
    """The mail about credits."""
    match about:
        case CreditReceipt():
            return receipt(about, name, site, url)
        case CreditRecharge():
            return recharge(about, name, url)
        case CreditsLow():
            return low(about, name, url)
        case CreditsEnding():
            return ending(about, name, url)
        case CreditDispute():
            return dispute(about, name, url)
        case _:
            assert_never(about)


def receipt(about: CreditReceipt, name: str, site: str, url: str) -> EmailContent:
    """A receipt."""
    amount, bought = formatting.money(about.amount, about.currency), formatting.dollars(about.credit_micro_usd)
    day = formatting.day(LANGUAGE, about.expires_at)
    how = "your automatic recharge bought" if about.automatic else "you bought"
    bonus = f" and {formatting.dollars(about.bonus_micro_usd)} as a bonus" if about.bonus_micro_usd else ""
    details = [
        ("Credits", bought),
        ("Paid", amount),
        ("Paid on", formatting.day(LANGUAGE, about.paid_at)),
        ("Payment", about.payment_id),
    ]
    if about.invoice_number:
        details.append(("Invoice", about.invoice_number))
    return EmailContent(
        language=LANGUAGE,
        subject=f"Receipt: {bought} of credits from {site}",
        heading="Your credits are ready",
        paragraphs=(to(name, f"{how} {bought} of credits{bonus}."), f"They can be used until {day}."),
        details=tuple(details),
        action=("Open your credits", f"{url}/credits"),
    )


def recharge(about: CreditRecharge, name: str, url: str) -> EmailContent:
    """An automatic recharge needs its holder."""
    amount = formatting.money(about.amount, about.currency)
    match about.event:
        case "confirm":
            subject, heading = f"Please confirm a recharge of {amount}", "Your credits are low"
            sentence = f"your automatic recharge of {amount} is waiting for your confirmation."
            rule = " In India, that is the rule above ₹15,000." if about.currency == "INR" else ""
            more = (
                f"Your bank asks you to confirm this charge.{rule} "
                f"Pay it in the settings of your credits by {formatting.day(LANGUAGE, about.at)}."
            )
        case "refused":
            subject, heading = "Your automatic recharge was refused", "No credits were bought"
            sentence = f"your bank refused the debit of {amount}."
            more = "We will try again in an hour or later. After three refusals in a row we stop."
        case "stopped":
            subject, heading = "Your automatic recharge is off", "No credits were bought"
            sentence = f"your bank refused the debit of {amount} for the third time, so the automatic recharge is off."
            more = "You can buy credits yourself, or turn it on again with another card."
        case "ended":
            subject, heading = "Your automatic recharge is off", "No credits were bought"
            sentence = f"the debit of {amount} was not possible, because your card or its authorization was removed."
            more = "You can buy credits yourself, or turn the automatic recharge on again with another card."
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=heading,
        paragraphs=(to(name, sentence), more),
        action=("Open your credits", f"{url}/credits?tab=settings&workspace={about.workspace_id}"),
    )


def low(about: CreditsLow, name: str, url: str) -> EmailContent:
    """Credits are partly or completely used up."""
    left, of = (
        formatting.dollars(about.left_micro_usd),
        f" of the team “{formatting.quotation(about.team)}”" if about.team else "",
    )
    subject = {50: "Half of your credits are left", 20: "A fifth of your credits is left"}.get(
        about.left_percent, "Your credits are used up"
    )
    sentence = f"{left} of the credits{of} are left." if about.left_percent else f"the credits{of} are used up."
    more = "When they are used up, only your plan pays answers. You can buy more at any time."
    if not about.left_percent:
        more = "Only your plan pays answers now. Chatbots that only credits pay are away until you buy more."
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(to(name, sentence), more),
        action=("Buy credits", f"{url}/credits"),
    )


def ending(about: CreditsEnding, name: str, url: str) -> EmailContent:
    """Bought credits end."""
    left, day = formatting.dollars(about.left_micro_usd), formatting.day(LANGUAGE, about.ends_at)
    of = f" of the team “{formatting.quotation(about.team)}”" if about.team else ""
    return EmailContent(
        language=LANGUAGE,
        subject=f"{left} of credits end on {day}",
        heading="Credits end soon",
        paragraphs=(
            to(name, f"{left} of the credits{of} end on {day}."),
            "They were bought a year ago and are lost then. Credits that end on the soonest day are used first.",
        ),
        action=("Open your credits", f"{url}/credits"),
    )


def dispute(about: CreditDispute, name: str, url: str) -> EmailContent:
    """A dispute of a payment of credits."""
    amount = formatting.money(about.amount, about.currency)
    match about.event:
        case "opened":
            subject, sentence = "Your credits are frozen", f"your bank asks for your payment of {amount} back."
            more = (
                "The credits of this payment cannot be used until your bank has decided. Their end moves by that time."
            )
        case "won":
            subject, sentence = "Your credits can be used again", f"your bank let us keep your payment of {amount}."
            more = (
                "The credits of this payment can be used again. Their end moved by the time in which they were frozen."
            )
        case "lost":
            subject, sentence = "Your credits were taken back", f"your bank took back your payment of {amount}."
            more = "The credits of this payment have ended, and no more can be bought. Please contact us."
            if about.owed_micro_usd:
                more = f"You had used {formatting.dollars(about.owed_micro_usd)} of them, which you owe. {more}"
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(to(name, sentence), more),
        details=(("Amount", amount), ("Payment", about.payment_id)),
        action=("Open your credits", f"{url}/credits"),
    )
