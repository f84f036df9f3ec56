"""A team is offered, shown, accepted and declined over HTTP."""

from oneai.conversations.archive import Owner
from oneai.workspaces import audit
from oneai.workspaces.audit import WorkspaceAuditFilter
from tests.workspaces.ending import code, roles, slug_of, team_of
from tests.workspaces.teams import accept, in_workspace, invited
from tests.world import World


async def test_a_member_accepts_the_team_that_an_owner_offered(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, asha, (ravi, "member"))
    slug = slug_of(world.database, team)

    offered = await world.post(f"/workspaces/{slug}/transfer", {"user_id": str(ravi)})

    assert offered.status_code == 201
    assert (offered.json()["user_id"], offered.json()["email"]) == (str(ravi), "ravi@example.com")
    assert (await world.get(f"/workspaces/{team}/transfer", "ravi")).json() == offered.json()
    accepted = await world.post(f"/workspaces/{team}/transfer/accept", None, "ravi")
    assert accepted.json() == {"workspace_id": str(team), "role": "owner"}
    assert roles(world.database, team) == {asha: "admin", ravi: "owner"}
    assert code(await world.get(f"/workspaces/{team}/transfer", "ravi")) == (404, "not_found")


async def test_all_owners_hear_of_a_change_of_owners_and_a_new_one_takes_a_recent_sign_in(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    meera = world.people["meera"] = world.database.user("meera@example.com")
    team = team_of(world.database, asha, (ravi, "member"))
    invitation = {"email": "meera@example.com", "role": "owner"}
    path = f"/team/members/{ravi}"
    asked = [
        ("PUT", path, {"role": "owner"}),
        ("POST", "/team/invite", invitation),
        ("POST", "/team/invite", {"invitations": [{"email": "new@example.com", "role": "viewer"}, invitation]}),
        ("POST", f"/workspaces/{team}/transfer", {"user_id": str(ravi)}),
    ]
    old = world.signer.token(asha, "asha@example.com", amr=[{"method": "password", "timestamp": 1_700_000_000}])
    for method, route, body in asked:
        headers = {"authorization": f"Bearer {old}", "oneai-workspace": str(team)}
        answer = await world.http.request(method, route, json=body, headers=headers)
        assert code(answer) == (403, "recent_sign_in_required"), route

    assert (await in_workspace(world, team, "PUT", path, {"role": "owner"})).is_success
    token = await invited(world, team, "meera@example.com", "owner")
    assert (await accept(world, token, "meera")).is_success
    world.database.advance(1)
    assert (await in_workspace(world, team, "PUT", path, {"role": "admin"})).is_success
    assert (await in_workspace(world, team, "DELETE", f"/team/members/{meera}")).is_success

    rows = world.database.rows(
        "select data ->> 'person', data ->> 'event', array_agg(user_id order by user_id) from oneai.outbox "
        "where kind = 'workspace_ownership' group by 1, 2"
    )
    assert sorted(rows) == [
        ("meera@example.com", "gained", sorted([asha, ravi, meera])),
        ("meera@example.com", "lost", sorted([asha, meera])),
        ("ravi@example.com", "gained", sorted([asha, ravi])),
        ("ravi@example.com", "lost", sorted([asha, ravi, meera])),
    ]


async def test_members_who_are_not_asked_see_no_offer(world: World) -> None:
    meera = world.people["meera"] = world.database.user("meera@example.com")
    ravi = world.people["ravi"]
    team = team_of(world.database, world.people["asha"], (ravi, "member"), (meera, "admin"))
    await world.post(f"/workspaces/{team}/transfer", {"user_id": str(ravi)})

    assert code(await world.get(f"/workspaces/{team}/transfer", "meera")) == (404, "not_found")
    refused = await world.http.delete(f"/workspaces/{team}/transfer", headers=world.headers("meera"))
    assert code(refused) == (403, "role_insufficient")
    assert (await world.get(f"/workspaces/{team}/transfer")).status_code == 200


async def test_a_declined_offer_is_gone(world: World) -> None:
    ravi = world.people["ravi"]
    team = team_of(world.database, world.people["asha"], (ravi, "viewer"))
    await world.post(f"/workspaces/{team}/transfer", {"user_id": str(ravi)})

    for _ in range(2):
        declined = await world.http.delete(f"/workspaces/{team}/transfer", headers=world.headers())
        assert declined.status_code == 204
    assert code(await world.post(f"/workspaces/{team}/transfer/accept", None, "ravi")) == (404, "not_found")


async def test_the_audit_log_of_a_team_says_who_did_what(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, asha, (ravi, "admin"))
    await world.post(f"/workspaces/{team}/transfer", {"user_id": str(ravi)})
    await world.http.delete(f"/workspaces/{team}/transfer", headers=world.headers("ravi"))
    world.database.rows("select oneai.record_audit('user', %s, 'session.create')", str(asha))

    page = (await world.get(f"/workspaces/{team}/audit", "ravi")).json()

    assert [(each["action"], each["actor_email"], each["user_id"]) for each in page["items"]] == [
        ("workspace.withdraw_transfer", "ravi@example.com", str(ravi)),
        ("workspace.transfer", "asha@example.com", str(ravi)),
    ]
    assert "ip" not in page["items"][0]
    by_asha = await world.get(f"/workspaces/{team}/audit", actor=str(asha))
    assert [each["action"] for each in by_asha.json()["items"]] == ["workspace.transfer"]
    by_action = await world.get(f"/workspaces/{team}/audit", action="workspace.withdraw_transfer", until="2000-01-01")
    assert by_action.json()["items"] == []


async def test_pages_and_csv_of_the_audit_log_have_every_entry_once(world: World) -> None:
    asha = world.people["asha"]
    team = team_of(world.database, asha)
    for number in range(5):
        world.database.rows(
            "select oneai.record_audit('user', %s, 'workspace.update', %s, 'workspace', %s, "
            "p_detail => jsonb_build_object('fields', %s::text))",
            *(str(asha), asha, str(team), f"=cmd|{number}"),
        )

    found, cursor = [], None
    while True:
        page = await audit.list_audit(Owner(asha), str(team), WorkspaceAuditFilter(), cursor, 2)
        found += [each.id for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    file = await world.get(f"/workspaces/{team}/audit", format="csv")

    assert found == sorted(world.database.rows("select id from oneai.audit_log where workspace_id = %s", team))[::-1]
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    lines = file.text.splitlines()
    assert lines[0].startswith("id,created_at,actor_kind")
    assert [int(line.split(",")[0]) for line in lines[1:]] == found


async def test_members_and_strangers_read_no_audit_log(world: World) -> None:
    team = team_of(world.database, world.people["asha"], (world.people["ravi"], "member"))
    world.people["stranger"] = world.database.user("stranger@example.com")

    assert code(await world.get(f"/workspaces/{team}/audit", "ravi")) == (403, "role_insufficient")
    assert code(await world.get(f"/workspaces/{team}/audit", "stranger")) == (404, "workspace_not_found")


async def test_an_erased_member_has_no_name_in_the_audit_log(world: World) -> None:
    leaving = world.newcomer()
    gone, asha = world.people[leaving], world.people["asha"]
    team = team_of(world.database, asha, (gone, "admin"))
    await world.post(f"/workspaces/{team}/transfer", {"user_id": str(gone)})
    world.database.rows("delete from auth.users where id = %s", gone)
    world.database.rows("select oneai.erase(%s)", gone)

    (entry,) = (await world.get(f"/workspaces/{team}/audit")).json()["items"]

    assert (entry["action"], entry["user_name"], entry["user_email"]) == ("workspace.transfer", None, None)
    assert entry["user_id"] != str(gone)
