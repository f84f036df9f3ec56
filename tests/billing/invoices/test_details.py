"""Before users pay, they say whom invoices are made out to."""

from typing import Any

import httpx
import pytest

from tests.world import World

RAO = {"legal_name": "Asha Rao", "address": "22 MG Road\nBengaluru 560038", "state": "KA", "country": "IN"}
ABROAD = {"legal_name": "Example, Inc.", "address": "548 Market Street", "state": "CA", "country": "US"}


async def put(world: World, who: str, body: Any) -> httpx.Response:
    """`PUT` as `who`."""
    return await world.http.put("/subscription/billing-details", json=body, headers=world.headers(who))


async def found(world: World, who: str) -> Any:
    """The billing details of `who` from the API."""
    return (await world.get("/subscription/billing-details", who)).json()


def fields(answer: httpx.Response) -> list[str]:
    """The fields named in a refusal."""
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    return [each["field"] for each in answer.json()["error"]["details"]]


async def test_a_user_without_details_gets_nulls(shared: World) -> None:
    assert await found(shared, shared.newcomer()) == dict.fromkeys([*RAO, "gstin", "network_country"])


async def test_stored_details_are_returned_until_they_are_replaced(shared: World) -> None:
    who = shared.newcomer()

    first = await put(shared, who, {**RAO, "gstin": "29ABCDE1234F1ZW"})

    assert (first.status_code, first.json()) == (200, {**RAO, "gstin": "29ABCDE1234F1ZW", "network_country": None})
    assert await found(shared, who) == first.json()
    assert (await put(shared, who, ABROAD)).status_code == 200
    assert await found(shared, who) == {**ABROAD, "gstin": None, "network_country": None}
    assert await found(shared, shared.newcomer()) == dict.fromkeys([*RAO, "gstin", "network_country"])


async def test_case_and_spaces_are_normalized(shared: World) -> None:
    said = {
        "legal_name": "  Asha   Rao ",
        "address": " 22 MG Road \r\n\n  Bengaluru\t560038",
        "state": "ka",
        "country": "in ".strip(),
        "gstin": "29abcde1234f1zw",
    }

    answer = await put(shared, shared.newcomer(), said)

    assert answer.json() == {**RAO, "gstin": "29ABCDE1234F1ZW", "network_country": None}


@pytest.mark.parametrize(("old", "new"), [("OR", "OD"), ("UT", "UK"), ("TG", "TS"), ("CT", "CG"), ("DD", "DH")])
async def test_old_codes_of_a_state_become_the_current_one(old: str, new: str, shared: World) -> None:
    assert (await put(shared, shared.newcomer(), {**RAO, "state": old})).json()["state"] == new


async def test_names_in_any_indian_script_are_kept(shared: World) -> None:
    said = {**RAO, "legal_name": "श्री लक्ष्मी ट्रेडिंग कंपनी", "address": "தமிழ்நாடு, ಕರ್ನಾಟಕ, বাংলা, ക്‍ഷ, Größe, Café"}

    assert (await put(shared, shared.newcomer(), said)).json() == {**said, "gstin": None, "network_country": None}


async def test_decomposed_letters_are_composed(shared: World) -> None:
    answer = await put(shared, shared.newcomer(), {**RAO, "legal_name": "Cafe\u0301 Rao"})

    assert answer.json()["legal_name"] == "Caf\u00e9 Rao"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("legal_name", {"legal_name": "   "}),
        ("legal_name", {"legal_name": ""}),
        ("legal_name", {"legal_name": "a" * 201}),
        ("legal_name", {"legal_name": "株式会社"}),
        ("legal_name", {"legal_name": "Asha \x00 Rao"}),
        ("legal_name", {"legal_name": "Asha \N{RIGHT-TO-LEFT OVERRIDE}oaR"}),
        ("legal_name", {"legal_name": None}),
        ("address", {"address": "\n\n"}),
        ("address", {"address": "a\n" * 9}),
        ("address", {"address": "🏠"}),
        ("address", {"address": ["22 MG Road"]}),
        ("country", {"country": "India"}),
        ("country", {"country": "ZZ"}),
        ("state", {"state": "Karnataka"}),
        ("state", {"state": "XX"}),
        ("state", {"state": ""}),
        ("gstin", {"gstin": "29ABCDE1234F1Z"}),
        ("gstin", {"gstin": "29ABCDE1234F1Z5"}),
        ("gstin", {"gstin": "27AAPFU0939F1ZV"}),
        ("gstin", {"gstin": "AA" + "ABCDE1234F1ZW"}),
        ("gstin", {"gstin": {}}),
        ("gstin", {"gstin": 0}),
        ("gstin", {**ABROAD, "gstin": "29ABCDE1234F1ZW"}),
        ("phone", {"phone": "98450"}),
    ],
)
async def test_an_invalid_field_is_named(field: str, said: dict[str, Any], shared: World) -> None:
    assert fields(await put(shared, shared.newcomer(), RAO | said)) == [field]


async def test_every_missing_field_is_named(shared: World) -> None:
    assert sorted(fields(await put(shared, shared.newcomer(), {}))) == ["address", "country", "legal_name", "state"]


async def test_a_wrong_state_does_not_blame_the_gstin_too(shared: World) -> None:
    said = {**RAO, "state": "XX", "gstin": "29ABCDE1234F1ZW"}

    assert fields(await put(shared, shared.newcomer(), said)) == ["state"]


@pytest.mark.parametrize("state", ["", "CA", "NSW", "BY-1"])
async def test_a_state_outside_india_is_any_code_or_none(state: str, shared: World) -> None:
    assert (await put(shared, shared.newcomer(), {**ABROAD, "state": state})).json()["state"] == state


async def test_an_empty_gstin_is_null(shared: World) -> None:
    assert (await put(shared, shared.newcomer(), {**RAO, "gstin": ""})).json()["gstin"] is None


async def test_a_deleted_user_cannot_store_details(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("delete from auth.users where id = %s", shared.people[who])

    answer = await put(shared, who, RAO)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")
