"""The mails about plans and refunds in English. `hi_plans.py` has the same functions in Hindi."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.email import EmailContent
from oneai.notifications.locales import en_offers
from oneai.notifications.payloads import (
    Offer,
    PaymentRefund,
    PaymentReversed,
    PeriodEnding,
    SeatsEnding,
    SubscriptionUpdate,
    TrialEnding,
    TrialRefused,
)
from oneai.plans.limits_and_prices import NO_PLAN

LANGUAGE = "en"


def write(
    about: PaymentRefund
    | PaymentReversed
    | PeriodEnding
    | SeatsEnding
    | SubscriptionUpdate
    | TrialEnding
    | TrialRefused
    | Offer,
    name: str,
    site: str,
    url: str,
) -> EmailContent:
    """The mail about a plan or a refund."""
    match about:
        case PaymentRefund():
            return payment_refund(about, name, site, url)
        case PaymentReversed():
            return payment_reversed(about, name, site, url)
        case PeriodEnding():
            return period_ending(about, name, site, url)
        case SubscriptionUpdate():
            return subscription_update(about, name, site, url)
        case SeatsEnding():
            return seats_ending(about, name, url)
        case Offer():
            return en_offers.write(about, name, site, url)
        case TrialEnding():
            return trial_ending(about, name, site, url)
        case TrialRefused():
            return trial_refused(about, name, site, url)
        case _:
            assert_never(about)


def payment_refund(about: PaymentRefund, name: str, site: str, url: str) -> EmailContent:
    """A refund to the payer."""
    amount = formatting.money(about.amount, about.currency)
    why: tuple[str, ...] = (to(name, f"we refunded {amount}. It goes back to your original payment method."),)
    if about.refused == "other_country":
        why = (
            to(
                name,
                f"we refunded your payment of {amount}. It came from a country other than that of your billing "
                "address, so it bought nothing.",
            ),
            "Prices and tax depend on the country. To buy again, pay from the country of your billing address, or "
            "change the address on the billing page if it is wrong.",
        )
    return EmailContent(
        language=LANGUAGE,
        subject=f"Refund: {amount} from {site}",
        heading="Your refund is on its way",
        paragraphs=(*why, "It can take up to seven working days to appear."),
        details=(
            ("Amount", amount),
            ("Refunded on", formatting.day(LANGUAGE, about.refunded_at)),
            ("Credit note", about.credit_note),
            ("Payment", about.payment_id),
        ),
        action=("Open your invoices", f"{url}/settings/billing"),
    )


def payment_reversed(about: PaymentReversed, name: str, site: str, url: str) -> EmailContent:
    """A payment came back, so its subscription is cancelled."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    why = f"your bank took back the {amount} you paid for the {plan} plan, so we cancelled the subscription."
    if about.by == "refund":
        why = f"we refunded the full {amount} you paid for the {plan} plan, and cancelled the subscription."
    now = "your team has no plan now" if about.new_plan == NO_PLAN else "you are on the free plan now"
    until = f"The plan ended on {formatting.day(LANGUAGE, about.reversed_at)}, and {now}."
    if about.ends_at:
        until = f"You keep the plan until {formatting.day(LANGUAGE, about.ends_at)}, which another payment pays for."
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {site} {plan} subscription is cancelled",
        heading="Nothing more will be charged",
        paragraphs=(
            to(name, why),
            f"{until} Nothing more will be charged. Your chats stay.",
            "If you want the plan again, you can subscribe at any time.",
        ),
        details=(("Amount", amount), ("Payment", about.payment_id)),
        action=("See your plan", f"{url}/settings/billing"),
    )


