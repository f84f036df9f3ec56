"""The mails in English. `hi.py` has the same functions in Hindi."""

from typing import assert_never

from oneai.notifications import formatting
from oneai.notifications.chatbot_payloads import (
    ChatbotAway,
    ChatbotsWeek,
    VisitorConfirmation,
    VisitorMailStopped,
    VisitorMessages,
    VisitorWaiting,
)
from oneai.notifications.credit_payloads import (
    CreditDispute,
    CreditReceipt,
    CreditRecharge,
    CreditsEnding,
    CreditsLow,
)
from oneai.notifications.email import EmailContent
from oneai.notifications.locales import en_account, en_credits, en_operators, en_ownership, en_plans, en_teams
from oneai.notifications.locales.en_plans import to
from oneai.notifications.operator_payloads import BusinessReport, OperatorAlert
from oneai.notifications.payloads import (
    AccountDeletion,
    ApiKeyLeaked,
    DataExport,
    Departure,
    EmailPayload,
    Invitation,
    MonthlySummary,
    News,
    Offer,
    PasskeyChange,
    PaymentReceipt,
    PaymentRefund,
    PaymentReminder,
    PaymentReversed,
    PeriodEnding,
    ProviderKeyLeaked,
    QuotaWarning,
    SeatsEnding,
    SubscriptionUpdate,
    TrialEnding,
    TrialRefused,
    Welcome,
    WorkspaceDeletion,
    WorkspaceOwnership,
)

LANGUAGE = "en"
UNSUBSCRIBE = {
    "product": "Unsubscribe from news",
    "quota": "Unsubscribe from quota emails",
    "summary": "Unsubscribe from monthly summaries",
    "handoff": "Unsubscribe from emails about waiting visitors",
    "budget": "Unsubscribe from emails about budgets",
    "weekly": "Unsubscribe from weekly reports",
    "visitor": "Get no more emails from this chat’s team",
}
QUOTAS = {
    "small_messages": "answers from small models",
    "large_messages": "answers from large models",
    "image_generation": "images",
    "web_searches": "web searches",
    "tokens": "tokens",
    "cost": "model costs",
}


def write(about: EmailPayload, *, name: str, site: str, url: str) -> EmailContent:  # noqa: PLR0912  as kinds of mail
    """The mail to a user with this `name` (may be empty), from the product `site` at `url`."""
    match about:
        case Welcome():
            return welcome(name, site, url)
        case News():
            return news(about, url)
        case QuotaWarning():
            return quota_warning(about, name, url)
        case MonthlySummary():
            return monthly_summary(about, name, site, url)
        case PaymentReceipt():
            return payment_receipt(about, name, site, url)
        case PaymentReminder():
            return payment_reminder(about, name, site, url)
        case (
            PaymentRefund()
            | PaymentReversed()
            | SubscriptionUpdate()
            | TrialEnding()
            | TrialRefused()
            | PeriodEnding()
            | SeatsEnding()
            | Offer()
        ):
            return en_plans.write(about, name, site, url)
        case (
            ChatbotAway()
            | ChatbotsWeek()
            | VisitorWaiting()
            | VisitorConfirmation()
            | VisitorMessages()
            | VisitorMailStopped()
            | Departure()
            | Invitation()
        ):
            return en_teams.write(about, site, url)
        case ApiKeyLeaked() | AccountDeletion() | DataExport() | PasskeyChange() | ProviderKeyLeaked():
            return en_account.write(about, name, site, url)
        case WorkspaceDeletion() | WorkspaceOwnership():
            return en_ownership.write(about, name, site, url)
        case CreditReceipt() | CreditRecharge() | CreditsLow() | CreditsEnding() | CreditDispute():
            return en_credits.write(about, name, site, url)
        case OperatorAlert() | BusinessReport():
            return en_operators.write(about, site)
        case _:
            assert_never(about)


def welcome(name: str, site: str, url: str) -> EmailContent:
    """Welcomes a new user."""
    return EmailContent(
        language=LANGUAGE,
        subject=f"Welcome to {site}",
        heading=f"Welcome, {name}" if name else "Welcome",
        paragraphs=(
            f"Your {site} account is ready. Ask any model, edit your question, regenerate the answer, and come back to "
            "everything later.",
            "The free plan needs no payment details. The app always shows how much of it you have used.",
        ),
        action=("Ask your first question", url),
        foot="You received this email because this address was used to sign up.",
    )


def news(about: News, url: str) -> EmailContent:
    """Product news, as an operator wrote them."""
    return EmailContent(
        language=LANGUAGE,
        subject=about.subject,
        heading=about.subject,
        paragraphs=tuple(about.paragraphs),
        action=("Open the app", url),
        foot="You received this email because news is turned on in your settings.",
    )


def quota_warning(about: QuotaWarning, name: str, url: str) -> EmailContent:
    """80, 90 or 100 percent of a quota are used."""
    quota = QUOTAS.get(about.quota_key, about.quota_key)
    until = formatting.moment(LANGUAGE, about.resets_at)
    used, limit = _amounts(about)
    gone = about.threshold >= 100
    if about.whose != "plan":
        return _share_warning(about, name, url)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {quota} are used up" if gone else f"{about.threshold}% of your {quota} are used",
        heading="Used up for now" if gone else f"{about.threshold}% used",
        paragraphs=(
            to(name, f"you have used {used} of your {limit} {quota} in this period."),
            f"Your quota resets on {until}. Until then, you can ask models of another quota or choose a larger plan."
            if gone
            else f"Your quota resets on {until}.",
        ),
        details=(("Used", f"{used} of {limit}"), ("Resets", until)),
        percent=about.threshold if gone else min(about.used * 100 // about.limit, 99),
        action=("See your plan", url),
    )


