"""What people type and paste is taken as they see it, in every field."""

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from pydantic import ValidationError

from oneai import text
from oneai.admin.act import ActReason
from oneai.admin.maintenance_mode import NewMaintenance
from oneai.api_keys.fields import NewApiKey
from oneai.chat.turn.titles import clean_title
from oneai.conversations.archive.external import line_of
from oneai.conversations.archive.file_names import file_name
from oneai.conversations.search_query import parse
from oneai.conversations.snippets import make_snippet
from oneai.field_errors import InvalidValue
from tests.admin.staff import make_staff
from tests.admin.test_reasons import ACTS, address
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

# Zero width space, marks of direction, byte order mark, soft hyphen, word joiner, filler, embedding, isolate.
INVISIBLE = ["\u200b", "\u200e", "\u200f", "\ufeff", "\u00ad", "\u2060", "\u3164", "\u202a", "\u2066", "\u061c", "\x07"]
BLANK = ["\u200b", "\u2066\u2069", "\ufeff\u00a0\u3000", "\x1b[31m\x1b[0m", "\u3164", "\u200d\u200c", "\u2028\u0085"]
FAMILY = "👩\u200d👩\u200d👧"
BILLING = {"address": "22 MG Road\nBengaluru", "state": "KA", "country": "IN"}


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        ("\u200bAsha\u200e \ufeffTra\u00adders\u2060 ", "Asha Traders"),
        ("\u00a0Meera\u3000\u2003Nair\u2028", "Meera Nair"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("Jose\u0301", "José"),
        ("a\u200db\u200cc", "abc"),
        ("क्\u200dष श्री\u200c क्\u200c", "क्\u200dष श्री क्\u200c"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (FAMILY, FAMILY),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("🏴\U000e0067\U000e0062\U000e007f x\U000e0067", "🏴\U000e0067\U000e0062\U000e007f x"),
        ("葛\U000e0100城", "葛\U000e0100城"),
        ("क\u093c" * 3, "क\u093c" * 3),
    ],
)
def test_a_line_keeps_its_visible_characters(pasted: str, seen: str) -> None:
    assert text.clean_line(pasted) == seen


def test_line_breaks_are_kept() -> None:
    assert text.clean_lines("\u200b\r\n12  Park\u200b Street \r\n\r\nKolkata\u2028\n") == "12  Park Street\n\nKolkata"


@pytest.mark.parametrize(
    ("pasted", "seen"),
    [
        (" ２９ＡＡＢＣＵ ９６０３Ｒ１ＺＪ\u200b", "29AABCU9603R1ZJ"),
        ("१२३-٤٥٦-৭৮", "123-456-78"),
        ("asha\u200b@example．com\u00a0", "asha@example.com"),
        ("\ufeffoneai_sk_abc\u200d", "oneai_sk_abc"),
    ],
)
def test_a_code_is_ascii_without_white_space(pasted: str, seen: str) -> None:
    assert text.clean_code(pasted).removesuffix("\u200d") == seen


@pytest.mark.parametrize("blank", BLANK)
def test_invisible_characters_count_as_blank(blank: str) -> None:
    assert text.is_blank(blank)
    assert text.clean_line(blank) == ""
    with pytest.raises(InvalidValue):
        text.message_text(blank)


@pytest.mark.parametrize(
    "typed",
    ["\u2800", "\ufe0f", "\U000e0100", "\U0001d173", "\u0301", "\u2800\n\u0301\ufe0e", "\U00013430", "\U0001bca0"],
)
def test_a_reason_or_message_without_visible_characters_is_refused(typed: str) -> None:
    assert text.is_blank(typed)
    with pytest.raises(InvalidValue):
        text.message_text(typed)
    with pytest.raises(ValidationError, match="A reason is required"):
        ActReason(reason=typed)


@pytest.mark.parametrize("typed", ["e\u0301", "\u0301e", "\u093f", "\u2764\ufe0f", "\u845b\U000e0100"])
def test_combining_marks_on_visible_characters_are_not_blank(typed: str) -> None:
    assert not text.is_blank(typed)
    assert ActReason(reason=typed).reason


