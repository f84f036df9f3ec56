"""Deleting an account treats teams rightly: none is left without an owner, and none without members stays."""

import asyncio
from uuid import UUID

import psycopg
import pytest

from oneai import accounts
from tests.accounts.deleting import code, delete_user, end_of_grace, request_deletion
from tests.accounts.rows_of_users import rows_naming
from tests.accounts.test_deletion_job import with_secret_key
from tests.accounts.test_erasing import forget, make_erase
from tests.database.billing_rows import now, subscription
from tests.database.team_members import set_percent, set_pool
from tests.usage.events import insert_event
from tests.workspaces.ending import deletes_at, join, mails, roles, slug_of, talk_in, team_of
from tests.workspaces.full_team import ask_in, create_full_team
from tests.world import World


async def test_the_last_owner_of_a_team_with_members_cannot_delete_the_account(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, asha, (ravi, "admin"))

    refused = await delete_user(world)

    assert code(refused) == (409, "last_owner")
    assert refused.json()["error"]["workspaces"] == [
        {"id": str(team), "name": "Tea", "slug": slug_of(world.database, team)}
    ]
    assert world.database.one("select deletes_at from oneai.users where id = %s", asha) is None


async def test_one_of_two_owners_can_delete_the_account_and_the_other_cannot_then(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, asha, (ravi, "owner"))

    await request_deletion(world)

    assert deletes_at(world.database, team) is None
    assert code(await delete_user(world, "ravi")) == (409, "last_owner")


