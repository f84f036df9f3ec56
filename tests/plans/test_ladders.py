"""People and teams have different plans, each kind a ladder of its own."""

from uuid import UUID, uuid4

import pytest

from oneai.billing.projection.policy import tier_rank
from oneai.notifications.locales import en_plans, hi_plans
from oneai.notifications.payloads import PaymentReversed, SubscriptionUpdate
from oneai.plans.limits_and_prices import PLANS, ladder, ladder_with, lowest_plan, plan_of
from oneai.plans.request_terms import request_terms
from oneai.plans.wrong_kind import PEOPLE_ONLY, TEAMS_ONLY
from oneai.postgres.refusal_sentences import with_sentences
from tests.plans.test_catalog import model
from tests.plans.test_new_tier import grant
from tests.world import Database, World

LIMITS = "select quota_key, quota_limit from oneai.usage_quotas where workspace_id = %s"


def team_of(database: Database, owner: UUID) -> UUID:
    """A team without a plan, and its owner."""
    team: UUID = database.one(
        "insert into oneai.workspaces (kind, name, slug, subscription_tier) values ('team', 'Tea', %s, 'none') "
        "returning id",
        f"tea-{uuid4().hex[:8]}",
    )
    database.rows(
        "insert into oneai.workspace_members (user_id, workspace_id, role) values (%s, %s, 'owner')", owner, team
    )
    database.rows("select oneai.set_entitled_plan(%s, 'none', null, null)", team)
    return team


def test_people_and_teams_have_a_ladder_each() -> None:
    assert [plan.tier for plan in ladder("personal")] == ["free", "pro", "enterprise"]
    assert [plan.tier for plan in ladder("team")] == ["none", "team", "enterprise"]
    assert (lowest_plan("personal").tier, lowest_plan("team").tier) == ("free", "none")


def test_a_tier_is_ranked_by_its_place_in_its_ladder() -> None:
    assert [tier_rank(tier) for tier in ("free", "none", "gone", "pro", "team", "enterprise")] == [0, 0, 1, 2, 2, 4]


def test_a_tier_that_is_gone_counts_as_the_lowest_of_its_kind() -> None:
    assert (plan_of("gone", "personal").tier, plan_of("gone", "team").tier) == ("free", "none")
    assert (plan_of(None, "team").tier, plan_of("team", "team").tier) == ("none", "team")


def test_postgres_and_the_catalogue_have_the_same_lowest_tiers(database: Database) -> None:
    for kind in ("personal", "team"):
        assert database.one("select oneai.lowest_tier(%s)", kind) == lowest_plan(kind).tier


def test_a_team_without_a_plan_asks_the_models_of_the_free_plan() -> None:
    small, large = model(), model("0.001", "0.001")

    for each in (small, large):
        terms = request_terms(each, 100)
        assert terms["none"] == terms["free"]
        assert terms["team"].answers[0].refusal == terms["pro"].answers[0].refusal


def test_plans_that_would_do_are_those_of_the_same_ladder() -> None:
    assert [plan.tier for plan in ladder_with("none")] == ["none", "team", "enterprise"]
    assert [plan.tier for plan in ladder_with("free")] == ["free", "pro", "enterprise"]


def test_limits_of_its_own_replace_the_tiers_numbers(database: Database) -> None:
    team = team_of(database, database.user("asha@example.com"))
    own = '{"small_messages": 1500, "storage_bytes": 7000, "document_pages": 11}'

    database.rows("select oneai.set_entitled_plan(%s, 'team', null, null, %s)", team, own)

    assert dict(database.rows(LIMITS, team)) == {
        **{key: quota.limit for key, quota in PLANS["team"].quotas.items()},
        "small_messages": 1500,
    }
    assert database.one("select oneai.storage_limit(%s)", team) == 7000
    assert database.one("select oneai.count_document_pages(%s, %s, 11)", team, team) is None
    assert database.one("select oneai.count_document_pages(%s, %s, 1)", team, team) == "workspace"
    database.rows("select oneai.set_entitled_plan(%s, 'team', null, null)", team)
    assert dict(database.rows(LIMITS, team))["small_messages"] == 500


def test_a_team_with_a_tier_that_is_gone_has_the_room_of_none(database: Database) -> None:
    team = team_of(database, database.user("asha@example.com"))
    database.rows("update oneai.workspaces set subscription_tier = 'gone' where id = %s", team)

    assert database.one("select oneai.storage_limit(%s)", team) == PLANS["none"].storage_bytes
    assert database.one("select oneai.count_document_pages(%s, %s, 1)", team, team) == "workspace"


async def test_a_person_is_not_granted_the_plan_of_a_team(own_world: World) -> None:
    refused = await grant(own_world, own_world.newcomer(), "team")

    assert refused.status_code == 422
    assert refused.json()["error"]["details"] == [{"field": "tier", "code": "teams_only", "message": TEAMS_ONLY}]


@pytest.mark.parametrize(("code", "sentence"), [("teams_only", TEAMS_ONLY), ("people_only", PEOPLE_ONLY)])
def test_postgres_refuses_another_kind_in_the_same_words(code: str, sentence: str) -> None:
    (detail,) = with_sentences({"details": [{"field": "plan_id", "code": code}]})["details"]

    assert detail["message"] == sentence


def test_a_person_cannot_check_out_the_plan_of_a_team(database: Database) -> None:
    asha = database.user("asha@example.com")
    request = '{"kinds": ["team"], "confirmed": false, "trial_days": 0}'

    with pytest.raises(Exception, match="invalid_request") as refused:
        database.rows("select oneai.start_checkout(%s, %s, %s)", asha, asha, request)

    assert "teams_only" in str(refused.value)


@pytest.mark.parametrize(("texts", "says"), [(en_plans, "team has no plan"), (hi_plans, "टीम का कोई प्लान नहीं")])
def test_mail_to_a_team_says_that_it_has_no_plan(texts: object, says: str) -> None:
    over = PaymentReversed("team", 139_800, "INR", "pay_1", "dispute", "2026-11-20T10:00:00Z", None, "none")
    ended = SubscriptionUpdate("ended", "team", "2026-11-20T10:00:00Z", "none")

    for about in (over, ended):
        mail = texts.write(about, "Asha", "OneAI", "https://example.com")  # type: ignore[attr-defined]
        assert any(says in each for each in mail.paragraphs)
