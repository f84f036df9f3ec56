"""Admins decide which models the sections of the list of models show, and see the result before and after."""

import pytest

from tests.admin.staff import make_staff
from tests.world import World

REASON = {"reason": "They answer first for a month"}
SECTIONS = "/admin/model-sections"


async def test_support_sees_the_models_of_each_section_and_why(shared: World) -> None:
    sections = (await shared.get(SECTIONS, make_staff(shared, "support"))).json()["items"]

    assert [each["section"] for each in sections] == ["cheapest", "fast", "recommended", "smartest"]
    listed = {each["key"]: each["models"] for each in (await shared.get("/chat/models")).json()["sections"]}
    shown = {each["section"]: each["shown"] for each in sections}
    assert {name: [model["id"] for model in models] for name, models in shown.items() if models} == listed
    assert shown["recommended"][0]["chosen_by"] == "default"
    assert {model["chosen_by"] for model in shown["cheapest"]} == {"rule"}


async def test_a_preview_shows_what_patterns_would_do_and_changes_nothing(own_world: World) -> None:
    support = make_staff(own_world, "support")
    before = (await own_world.get(SECTIONS, support)).json()

    patterns = {"models": ["local/e*", "nothing/*", "*/gpt-4.1"], "never": ["*/gpt-4.1"]}
    preview = (await own_world.get(f"{SECTIONS}/fast/preview", support, **patterns)).json()

    chosen = [(each["id"], each["pattern"]) for each in preview["shown"] if each["chosen_by"] == "pattern"]
    assert [pattern for _, pattern in chosen] == ["local/e*"]
    assert chosen[0][0].startswith("local/e")
    assert (preview["models"], preview["never"]) == (patterns["models"], patterns["never"])
    assert (await own_world.get(SECTIONS, support)).json() == before


async def test_a_change_is_recorded_and_returns_the_result(own_world: World) -> None:
    admin = make_staff(own_world)
    new = {**REASON, "models": ["local/echo", "openai/gpt-4.1-mini"], "never": ["openai/gpt-4.1-mini"]}

    answer = await own_world.http.put(f"{SECTIONS}/fast", json=new, headers=own_world.headers(admin))

    assert answer.status_code == 200
    assert answer.json()["shown"][0] | {"name": ""} == {
        "id": "local/echo",
        "name": "",
        "chosen_by": "pattern",
        "pattern": "local/echo",
    }
    assert "openai/gpt-4.1-mini" not in [each["id"] for each in answer.json()["shown"]]
    assert answer.json() in (await own_world.get(SECTIONS, admin)).json()["items"]
    recorded = (
        "select actor, target_kind, target_id, reason from oneai.audit_log where action = 'model_sections.change'"
    )
    assert own_world.database.rows(recorded) == [
        (str(own_world.people[admin]), "model_section", "fast", REASON["reason"]),
    ]


@pytest.mark.parametrize("patterns", [[""], ["x" * 191], ["a/*"] * 21])
async def test_patterns_out_of_bounds_are_refused(shared: World, patterns: list[str]) -> None:
    admin = make_staff(shared)

    preview = await shared.get(f"{SECTIONS}/fast/preview", admin, models=patterns)
    changed = await shared.http.put(
        f"{SECTIONS}/fast", json={**REASON, "models": patterns}, headers=shared.headers(admin)
    )

    assert [answer.status_code for answer in (preview, changed)] == [422, 422]


async def test_sections_are_listed_while_the_models_on_offer_cannot_be_read(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oneai.errors import UpstreamUnavailable
    from oneai.models import providers

    async def away() -> tuple[()]:
        raise UpstreamUnavailable

    monkeypatch.setattr(providers, "list_models", away)

    sections = (await shared.get(SECTIONS, make_staff(shared))).json()["items"]

    assert [each["shown"] for each in sections] == [None] * 4
    assert sections[2]["models"][0] == "openai/gpt-*-mini"
