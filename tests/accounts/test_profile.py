"""The profile follows the identity provider, except what the user has set; and no failure of that fails a sign-in."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from tests.world import Database, World

PICTURE = "https://pictures.example.com/asha.png"


def sign_up(database: Database, claims: object) -> UUID:
    """A user with these claims of an identity provider."""
    user = uuid4()
    database.rows(
        "insert into auth.users (id, email, email_confirmed_at, raw_user_meta_data) values (%s, %s, now(), %s)",
        *(user, f"{user}@example.com", Jsonb(claims)),
    )
    return user


def change_at_provider(database: Database, user: UUID, claims: object, email: str = "new@example.com") -> None:
    """Writes the rows of a new sign-in with other claims, as Supabase Auth does."""
    database.rows("update auth.users set raw_user_meta_data = %s, email = %s where id = %s", Jsonb(claims), email, user)


def profile_of(database: Database, user: UUID) -> tuple[Any, ...]:
    """E-mail address, name and picture as stored."""
    row: tuple[Any, ...] = database.one("select email, name, picture_url from oneai.users where id = %s", user)
    return row


async def change(world: World, who: str, body: Any) -> Any:
    """`PATCH`, as it is answered."""
    return await world.http.patch("/user/profile", json=body, headers=world.headers(who))


async def test_a_user_reads_and_sets_the_name(shared: World) -> None:
    who = shared.newcomer()
    before = (await shared.get("/user/profile", who)).json()

    answer = await change(shared, who, {"name": "  Asha \n Rao "})
    kept = await change(shared, who, {})
    cleared = await change(shared, who, {"name": None})

    assert before == {
        "id": str(shared.people[who]),
        "email": f"{who}@example.com",
        "name": None,
        "picture_url": None,
        "picture_updated_at": None,
        "role": "user",
        "created_at": before["created_at"],
        "deletes_at": None,
    }
    assert (answer.status_code, answer.json()) == (200, before | {"name": "Asha Rao"})
    assert kept.json() == answer.json()
    assert cleared.json() == before


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": " "},
        {"name": "x" * 101},
        {"name": 3},
        {"picture_url": PICTURE},
        {"email": "other@example.com"},
        {"role": "admin"},
    ],
    ids=lambda body: str(body)[:50],
)
async def test_an_invalid_name_or_another_field_is_refused_and_changes_nothing(body: Any, shared: World) -> None:
    who = shared.newcomer()
    before = (await shared.get("/user/profile", who)).json()

    answer = await change(shared, who, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")
    assert (await shared.get("/user/profile", who)).json() == before


async def test_a_change_at_the_provider_is_copied(database: Database) -> None:
    user = sign_up(database, {"full_name": "Asha"})

    change_at_provider(database, user, {"full_name": "Asha Rao", "avatar_url": PICTURE})

    assert profile_of(database, user) == ("new@example.com", "Asha Rao", PICTURE)


async def test_a_field_that_the_provider_drops_is_kept(database: Database) -> None:
    user = sign_up(database, {"full_name": "Asha", "picture": PICTURE})

    change_at_provider(database, user, {})

    assert profile_of(database, user) == ("new@example.com", "Asha", PICTURE)


async def test_a_picture_without_a_secure_address_is_ignored(database: Database) -> None:
    user = sign_up(database, {"name": "x" * 300, "picture": "http://pictures.example.com/asha.png"})

    assert profile_of(database, user)[1:] == ("x" * 200, None)


@pytest.mark.parametrize("name", ["Ash", None])
async def test_a_field_set_by_the_user_is_not_replaced(name: str | None, shared: World) -> None:
    who = shared.newcomer()
    await change(shared, who, {"name": name})

    change_at_provider(
        shared.database, shared.people[who], {"name": "Asha Rao", "picture": PICTURE}, f"{uuid4()}@x.example"
    )

    assert profile_of(shared.database, shared.people[who])[1:] == (name, PICTURE)


async def test_a_profile_that_cannot_be_copied_fails_no_sign_in_and_raises_an_alert(database: Database) -> None:
    user = sign_up(database, {"name": "Asha"})
    database.rows("alter table oneai.users add check (name <> 'Refused')")

    change_at_provider(database, user, {"name": "Refused"})

    assert database.one("select email from auth.users where id = %s", user) == "new@example.com"
    assert profile_of(database, user)[1] == "Asha"
    assert database.rows("select kind, subject from oneai.operator_alerts") == [("signup_incomplete", "profile")]
    database.rows("alter table oneai.users drop constraint users_name_check")
    database.rows("select oneai.complete_sign_in(%s)", user)
    assert profile_of(database, user)[:2] == ("new@example.com", "Refused")