async def test_two_owners_who_delete_their_accounts_at_once_leave_one(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    for _ in range(3):
        team_of(world.database, asha, (ravi, "owner"))

    answers = await asyncio.gather(delete_user(world), delete_user(world, "ravi"))

    assert sorted(each.status_code for each in answers) == [202, 409]


async def test_a_team_without_other_members_goes_with_the_account_and_comes_back_with_it(world: World) -> None:
    asha = world.people["asha"]
    team, closed = team_of(world.database, asha), team_of(world.database, asha, name="Milk")
    world.database.rows(
        "select oneai.request_workspace_deletion(%s, %s, %s, 5)", asha, str(closed), slug_of(world.database, closed)
    )
    ends = deletes_at(world.database, closed)

    await request_deletion(world)

    assert deletes_at(world.database, team) == world.database.one(
        "select deletes_at from oneai.users where id = %s", asha
    )
    assert (await world.post("/user/restore", None)).status_code == 204
    assert deletes_at(world.database, team) is None
    # The user asked for this one before.
    assert deletes_at(world.database, closed) == ends


async def test_the_erasure_of_one_of_three_members_leaves_the_team_as_it_is(world: World) -> None:
    leaving = world.newcomer()
    gone, ravi = world.people[leaving], world.people["ravi"]
    team = await create_full_team(world, "asha", (ravi, "member"), (gone, "admin"))
    await ask_in(world, team, leaving)
    world.database.rows(
        "insert into oneai.documents (id, workspace_id, user_id, name, media_type, size, upload_expires_at) "
        "values (gen_random_uuid(), %s, %s, 'plan.txt', 'text/plain', 6, oneai.now())",
        *(team, gone),
    )
    world.database.rows("select oneai.roll_up_usage(1000)")
    sums = "select sum(charged), sum(cost_micro_usd) from oneai.usage_rollups where workspace_id = %s"
    before = world.database.rows(sums, team)

    await forget(world, gone)

    assert rows_naming(world.database, gone) == {}
    assert roles(world.database, team) == {world.people["asha"]: "owner", ravi: "member"}
    assert world.database.rows(sums, team) == before
    assert world.database.rows("select user_id from oneai.documents where name = 'plan.txt'") == [None]
    world.database.rows("select oneai.rebuild_rollups()")
    world.database.rows("select oneai.roll_up_usage(1000)")
    assert world.database.rows(sums, team) == before


async def test_others_rows_of_a_team_do_not_name_an_erased_owner_heir_or_limited_member(world: World) -> None:
    database, leaving = world.database, world.newcomer()
    gone, asha, ravi = world.people[leaving], world.people["asha"], world.people["ravi"]
    address = database.one("select email from oneai.users where id = %s", gone)
    database.rows("update oneai.users set name = null where id = %s", gone)
    tea, milk = team_of(database, asha, (ravi, "member"), (gone, "member")), team_of(database, asha, (gone, "owner"))
    paid = subscription(database, milk)
    database.rows("update oneai.subscriptions set holder_id = %s where id = %s", gone, paid)
    database.rows("select oneai.remove_member(%s, %s, %s, %s, 30)", asha, tea, ravi, gone)
    # Asha's mail: the limit of this member, who has no seat left, and who takes the team over.
    set_pool(database, tea, 10)
    set_percent(database, tea, gone, 50)
    database.rows(
        "insert into oneai.member_usage (workspace_id, user_id, quota_key, window_start, used) "
        "select workspace_id, %s, quota_key, window_start, 5 from oneai.usage_quotas where workspace_id = %s",
        *(gone, tea),
    )
    insert_event(database, gone, now(database))
    database.rows("update oneai.usage_events set workspace_id = %s where user_id = %s", tea, gone)
    database.rows("select oneai.enqueue_member_warnings('2000-01-01')")
    team_plan = subscription(database, tea, tier="team")
    database.rows("update oneai.subscriptions set current_period_start = oneai.now() where id = %s", team_plan)
    database.rows(
        "update oneai.workspaces set seats = 1, plan_limits = '{}', subscription_id = %s where id = %s", team_plan, tea
    )
    database.rows("select oneai.enqueue_subscription_mail(7, interval '0', interval '1 day')")
    database.rows("select oneai.offer_transfer(%s, %s, %s, 7)", asha, str(tea), gone)
    database.rows(
        "insert into oneai.invitations (workspace_id, user_id, email, role, expires_at, revoked_at) "
        "select %s, %s, %s, 'member', oneai.now(), ended from unnest(array[null, oneai.now()]) as ended",
        *(tea, asha, address),
    )
    mailed = "select distinct kind from oneai.outbox where user_id = %s and (data::text || cause_key) ~ %s order by 1"
    naming = database.rows(mailed, asha, f"{gone}|{address}")
    assert naming == ["quota_warning", "seats_ending", "workspace_ownership"]
    database.rows("update oneai.outbox set state = 'sent' where kind = 'seats_ending'")

    await forget(world, gone)

    assert rows_naming(database, gone, address) == {}
    assert database.one("select holder_id from oneai.subscriptions where id = %s", paid) not in (None, asha)
    database.rows("select oneai.enqueue_subscription_mail(7, interval '0', interval '1 day')")
    assert database.rows("select state from oneai.outbox where kind = 'seats_ending'") == ["sent"]


async def test_a_member_of_three_teams_goes_and_what_they_shared_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, leaving = world.database, world.newcomer()
    gone, asha, ravi = world.people[leaving], world.people["asha"], world.people["ravi"]
    own = team_of(database, gone, (ravi, "member"))
    readers = {own: "ravi", team_of(database, asha, (gone, "member")): "asha"}
    readers[team_of(database, ravi, (gone, "admin"))] = "ravi"
    shared = {talk_in(world, team, "For all", leaving, "workspace"): reader for team, reader in readers.items()}
    for team in readers:
        talk_in(world, team, "Alone", leaving)
    database.rows(
        "update oneai.chat_messages set metadata = jsonb_build_object('attachments', jsonb_build_array("
        "jsonb_build_object('type', 'image', 'name', 'hills.png', 'key', %s::text))) where role = 'user'",
        f"users/{gone}/messages/1/0.png",
    )

    refused = await delete_user(world, leaving)
    assert code(refused) == (409, "last_owner")
    assert [each["id"] for each in refused.json()["error"]["workspaces"]] == [str(own)]
    offer = await world.post(f"/workspaces/{own}/transfer", {"user_id": str(ravi)}, leaving)
    assert offer.is_success, offer.text
    assert (await world.post(f"/workspaces/{own}/transfer/accept", None, "ravi")).is_success
    await request_deletion(world, leaving)
    with with_secret_key(monkeypatch):
        assert (await end_of_grace(world))["deleted"] == 1

    assert rows_naming(database, gone) == {}
    assert [roles(database, team) for team in readers] == [{ravi: "owner"}, {asha: "owner"}, {ravi: "owner"}]
    assert database.rows("select title from oneai.conversations") == ["For all"] * 3
    for talk, reader in shared.items():
        read = await world.get(f"/conversations/{talk}", reader)
        assert read.json()["author"] == {"user_id": None, "name": "Former member"}
        messages = await world.get(f"/conversations/{talk}/messages", reader)
        question, _answer = messages.json()["items"]
        # The text stays, and the picture goes with its author.
        assert question["content"]
        assert question["metadata"]["attachments"] == [{"type": "image", "name": "hills.png"}]


async def test_a_deleted_sign_in_leaves_the_team_to_its_longest_admin(world: World) -> None:
    database, gone = world.database, world.people["asha"]
    first, second, member = (world.people[world.newcomer()] for _ in range(3))
    team = team_of(database, gone)
    for user, role in ((member, "member"), (first, "admin"), (second, "admin")):
        join(database, team, user, role)

    database.rows("delete from auth.users where id = %s", gone)

    assert roles(database, team) == {first: "owner", second: "admin", member: "member"}
    assert mails(database, "workspace_ownership") == [(first, "inherited")]
    assert database.rows("select user_id from oneai.audit_log where action = 'workspace.inherit'") == [first]


async def test_a_deleted_sign_in_closes_the_team_without_other_members(world: World) -> None:
    team = team_of(world.database, world.people["asha"])

    world.database.rows("delete from auth.users where id = %s", world.people["asha"])

    assert world.database.one("select oneai.claim_workspace_deletion()") == team


@pytest.mark.parametrize("first", ["accept", "either"])
async def test_an_acceptance_and_the_deletion_of_the_old_owner_have_one_order(world: World, first: str) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, asha, (ravi, "member"))
    world.database.rows("select oneai.offer_transfer(%s, %s, %s, 7)", asha, str(team), ravi)

    accepting = asyncio.create_task(asyncio.to_thread(_accept, world, ravi, team))
    if first == "accept":
        await accepting
    answer, _ = await asyncio.gather(delete_user(world), accepting)

    # In both orders the team has an owner whose account is in use.
    assert roles(world.database, team) == {asha: "admin", ravi: "owner"}
    assert answer.status_code in ((202,) if first == "accept" else (202, 409))


def _accept(world: World, user: UUID, team: UUID) -> None:
    with psycopg.connect(world.database.url("oneai_app")) as connection:
        connection.execute("select oneai.accept_transfer(%s, %s)", [user, str(team)])


async def test_an_account_deleted_by_its_job_ends_its_memberships(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    team = team_of(world.database, ravi, (asha, "member"))

    await accounts.close_account(asha)
    world.database.rows("delete from auth.users where id = %s", asha)
    await accounts.erase(asha)

    assert roles(world.database, team) == {ravi: "owner"}


async def test_an_operator_sees_which_teams_an_erasure_leaves_or_deletes(world: World) -> None:
    asha, ravi = world.people["asha"], world.people["ravi"]
    shared, own = team_of(world.database, asha, (ravi, "member")), team_of(world.database, asha)

    went = await make_erase(world, asha, "--yes")

    assert went.returncode == 0, went.stderr
    assert f"team {slug_of(world.database, shared)}: another member owns it then." in went.stdout
    assert f"team {slug_of(world.database, own)}: it is deleted too." in went.stdout
    assert roles(world.database, shared) == {ravi: "owner"}
    assert rows_naming(world.database, asha) == {}
