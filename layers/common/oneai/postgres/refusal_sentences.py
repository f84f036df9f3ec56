"""The sentences of what SQL refuses: it raises codes and numbers, and people read these."""

from collections.abc import Callable
from typing import Any

type _Sentence = Callable[[dict[str, Any]], str]

# By the code of `refusal` in the detail of an exception, whose other entries are the sentence's numbers.
_BY_REFUSAL: dict[str, _Sentence] = {
    "answers_at_once": lambda of: (
        f"Your plan allows {of['limit']} answers at a time. Please wait for one of them to end, or stop it."
    ),
    "team_answers_at_once": lambda of: (
        f"Your workspace may have {of['limit']} answers at a time. Please wait for one of them to end."
    ),
    "custom_answers_at_once": lambda of: (
        f"Your own servers may write {of['limit']} answers at a time. Please wait for one of them to end, or stop it."
    ),
    "team_requests": lambda _: "Your workspace makes too many requests at once. Please wait a moment.",
    "api_key_parallel": lambda of: (
        f"This key allows {'one answer' if of['limit'] == 1 else f'{of["limit"]} answers'} at a time. "
        "Please wait for one of them to end."
    ),
    "api_key_tokens": lambda of: (
        f"This request may take {of['tokens']} tokens, but the key allows {of['limit']} per minute. "
        "Please request fewer tokens."
    ),
    "daily_ceiling": lambda _: "You have reached your plan's daily limit. A new day starts at midnight UTC.",
    "no_own_seat": lambda _: (
        "Your team has more members than seats. Ask an owner to add one, or wait until one is free."
    ),
    "no_paid_period": lambda _: "Seats can be added while a paid period of the plan is running.",
    "seats_of_offer": lambda of: (
        f"An offer gives your team {of['seats']} seats until {of['until']}. To have more, ask for another offer."
    ),
    "other_purchase": lambda _: "This key was already used for another purchase.",
    "not_holder": lambda _: "Another owner's card pays for this plan. Only they can do this.",
    "member_ceiling": lambda _: (
        "You have reached your share of your team's daily limit, which an admin can raise. "
        "A new day starts at midnight UTC."
    ),
    "personal_deletion": lambda _: "Your personal workspace is deleted with your account.",
    "other_workspace": lambda _: "This API key belongs to another workspace.",
    "nothing_cancelled": lambda _: "Nothing was cancelled.",
    "uncharged_answers": lambda _: (
        "Too many of your answers were interrupted before their first word. Please try again later."
    ),
}
# Of a field, by its name where several have the code.
_BY_FIELD: dict[tuple[str, str], str] = {
    ("confirm", "mismatch"): "To delete this workspace, confirm with its slug.",
    ("key", "repeated"): "The workspace has this key already.",
    ("key", "revoked"): "This key was found in public. Please create another one at the provider.",
    ("mid", "not_an_answer"): "This is a question; edit it instead.",
    ("name", "too_many"): "You have too many keys. Please revoke one first.",
    ("prompts", "too_many"): "You can have up to 5,000 prompts. Please delete some first.",
    ("replies", "too_many"): "A workspace can have up to 200 replies. Please delete some first.",
    ("views", "too_many"): "You can have up to 50 views. Please delete some first.",
    ("name", "repeated"): "Another one has this name.",
    ("regenerate_of", "no_text"): "This answer has no text to change.",
    ("email", "repeated"): "Somebody with this address is already a member.",
    ("slug", "repeated"): "Another team has this address. Please choose another one.",
    ("workspaces", "too_many"): (
        "You can own up to three teams without a plan. Please choose a plan for one of them, or delete one."
    ),
    ("role", "too_many"): "This person owns three teams without a plan already.",
    ("amount", "too_large"): "This is more than is left of the transfer.",
    ("read_pages", "empty"): "This document has no pages without text for a model to read.",
}
_BY_FIELD_CODE: dict[str, str] = {
    "already_kept": "This conversation is not temporary.",
    "bank_transfer": "This was paid by bank transfer. Send it back by bank, and record that with its offer.",
    "changed_recently": "This can change once in 90 days.",
    "already_used": "This file belongs to another conversation. Please upload it again.",
    "in_the_past": "This time is in the past.",
    "not_a_question": "This is an answer; only a question can be edited.",
    "not_a_member": "Choose a member of the team who does not own it yet.",
    "in_the_future": "This day is in the future.",
    "no_bank_account": "There is no bank account for this currency yet. Run `make bank-account`.",
    "no_web_search": "A model of this question cannot search the web.",
    "not_an_answer": "This is a question; only an answer can be regenerated.",
    "other_amount": "This is not the amount of the offer. Make an offer of the amount that was received.",
    "other_currency": "This is not the currency of the offer.",
    "people_only": "This plan is for people. A team can have the plan Team.",
    "repeated_transfer": "A transfer with this reference is recorded already.",
    "repeated": "Another prompt has this name.",
    "reserved": "This address is reserved. Please choose another one.",
    "resolved": "A resolved conversation cannot be snoozed. Open it first.",
    "revoked": "This key is revoked. Please create another.",
    "rupees_only": "Within India this is paid for in rupees (INR).",
    "seats_taken": "More seats are taken than that. Remove members or invitations first.",
    "shared": "This conversation is shared with its team. Make it private first.",
    "teams_only": "This plan is for teams. Create a team to use it.",
    "temporary": "A temporary conversation cannot be shared or moved.",
    "while_running": "This cannot change while a plan or an automatic recharge runs. Change it when that has ended.",
    "too_long": "The message is too long for your plan.",
    "too_many_documents": "At most 200 documents can be copied. Let them stay, or name fewer.",
    "unchanged": "This is in that workspace already.",
    "required": "Add at least one.",
    "unknown_document": "The workspace has no such document or collection that you can read.",
    "unknown_upload": "There is no such upload.",
}


def with_sentences(detail: dict[str, Any]) -> dict[str, Any]:
    """The detail of an exception with the sentences that it names by their codes: `message`, and that of each field in
    `details`. Raises KeyError for a code without a sentence."""
    refusal = detail.pop("refusal", None)
    if refusal is not None:
        detail["message"] = _BY_REFUSAL[refusal["code"]](refusal)
    if "details" in detail:
        detail["details"] = [
            {"field": each["field"], "code": each["code"], "message": _of_field(each)} for each in detail["details"]
        ]
    return detail


def _of_field(refused: dict[str, Any]) -> str:
    if "most" in refused:
        if refused["most"] < refused["least"]:
            return "This payment cannot be refunded: it is already refunded, or its dispute is open or lost."
        return f"Between {refused['least']} and {refused['most']} can be refunded."
    if "problem" in refused and refused["problem"] is not None:
        return str(refused["problem"])
    code = refused["code"]
    return _BY_FIELD.get((refused["field"], code)) or _BY_FIELD_CODE.get(code, "This cannot be used.")
