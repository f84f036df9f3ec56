"""Only the owner of a share link finds it again in lists."""

from uuid import uuid4

import pytest

from oneai import settings
from oneai.conversations.share_tokens import new_token, token_again, token_hash
from tests.canaries import CANARY
from tests.conversations.links import create_link, is_closed, read_link
from tests.talks import conversation
from tests.world import World

KEY, OLD_KEY = f"key-of-share-links-{CANARY}", f"old-key-of-share-links-{CANARY}"


async def test_a_link_is_listed_as_it_was_returned_when_it_was_made(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    made = await create_link(shared, talk, who, show_sources=True)

    (listed,) = (await shared.get(f"/conversations/{talk}/shares", who)).json()["items"]

    assert listed == {name: value for name, value in made.fields.items() if name != "token"}
    assert listed["url"].startswith("https://oneai.example/shared/")
    assert await read_link(shared, listed["url"].rsplit("/", 1)[1]) == ["1", "2"]


async def test_all_links_are_listed_newest_first_with_their_conversations(shared: World) -> None:
    who = shared.newcomer()
    talks = [conversation(shared, who, 2) for _ in range(3)]
    made = [await create_link(shared, talk, who) for talk in talks]

    first = (await shared.get("/shares", who, limit=2)).json()
    second = (await shared.get("/shares", who, limit=2, cursor=first["next_cursor"])).json()

    listed = [*first["items"], *second["items"]]
    assert [each["url"] for each in listed] == [each.url for each in reversed(made)]
    assert [each["conversation_id"] for each in listed] == talks[::-1]
    assert all("title" in each for each in listed)
    assert second["next_cursor"] is None
    assert (await shared.get("/shares", shared.newcomer())).json()["items"] == []


@pytest.mark.parametrize("closed", ["taken_down_at", "expires_at"])
async def test_a_closed_link_is_listed_without_its_address(closed: str, shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    made = await create_link(shared, talk, who)
    shared.database.rows(
        "update oneai.shares set taken_down_at = case %s when 'taken_down_at' then oneai.now() end, "
        "expires_at = case %s when 'expires_at' then oneai.now() end where id = %s",
        *(closed, closed, made.id),
    )

    (listed,) = (await shared.get("/shares", who)).json()["items"]

    assert (listed["id"], listed["url"]) == (made.id, None)


async def test_a_revoked_link_is_in_no_list(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    made = await create_link(shared, talk, who)

    await shared.http.delete(f"/shares/{made.id}", headers=shared.headers(who))

    assert (await shared.get("/shares", who)).json()["items"] == []
    assert await is_closed(shared, made.token)


async def test_a_link_whose_token_was_random_is_listed_without_its_address(shared: World) -> None:
    who = shared.newcomer()
    talk = conversation(shared, who, 2)
    made = await create_link(shared, talk, who)
    shared.database.rows("update oneai.shares set token_hash = %s where id = %s", token_hash("random"), made.id)

    (listed,) = (await shared.get("/shares", who)).json()["items"]

    assert listed["url"] is None
    assert await read_link(shared, "random") == ["1", "2"]


async def test_an_unknown_cursor_is_refused(shared: World) -> None:
    refused = await shared.get("/shares", shared.newcomer(), cursor="abc")

    assert refused.status_code == 422
    assert refused.json()["error"]["details"][0]["code"] == "not_a_cursor"


def _use(monkeypatch: pytest.MonkeyPatch, keys: str) -> None:
    monkeypatch.setenv("SHARE_LINK_KEYS", keys)
    settings.reset_cache()


def test_a_link_survives_the_rotation_of_the_key_that_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    share = uuid4()
    _use(monkeypatch, OLD_KEY)
    token = new_token(share)

    _use(monkeypatch, f"{KEY}, {OLD_KEY}")
    assert token_again(share, token_hash(token)) == token
    assert new_token(share) != token

    _use(monkeypatch, KEY)
    assert token_again(share, token_hash(token)) is None


def test_without_a_key_tokens_are_random_and_cannot_be_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    share = uuid4()
    _use(monkeypatch, "")
    one, two = new_token(share), new_token(share)

    assert len({one, two}) == 2
    assert {len(one), len(two)} == {43}
    assert token_again(share, token_hash(one)) is None


def test_a_short_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    _use(monkeypatch, "a-key-of-few-letters")

    with pytest.raises(settings.SettingsError) as refusal:
        new_token(uuid4())
    assert "few-letters" not in str(refusal.value)