@pytest.mark.parametrize("blank", [*BLANK, "\u2800", " \u2800\u200b\u2800", "\u2800\u3000"])
def test_a_name_without_a_visible_character_is_refused(blank: str) -> None:
    with pytest.raises(InvalidValue):
        text.one_line(blank)
    with pytest.raises(ValidationError):
        NewApiKey.model_validate({"name": blank})
    with pytest.raises(ValidationError):
        NewMaintenance.model_validate({"message": blank, "reason": "Upgrade"})


@given(some.text())
def test_cleaning_never_lengthens_a_text_and_is_idempotent(typed: str) -> None:
    for clean in (text.clean_line, text.clean_lines, text.clean_search):
        once = clean(typed.replace("\0", ""))
        assert len(once) <= len(typed) + (clean is text.clean_lines)
        assert clean(once) == once


@given(
    some.text(alphabet=[*"a \n🇮🇳👩🏽✈नस्तेक्षিগ각ᄀำ", "\u200d", "\ufe0f", "\u0301", "\r"], max_size=90),
    some.integers(1, 80),
)
def test_a_cut_is_a_beginning_that_ends_between_two_graphemes(whole: str, limit: int) -> None:
    part = text.cut(whole, limit)

    assert whole.startswith(part)
    assert len(part) <= limit
    rest = whole[len(part) :]
    assert (
        not part or not rest or unicodedata.category(rest[0])[0] != "M" or len(part) == limit > text.CLUSTER_CHARACTERS
    )
    assert not (part and rest) or not text.divides_sign(whole, len(part)) or limit > text.CLUSTER_CHARACTERS


@pytest.mark.parametrize(
    ("whole", "limit", "part"),
    [
        (FAMILY * 2, 6, FAMILY),
        ("🇮🇳🇮🇳🇮🇳", 5, "🇮🇳🇮🇳"),
        ("👍🏽👍🏽", 3, "👍🏽"),
        ("cafe\u0301", 4, "caf"),
        ("नमस्ते", 5, "नम"),
        ("क्षत्रिय", 2, ""),
        ("กำกำ", 3, "กำ"),
        ("\u1112\u1161\u11ab\u1100\u116e\u11a8", 5, "\u1112\u1161\u11ab"),
        ("a\r\nb", 2, "a"),
        ("z" + "\u0301" * 300, 100, "z" + "\u0301" * 99),
    ],
)
def test_a_cut_never_splits_a_grapheme(whole: str, limit: int, part: str) -> None:
    assert text.cut(whole, limit) == part


def test_titles_snippets_and_file_names_end_between_graphemes() -> None:
    emoji = FAMILY * 40
    assert len(line_of(emoji, 200) or "") == 200 // 5 * 5
    assert (line_of("x" * 199 + "🇮🇳", 200) or "").endswith("x")
    assert file_name("न" * 79 + "स्ते", "md") == "न" * 79 + ".md"
    title = clean_title("न" + "🇮🇳" * 60) or ""
    assert title == "न" + "🇮🇳" * 39 + "…"
    found = make_snippet("शब्द " + "क्ष" * 200, parse("शब्द")).snippet
    assert found.endswith("क्ष…")


@pytest.mark.parametrize("sign", INVISIBLE)
async def test_a_name_on_invoices_is_stored_without_pasted_invisible_characters(sign: str, shared: World) -> None:
    details = BILLING | {
        "legal_name": f"{sign}Asha Tra{sign}ders{sign}",
        "gstin": f"29ABCDE1234F1ZW{sign}",
        "state": f"K{sign}A",
    }
    details |= {"address": f"22 MG Road{sign}\r\n{sign}\nBengaluru", "country": f"{sign}in"}
    headers = shared.headers(shared.newcomer())

    answer = await shared.http.put("/subscription/billing-details", json=details, headers=headers)

    assert (answer.status_code, answer.json()) == (
        200,
        BILLING | {"legal_name": "Asha Traders", "gstin": "29ABCDE1234F1ZW"},
    )