def subscription_update(about: SubscriptionUpdate, name: str, site: str, url: str) -> EmailContent:
    """A plan will end, ended, was paused, resumed or changed."""
    plan, day = about.plan.capitalize(), formatting.day(LANGUAGE, about.at)
    new = (about.new_plan or "free").capitalize()
    on_new = "Your team has no plan" if about.new_plan == NO_PLAN else f"You are on the {new} plan"
    match about.event:
        case "cancellation_scheduled":
            subject, sentence = f"Your {site} {plan} ends on {day}", f"you cancelled the {plan} plan."
            more = f"You keep it until {day} and will not be charged again. You can still change your mind in Settings."
        case "cancelled_before_start":
            subject, sentence = (
                f"Your {site} {plan} will not start",
                f"you cancelled the {plan} plan before it started.",
            )
            more = f"It would have started on {day}, and nothing will be charged. You can undo this in Settings."
        case "ended":
            subject, sentence = f"Your {site} {plan} has ended", f"your {plan} plan ended on {day}."
            more = f"{on_new} now. Your chats stay, and you can subscribe again at any time."
        case "paused":
            subject, sentence = f"Your {site} {plan} is paused", f"your {plan} plan has been paused since {day}."
            more = f"Nothing is charged while it is paused. {on_new} until then. Settings resume it."
        case "resumed":
            subject, sentence = (
                f"Your {site} {plan} is active again",
                f"your {plan} plan has been active again since {day}.",
            )
            more = "It will be charged as before."
        case "changed":
            subject, sentence = f"You are on {site} {new} now", f"your plan changed from {plan} to {new} on {day}."
            more = "Settings show its price and its limits."
    return EmailContent(
        language=LANGUAGE,
        subject=subject,
        heading=subject,
        paragraphs=(to(name, sentence), more),
        action=("See your plan", f"{url}/settings/billing"),
    )


def seats_ending(about: SeatsEnding, name: str, url: str) -> EmailContent:
    """A team has fewer seats than members from its next period on."""
    day = formatting.day(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Seats of your team end on {day}",
        heading="Fewer seats than members",
        paragraphs=(
            to(
                name,
                f"from {day} on your team “{about.team}” pays for {about.seats} seats, and {about.taken} are taken.",
            ),
            f"These members joined last and have no seat then: {', '.join(about.members)}.",
            "To keep their seats, agree to the charge for all seats under Plan and billing. No one loses their chats.",
        ),
        action=("Keep the seats", f"{url}/settings/billing"),
    )


def trial_ending(about: TrialEnding, name: str, site: str, url: str) -> EmailContent:
    """A trial ends soon, and its first charge follows."""
    amount, day = formatting.money(about.amount, about.currency), formatting.day(LANGUAGE, about.charged_at)
    plan = about.plan.capitalize()
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {site} {plan} trial ends on {day}",
        heading="Your trial is about to end",
        paragraphs=(
            to(name, f"your {plan} trial ends on {day}, and {amount} will be charged then."),
            "To keep the plan, you do not need to do anything. Cancel before that day and nothing is charged.",
        ),
        details=(("First charge", amount), ("On", day)),
        action=("Keep or cancel", f"{url}/settings/billing"),
    )


def period_ending(about: PeriodEnding, name: str, site: str, url: str) -> EmailContent:
    """A prepaid plan ends soon, and nothing is debited for the next period."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    when = formatting.moment(LANGUAGE, about.ends_at)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {site} {plan} plan ends on {formatting.day(LANGUAGE, about.ends_at)}",
        heading="Pay for the next period",
        paragraphs=(
            to(name, f"your {plan} plan ends on {when}. We debit nothing by ourselves."),
            "If you pay before then, the next period begins when this one ends, and you lose no day.",
        ),
        details=(("Plan", plan), ("Amount", amount), ("Ends on", when)),
        action=("Pay for the next period", f"{url}/settings/billing"),
    )


def trial_refused(about: TrialRefused, name: str, site: str, url: str) -> EmailContent:
    """There is no trial, and the first charge is due or was cancelled."""
    amount, plan = formatting.money(about.amount, about.currency), about.plan.capitalize()
    why = "the card or account you subscribed with has already had a trial, so there is none this time."
    if about.reason == "unknown":
        why = "we could not determine which card or account you subscribed with, so the trial did not start."
    what_next, due = "You have already cancelled it, so nothing will be charged.", []
    if about.first_charge_at:
        when = formatting.moment(LANGUAGE, about.first_charge_at)
        what_next = (
            f"{amount} will be charged on {when}, and your {plan} plan starts then. Your current plan continues until "
            f"then. To pay nothing, cancel before that time: open your plan in {site} and choose Cancel."
        )
        due = [("First charge", amount), ("On", when)]
    return EmailContent(
        language=LANGUAGE,
        subject=f"No trial for {site} {plan}",
        heading="There is no trial this time",
        paragraphs=(to(name, why), what_next),
        details=(("Plan", plan), *due),
        action=("Keep or cancel", f"{url}/settings/billing") if due else None,
    )


def to(name: str, sentence: str) -> str:
    """The sentence with the user's name in front; without a name it starts with a capital letter."""
    return f"{name}, {sentence}" if name else sentence[:1].upper() + sentence[1:]
