"""`GET /me`: the one call a page makes at its start, in one round trip."""

from tests.wire import Wire
from tests.world import World


async def test_me_agrees_with_the_routes_that_it_combines(shared: World) -> None:
    who = shared.newcomer()

    me = (await shared.get("/me", who)).json()

    assert me.keys() == {
        *("profile", "preferences", "subscription", "quotas", "permissions", "features", "workspace", "workspaces"),
        "inbox_waiting",
    }
    assert me["inbox_waiting"] is None
    personal = {"id": str(shared.people[who]), "slug": None, "kind": "personal", "role": "owner"}
    assert me["workspace"] == personal | {"name": f"{who}@example.com"}
    assert me["workspaces"] == [me["workspace"]]
    assert me["profile"] == (await shared.get("/user/profile", who)).json()
    assert me["preferences"] == (await shared.get("/user/preferences", who)).json()
    assert me["subscription"] == (await shared.get("/subscription", who)).json()
    assert me["quotas"] == (await shared.get("/quota/status", who)).json()["quotas"]
    assert "chat" in me["permissions"]
    assert me["features"]["image_generation"] is True


async def test_an_admin_is_marked_as_one(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("insert into oneai.admins (user_id, role) values (%s, 'admin')", shared.people[who])

    me = (await shared.get("/me", who)).json()

    assert me["profile"]["role"] == "admin"
    assert "admin:write" in me["permissions"]


async def test_me_takes_one_round_trip(own_world: World, wire: Wire) -> None:
    await own_world.get("/me")  # opens the connection
    wire.trips.clear()

    assert (await own_world.get("/me")).status_code == 200

    assert len(wire.trips) == 1


async def test_an_incomplete_sign_up_is_completed(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("delete from oneai.users where id = %s", shared.people[who])

    me = (await shared.get("/me", who)).json()

    assert me["profile"]["email"] == f"{who}@example.com"
    assert me["quotas"]["small_messages"]["used"] == 0


async def test_a_deleted_user_is_not_signed_in(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("delete from auth.users where id = %s", shared.people[who])

    answer = await shared.get("/me", who)

    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthenticated")


async def test_an_account_being_deleted_is_shown_with_the_time_of_its_deletion(shared: World) -> None:
    who = shared.newcomer()
    shared.database.rows("update oneai.users set deletes_at = '2027-01-02T03:04:05Z' where id = %s", shared.people[who])

    assert (await shared.get("/me", who)).json()["profile"]["deletes_at"] == "2027-01-02T03:04:05Z"
