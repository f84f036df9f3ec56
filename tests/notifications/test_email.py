"""The texts of mails in both languages, as text and as HTML. No value adds headers or links to them."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest

from oneai.billing.providers.razorpay import CAPABILITIES
from oneai.notifications import compose, formatting, payloads
from oneai.notifications.compose import Sender
from oneai.notifications.payloads import PAYLOADS, TOPICS
from tests.notifications.kinds_of_mail import DATA

SENDER = Sender("OneAI", "https://oneai.example", "oneai@mail.example", "https://api.oneai.example/api")
TOKEN = "x" * 43
AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


def written(kind: str, language: str = "en", name: str | None = "Asha Rao", **data: Any) -> tuple[Any, str, str]:
    """The message as a mail program reads it, its text and its HTML."""
    letter = compose.write_email(kind, DATA[kind] | data, name=name, language=language, sender=SENDER, token=TOKEN)
    raw = compose.mime_message(letter, to="asha@example.com", at=AT, sender=SENDER)
    message = message_from_bytes(raw, policy=default)
    assert not message.defects
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return message, *(part.get_content().replace("\r\n", "\n") for part in (text, html))


class _Tags(HTMLParser):
    """Checks that what is opened is closed, and notes every link and everything that would be fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("img", "script", "link", "iframe", "style", "form")
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not [name for name, _ in attrs if name.startswith("on") or name == "src"]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_kind_has_a_sample() -> None:
    assert DATA.keys() == PAYLOADS.keys()


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_mail_is_complete_as_text_and_html_and_loads_nothing(kind: str, language: str) -> None:
    message, text, html = written(kind, language)

    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert (str(message["From"]), str(message["To"])) == ("OneAI <oneai@mail.example>", "asha@example.com")
    assert str(message["Date"]) == "Sat, 21 Nov 2026 06:30:00 +0000"
    tags = _Tags()
    tags.feed(html)
    assert tags.open == []
    assert all(link.startswith("https://") for link in tags.links)
    assert f'<html lang="{language if kind not in ("operator_alert", "business_report") else "en"}">' in html
    for link in tags.links:
        assert link in text