async def test_a_tax_number_is_read_in_full_width_and_with_spaces(shared: World) -> None:
    details = BILLING | {"legal_name": "Ａsha", "gstin": "２９ abcde １２３４ F1ZW"} | {"legal_name": "Asha"}

    answer = await shared.http.put(
        "/subscription/billing-details", json=details, headers=shared.headers(shared.newcomer())
    )

    assert (answer.status_code, answer.json().get("gstin")) == (200, "29ABCDE1234F1ZW")


@pytest.mark.parametrize("blank", BLANK)
async def test_a_reason_of_invisible_characters_is_refused_in_every_action(blank: str, shared: World) -> None:
    headers = shared.headers(make_staff(shared))
    for method, path in ACTS:
        answer = await shared.http.request(method, address(path), json={"reason": blank}, headers=headers)
        assert answer.status_code == 422, (path, answer.text)
        assert "reason" in [each["field"] for each in answer.json()["error"]["details"]]


async def test_the_audit_log_has_a_reason_without_escapes_and_direction_marks(shared: World) -> None:
    headers, who = shared.headers(make_staff(shared)), shared.newcomer()
    reason = "\x1b[2J\u202eSpam\u202c\u200b,\nsee \u2066ticket\u2069 7"

    answer = await shared.http.post(
        f"/admin/users/{shared.people[who]}/suspend", json={"reason": reason}, headers=headers
    )

    assert answer.is_success, answer.text
    stored = shared.database.one(
        "select reason from oneai.audit_log where user_id = %s order by id desc limit 1", shared.people[who]
    )
    assert stored == "Spam,\nsee ticket 7"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/user/api-keys", {"name": "\u200b"}),
        ("PATCH", "/user/profile", {"name": "\u2060\u200e"}),
        ("PATCH", "/conversations/{talk}", {"title": "\u00ad"}),
        ("PATCH", "/conversations/{talk}", {"folder": "\u200b\u3164"}),
        ("PATCH", "/conversations/{talk}", {"tags": ["\ufeff"]}),
        ("POST", "/uploads", {"name": "\u200b", "type": "image/png", "size": 10}),
        ("POST", "/collections", {"name": "\u200b"}),
        ("POST", "/chat/stream", {"message": "\u200b\u2060"}),
    ],
)
async def test_a_required_field_refuses_invisible_characters_alone(
    method: str, path: str, body: dict[str, Any], shared: World
) -> None:
    who = shared.newcomer()
    if "{talk}" in path:
        path = path.replace("{talk}", (await shared.ask("Hello", who)).start["conversation_id"])

    answer = await shared.http.request(method, path, json=body, headers=shared.headers(who))

    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["code"] == "empty"


async def test_names_titles_and_tags_are_found_as_displayed(shared: World) -> None:
    who = shared.newcomer()
    talk = (await shared.ask("Hello", who)).start["conversation_id"]
    headers = shared.headers(who)
    change = {
        "title": "\u200bCafe\u0301 \u202aplans\u202c",
        "tags": ["\u200ework\u200b", "work"],
        "folder": "Trips\ufeff",
    }

    changed = (await shared.http.patch(f"/conversations/{talk}", json=change, headers=headers)).json()
    key = await shared.post("/user/api-keys", {"name": "CI\u200b", "ip_ranges": ["２０３.0.113.7\u200b"]}, who)

    assert (changed["title"], changed["tags"], changed["folder"]) == ("Café plans", ["work"], "Trips")
    assert (key.status_code, key.json()["name"], key.json()["ip_ranges"]) == (201, "CI", ["203.0.113.7/32"])
    for query in ({"q": "cafe\u0301\u200b plans"}, {"tag": "\u200bwork"}, {"folder": "Trips\u00a0"}):
        found = (await shared.get("/conversations", who, **query)).json()["items"]
        assert [each["id"] for each in found] == [talk], query


async def test_an_account_is_confirmed_with_its_pasted_address(shared: World) -> None:
    who = shared.newcomer()
    email = shared.database.one("select email from oneai.users where id = %s", shared.people[who])

    wrong, right = [
        await shared.http.request("DELETE", "/user", json={"confirm": typed}, headers=shared.headers(who))
        for typed in (f"x{email}", f"\u200b{email.upper()}\u00a0")
    ]

    assert wrong.status_code == 422
    assert right.is_success, right.text