def _share_warning(about: QuotaWarning, name: str, url: str) -> EmailContent:
    """80 or 100 percent of a member's share of a team's quota are used: to the member, or to an owner of the team."""
    quota = QUOTAS.get(about.quota_key, about.quota_key)
    until = formatting.moment(LANGUAGE, about.resets_at)
    used, limit = _amounts(about)
    gone = about.threshold >= 100
    own = about.whose == "share"
    who = "your" if own else "a member's"
    member = "you have" if own else f"{formatting.name(about.member) or 'a member of your team'} has"
    share = f"{'your' if own else 'their'} share of {limit} {quota}"
    return EmailContent(
        language=LANGUAGE,
        subject=f"{who.capitalize()} share of {quota} is used up"
        if gone
        else f"{about.threshold}% of {who} share is used",
        heading="Used up for now" if gone else f"{about.threshold}% used",
        paragraphs=(
            to(name, f"{member} used {used} of {share} in this period."),
            f"The share resets on {until}. "
            + ("An admin of your team can raise it." if own else "You can raise it in the settings of your team."),
        ),
        details=(("Used", f"{used} of {limit}"), ("Resets", until)),
        percent=about.threshold if gone else min(about.used * 100 // about.limit, 99),
        action=("See the usage", url),
    )


def monthly_summary(about: MonthlySummary, name: str, site: str, url: str) -> EmailContent:
    """The user's usage in a month."""
    when = formatting.month(LANGUAGE, about.month)
    answers = formatting.count(LANGUAGE, about.answers)
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your {when} with {site}",
        heading=f"Your {when}",
        paragraphs=(to(name, f"you got {answers} {'answer' if about.answers == 1 else 'answers'} in {when}."),),
        details=(
            ("Answers", answers),
            ("Tokens", formatting.count(LANGUAGE, about.tokens)),
            *((each["model"], formatting.count(LANGUAGE, each["answers"])) for each in about.models),
        ),
        action=("See your usage", url),
    )


def payment_receipt(about: PaymentReceipt, name: str, site: str, url: str) -> EmailContent:
    """Money came in."""
    amount = formatting.money(about.amount, about.currency)
    paid_until = [("Paid until", formatting.day(LANGUAGE, about.period_end))] if about.period_end else []
    invoice = [("Invoice", about.invoice_number)] if about.invoice_number else []
    return EmailContent(
        language=LANGUAGE,
        subject=f"Receipt: {amount} for {site} {about.plan}",
        heading="Thank you for your payment",
        paragraphs=(to(name, f"we received {amount} for the {about.plan} plan."),),
        details=(
            ("Amount", amount),
            ("Plan", about.plan),
            ("Paid on", formatting.day(LANGUAGE, about.paid_at)),
            *paid_until,
            *invoice,
            ("Payment", about.payment_id),
        ),
        action=("Open the invoice", f"{url}/settings/billing") if about.invoice_number else None,
    )


def payment_reminder(about: PaymentReminder, name: str, site: str, url: str) -> EmailContent:
    """A payment failed; this was attempt number `attempt`."""
    amount = formatting.money(about.amount, about.currency)
    last_day = formatting.day(LANGUAGE, about.last_day) if about.last_day else None
    ends = f" Without a payment, your plan ends on {last_day}." if last_day else ""
    again = "We will try again automatically."
    if about.given_up:
        again = "We will not try again automatically. Please pay on the page below."
    if about.ended_at:
        ended = formatting.day(LANGUAGE, about.ended_at)
        ends = f" Your plan ended on {ended}. It resumes as soon as you pay."
    if about.waits_for_yes:
        return EmailContent(
            language=LANGUAGE,
            subject=f"Agree to your payment for {site} {about.plan}",
            heading="A payment needs your confirmation",
            paragraphs=(
                to(name, f"{amount} for the {about.plan} plan is due."),
                f"It is above ₹15,000, so your bank charges it only after you agree on the page below.{ends}",
            ),
            details=(("Amount", amount), ("Plan", about.plan)),
            action=("Agree and pay", about.pay_url or f"{url}/billing"),
        )
    return EmailContent(
        language=LANGUAGE,
        subject=f"Your payment for {site} {about.plan} failed"
        if about.attempt == 1
        else f"Reminder {about.attempt}: your payment for {site} {about.plan}",
        heading="Your payment failed",
        paragraphs=(
            to(name, f"we could not collect {amount} for the {about.plan} plan."),
            f"Please check your payment method. {again}{ends}",
        ),
        details=(("Amount", amount), ("Plan", about.plan), ("Attempt", str(about.attempt))),
        action=("Pay now", about.pay_url or f"{url}/billing"),
    )


def _amounts(about: QuotaWarning) -> tuple[str, str]:
    """The used and the total amount."""
    if about.quota_key == "cost":
        return formatting.dollars(about.used), formatting.dollars(about.limit)
    return formatting.count(LANGUAGE, about.used), formatting.count(LANGUAGE, about.limit)
