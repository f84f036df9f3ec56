"""Visitors whom their website identifies: secrets, sessions, and what each of them sees."""

import time
from typing import Any
from uuid import uuid4

import httpx
import jwt

from oneai.chatbots import visitor as visitors
from oneai.chatbots.identity import Identity
from tests.chatbots.visitors import Website, bearer
from tests.workspaces.teams import insert_team
from tests.world import World


async def _identified(website: Website, identity: str) -> httpx.Response:
    return await website.world.http.post(f"{website.path}/sessions", json={"identity": identity})


def _signed(website: Website, secret: str, who: str, **claims: Any) -> str:
    return jwt.encode(
        {"sub": who, "aud": website.public_id, "exp": int(time.time()) + 3600} | claims, secret, algorithm="HS256"
    )


async def test_an_identified_visitor_has_the_same_conversations_on_every_device(shared: World) -> None:
    owner, member = shared.newcomer(), shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team", member=shared.people[member])
    website = Website.of_workspace(shared, team)
    path = f"/chatbots/{website.chatbot}"
    made = await shared.post(f"{path}/identity-secrets", None, owner)
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    secret = made.json()["secret"]
    token = _signed(website, secret, "customer-7", name="Asha", email="asha@shop.example")

    anonymous = await website.session()
    before = await website.ask(bearer(anonymous["token"]), "Before")
    phone, laptop, other = [
        await _identified(website, each) for each in (token, token, _signed(website, secret, "customer-8"))
    ]
    assert {each.status_code for each in (phone, laptop, other)} == {201}
    assert phone.json()["handle"] is None
    on_phone, on_laptop, others = [bearer(each.json()["token"]) for each in (phone, laptop, other)]
    asked = await website.ask(on_phone, "From the phone")
    talk = asked.start["conversation_id"]
    assert [each["id"] for each in (await website.get(on_laptop, "conversations")).json()["items"]] == [talk]
    # Neither the next person, nor the device without them; and what it asked before stays its own.
    for visitor in (others, bearer(anonymous["token"]), await website.visitor()):
        assert (await website.get(visitor, f"conversations/{talk}")).status_code == 404
    assert (await website.get(on_phone, f"conversations/{before.start['conversation_id']}")).status_code == 404
    counted = shared.database.rows(
        "select v.external_id, h.stranger from oneai.chatbot_holds as h join oneai.reservations as r "
        "on r.id = h.reservation_id join oneai.chatbot_visitors as v on v.id = r.visitor_id where h.chatbot_id = %s "
        "order by h.stranger",
        website.chatbot,
    )
    assert counted == [("customer-7", False), (None, True)]

    listed = (await shared.get(f"{path}/conversations", member)).json()["items"]
    assert [each["visitor"]["name"] for each in listed] == ["Asha", None]
    read = (await shared.get(f"{path}/conversations/{talk}", member)).json()["visitor"]
    assert {name: read[name] for name in listed[0]["visitor"]} == listed[0]["visitor"]
    assert listed[0]["visitor"]["email"] == "asha@shop.example"
    # The website's newest words count.
    renamed = await _identified(website, _signed(website, secret, "customer-7", name="Asha Rao"))
    await website.ask(bearer(renamed.json()["token"]), "Again")
    (newest, _, _) = (await shared.get(f"{path}/conversations", member)).json()["items"]
    assert (newest["visitor"]["name"], newest["visitor"]["email"]) == ("Asha Rao", None)
    longest = Identity('"' * 400, "\u00fc" * 100, "a@" + "b" * 252)
    text, _ = visitors.token(visitors.by_identity(website.public_id, longest))
    assert visitors.of_token(f"Bearer {text}", website.public_id).identity == longest


async def test_a_secret_is_replaced_with_an_overlap_and_belongs_to_its_chatbot(shared: World) -> None:
    owner, member = shared.newcomer(), shared.newcomer()
    team = insert_team(shared.database, shared.people[owner], tier="team", member=shared.people[member])
    website, elsewhere = Website.of_workspace(shared, team), Website.of_workspace(shared, team)
    path = f"/chatbots/{website.chatbot}/identity-secrets"

    async def made(**body: int) -> dict[str, Any]:
        answer = await shared.post(path, body, owner)
        assert answer.status_code == 201, answer.text
        secret: dict[str, Any] = answer.json()
        return secret

    async def works(secret: dict[str, Any]) -> bool:
        answer = await _identified(website, _signed(website, secret["secret"], "customer-7"))
        if answer.status_code == 401:
            error = answer.json()["error"]
            assert (error["code"], error["fault"]) == ("identity_invalid", "signature")
        return answer.status_code == 201

    first = await made()
    second = await made(overlap_hours=2)
    assert [await works(each) for each in (first, second)] == [True, True]
    listed = (await shared.get(path, owner)).json()["items"]
    assert [(each["id"], each["expires_at"] is None) for each in listed] == [(second["id"], True), (first["id"], False)]
    assert "secret" not in str(listed)
    shared.database.advance(2 * 3600)
    # The clock of the database moved alone: the token's time is that of the process.
    assert (await works(first), await works(second)) == (False, True)
    third = await made()
    fourth = await made()
    assert [await works(each) for each in (second, third, fourth)] == [False, True, True]
    removed = await shared.http.delete(f"{path}/{third['id']}", headers=shared.headers(owner))
    again = await shared.http.delete(f"{path}/{third['id']}", headers=shared.headers(owner))
    assert (removed.status_code, again.status_code, await works(third)) == (204, 404, False)

    stranger = await _identified(elsewhere, _signed(website, fourth["secret"], "customer-7"))
    assert stranger.status_code == 401
    another = f"/chatbots/{elsewhere.chatbot}/identity-secrets/{fourth['id']}"
    assert (await shared.http.delete(another, headers=shared.headers(owner))).status_code == 404
    for method, where in (("GET", path), ("POST", path), ("DELETE", f"{path}/{uuid4()}")):
        refused = await shared.http.request(method, where, headers=shared.headers(member))
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "role_insufficient")
    actions = shared.database.rows(
        "select action, count(*)::int from oneai.audit_log where workspace_id = %s group by action order by action",
        team,
    )
    assert actions == [("identity_secret.create", 4), ("identity_secret.delete", 1)]
    stored = shared.database.rows("select digest::text from oneai.chatbot_identity_secrets")
    assert all(each["secret"] not in str(stored) for each in (first, second, third, fourth))