@pytest.mark.sampled(0.5)
@pytest.mark.parametrize("language", ["en", "hi"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_all_mail_except_about_money_can_be_unsubscribed_in_one_click(kind: str, language: str) -> None:
    message, text, html = written(kind, language)
    link = f"https://api.oneai.example/api/mail/unsubscribe?token={TOKEN}"

    if kind in TOPICS:
        assert message["List-Unsubscribe"] == f"<{link}>"
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert link in text
        assert link in html
    else:
        assert message["List-Unsubscribe"] is None
        assert "unsubscribe" not in text + html


def test_the_owner_of_a_leaked_key_learns_which_one_was_revoked() -> None:
    _, english, _ = written("api_key_leaked")
    _, hindi, _ = written("api_key_leaked", "hi")

    assert "your API key “Nightly report” was found where others can read it, so we revoked it immediately" in english
    assert "oneai_sk_…a1B2" in english
    assert "/settings/api-keys" in english
    assert "इसलिए हमने उसे तुरंत रद्द कर दिया" in hindi


def test_a_refused_trial_is_explained_with_its_charge_and_how_to_cancel() -> None:
    _, english, _ = written("trial_refused")
    _, hindi, _ = written("trial_refused", "hi")

    assert "Asha Rao, the card or account you subscribed with has already had a trial" in english
    assert (
        "₹799.00 will be charged on 28 November 2026, 20:00 UTC (01:30 IST), and your Pro plan starts then" in english
    )
    assert "cancel before that time: open your plan in OneAI and choose Cancel" in english
    assert "29 नवंबर 2026, 01:30 IST को ₹799.00 लिए जाएँगे" in hindi
    assert "उससे पहले रद्द करें" in hindi


@pytest.mark.parametrize(
    ("language", "unknown", "cancelled"),
    [
        ("en", "we could not determine which card", "You have already cancelled it, so nothing will be charged."),
        ("hi", "पता नहीं चल पाया", "आप इसे पहले ही रद्द कर चुके हैं: कुछ नहीं लिया जाएगा।"),
    ],
)
def test_a_trial_refused_after_a_cancellation_mentions_no_charge(language: str, unknown: str, cancelled: str) -> None:
    _, text, _ = written("trial_refused", language, reason="unknown", first_charge_at=None)

    assert unknown in text
    assert cancelled in text
    assert "₹" not in text


@pytest.mark.parametrize(("language", "why"), [("en", "a country other than that of"), ("hi", "किसी और देश")])
def test_the_refund_of_a_payment_from_another_country_says_why(language: str, why: str) -> None:
    _, text, _ = written("payment_refund", language, refused="other_country")
    _, usual, _ = written("payment_refund", language)

    assert why in " ".join(text.split())
    assert why not in " ".join(usual.split())


def test_the_unsubscribe_address_is_on_one_unencoded_line() -> None:
    letter = compose.write_email("news", DATA["news"], name=None, language="hi", sender=SENDER, token=TOKEN)
    raw = compose.mime_message(letter, to="asha@example.com", at=AT, sender=SENDER)

    assert f"\r\nList-Unsubscribe: <https://api.oneai.example/api/mail/unsubscribe?token={TOKEN}>\r\n".encode() in raw


def test_english_and_hindi_state_the_same_numbers() -> None:
    _, english, _ = written("quota_warning")
    _, hindi, _ = written("quota_warning", "hi", name="आशा राव")

    assert "Asha Rao, you have used 4,512 of your 5,000 answers from small models" in english
    assert "1 December 2026, 00:00 UTC" in english
    assert "आशा राव जी, इस अवधि में आपका इस्तेमाल: छोटे मॉडलों के जवाब, 5,000 में से 4,512।" in hindi
    assert "1 दिसंबर 2026, 05:30 IST" in hindi


def test_a_hindi_subject_arrives_unchanged() -> None:
    message, _, _ = written("quota_warning", "hi")

    assert message["Subject"] == "आपका 90% कोटा इस्तेमाल हो चुका है: छोटे मॉडलों के जवाब"
    raw = message.as_bytes().split(b"\n\n")[0]
    assert raw.isascii()
    assert max(len(line) for line in raw.splitlines() if not line.startswith(b"List-Unsubscribe:")) <= 78


def test_money_is_formatted_in_local_style() -> None:
    message, text, _ = written("payment_receipt")
    assert message["Subject"] == "Receipt: ₹1,49,900.00 for OneAI Pro"
    assert "Paid on: 30 November 2026" in text
    _, hindi, _ = written("payment_receipt", "hi")
    assert "भुगतान का दिन: 30 नवंबर 2026" in hindi  # the invoice's day, though it was past midnight in India
    _, reminder, _ = written("payment_reminder")
    assert "$19.99" in reminder
    assert "ends on 5 December 2026" in reminder
    _, cost, _ = written("quota_warning", quota_key="cost", used=1_805_000, limit=2_000_000)
    assert "$1.80 of your $2.00 model costs" in cost


@pytest.mark.parametrize(
    ("language", "promise", "instead"),
    [
        ("en", "We will try again automatically", "We will not try again automatically"),
        ("hi", "हम अपने-आप फिर कोशिश करेंगे", "हम अपने-आप फिर कोशिश नहीं करेंगे"),
    ],
)
def test_the_last_reminder_promises_no_further_attempt(language: str, promise: str, instead: str) -> None:
    assert CAPABILITIES.max_attempts == payloads.MAX_ATTEMPTS
    for attempt in range(1, payloads.MAX_ATTEMPTS + 2):
        _, text, html = written("payment_reminder", language, attempt=attempt)
        for content in (text, html):
            assert (promise in content, instead in content) == (
                attempt < payloads.MAX_ATTEMPTS,
                attempt >= payloads.MAX_ATTEMPTS,
            )


@pytest.mark.parametrize(
    ("smallest", "currency", "text"),
    [(0, "INR", "₹0.00"), (5, "USD", "$0.05"), (99_999, "INR", "₹999.99"), (1_00_00_00_000, "INR", "₹1,00,00,000.00")],
)
def test_amounts_are_formatted_by_currency(smallest: int, currency: str, text: str) -> None:
    assert formatting.money(smallest, currency) == text


@pytest.mark.parametrize("threshold", [80, 90, 100])
def test_a_used_up_quota_is_worded_differently_from_a_warning(threshold: int) -> None:
    message, text, html = written("quota_warning", threshold=threshold, used=threshold * 50)

    assert ("used up" in message["Subject"]) == (threshold == 100)
    assert ("Until then, you can ask models of another quota" in text) == (threshold == 100)
    assert f'width="{threshold}%"' in html


def test_a_mail_without_a_name_begins_with_a_capital() -> None:
    summary, receipt = (written(kind, name=None)[1] for kind in ("monthly_summary", "payment_receipt"))
    assert "\nYou got 1,234 answers" in summary
    assert "\nWe received ₹1,49,900.00" in receipt


@pytest.mark.parametrize("name", ["Asha Rao", "आशा राव", "José Ñuñez", "O'Neil-Smith", "Ünal Şahin"])
def test_users_are_greeted_by_name(name: str) -> None:
    assert f"Welcome, {name}" in written("welcome", name=name)[1]


@pytest.mark.parametrize(
    "name",
    [
        "Asha\r\nBcc: victim@example.com",
        "https://evil.example/win",
        "evil.example",
        "<b>Asha</b>",
        "You have won call 1800",
        "Dear friend you have won a prize today",
        "x" * 41,
        "a@b.example",
        "\x00\x1b[31m",
        "",
        None,
    ],
)
def test_a_sign_up_with_anothers_address_puts_no_text_into_their_mail(name: str | None) -> None:
    message, text, html = written("welcome", name=name)

    assert text.startswith("Welcome\n")
    assert message.keys() == written("welcome", name=None)[0].keys()
    assert html == written("welcome", name=None)[2]


@pytest.mark.parametrize(
    "evil", ["Pro\r\nBcc: victim@example.com", "Pro\nX: y", "<script>alert(1)</script>", "Pro\u2028X: y"]
)
@pytest.mark.parametrize("kind", ["payment_receipt", "payment_reminder", "trial_refused"])
def test_no_value_becomes_a_header_or_a_tag(kind: str, evil: str) -> None:
    message, _, html = written(kind, plan=evil)

    assert message.keys() == written(kind)[0].keys()
    assert message["Bcc"] is None
    assert "<script" not in html
    _Tags().feed(html)


@pytest.mark.parametrize("to", ["a@b\r\nBcc: c@d", "a@b.example, c@d.example", "a b@c"])
def test_two_addresses_in_one_are_refused(to: str) -> None:
    letter = compose.write_email("news", DATA["news"], name=None, language="en", sender=SENDER, token=TOKEN)
    with pytest.raises(Exception):  # noqa: B017  whichever the parser finds first
        compose.mime_message(letter, to=to, at=AT, sender=SENDER)
