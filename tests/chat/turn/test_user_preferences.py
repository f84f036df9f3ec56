"""Answers follow the user's preferences: custom instructions, and the default model."""

from typing import Any

from tests.world import World

INSTRUCTIONS = "I am a nurse. Answer in metric units."
SMALL, LARGE, DEAREST = "openai/gpt-4.1-mini", "openai/gpt-4.1", "openai/o1-pro"


async def change(world: World, who: str, body: Any) -> None:
    """`who` changes preferences."""
    answer = await world.http.patch("/user/preferences", json=body, headers=world.headers(who))
    assert answer.is_success


async def test_custom_instructions_precede_the_conversations_own(world: World) -> None:
    await change(world, "asha", {"custom_instructions": INSTRUCTIONS})
    talk = (await world.post("/conversations", {"system_prompt": "Answer in rhymes."})).json()["id"]

    await world.ask("Hello", conversation_id=talk)
    await world.ask("Hello again")
    await world.ask("Hello", "ravi")

    first, second, of_ravi = [body["messages"] for body in await world.sent_upstream()]
    assert first[0] == {"role": "system", "content": f"{INSTRUCTIONS}\n\nAnswer in rhymes."}
    assert second[0] == {"role": "system", "content": INSTRUCTIONS}
    assert [message["role"] for message in of_ravi] == ["user"]


async def test_custom_instructions_count_in_the_estimate_of_a_question(world: World) -> None:
    world.database.rows(
        "insert into oneai.plan_quotas (tier, quota_key, quota_limit, grace_units, reset_frequency) "
        "values ('free', 'tokens', 1000000, 0, 'monthly')"
    )
    world.database.rows("select oneai.ensure_user(%s)", world.people["asha"])

    async def prompt_tokens() -> int:
        quote = (await world.post("/quota/quote", {"message": "Hello", "model": SMALL})).json()
        return int(quote["basis"][0]["prompt_tokens"])

    before = await prompt_tokens()
    await change(world, "asha", {"custom_instructions": "x" * 6000})

    assert await prompt_tokens() == before + 2000


async def test_the_default_model_answers_if_neither_question_nor_conversation_names_one(world: World) -> None:
    await change(world, "asha", {"default_model": LARGE})
    talk = (await world.post("/conversations", {"model": SMALL})).json()["id"]

    assert (await world.ask("Hello")).start["model"] == LARGE
    assert (await world.ask("Hello", model=SMALL)).start["model"] == SMALL
    assert (await world.ask("Hello", conversation_id=talk)).start["model"] == SMALL
    assert (await world.ask("Hello", "ravi")).start["model"] != LARGE


async def test_a_default_model_outside_the_plan_is_refused_with_the_plans_that_have_it(
    world: World,
) -> None:
    await change(world, "asha", {"default_model": DEAREST})

    refused = await world.ask("Hello")

    assert (refused.status, refused.code) == (403, "model_not_in_plan")
    assert refused.body["error"]["plans"] == ["enterprise"]
