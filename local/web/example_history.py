"""Creates the history of the user in the screenshots: a month of conversations and of usage, a plan, a key.

Conversations come as an import and the plan by paying at the stand-in, as a user would do it. Usage alone is written
into the database: nothing brings a stack's clock back, so no answer of it can be a month old.
"""

import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import psycopg

MODELS = ("openai/gpt-4.1-mini", "google/gemini-2.5-flash-lite", "openai/gpt-4.1", "anthropic/claude-opus-4.5")
_SHARES = (9, 6, 3, 2)  # how often each of them is asked
_DAYS = 29

# Title, question, answer, days ago, folder.
_CONVERSATIONS = (
    (
        "A letter to the landlord about the leaking roof",
        "Help me write to my landlord, the roof leaks again.",
        "Here is a short letter that names the damage, the date and what you expect.",
        0,
        "Home",
    ),
    (
        "Refactor the importer into small functions",
        "This function is 200 lines long. Where do I begin?",
        "Begin with a test that holds what it does today. Then take out what has a name of its own.",
        1,
        "Work",
    ),
    ("Sourdough in Bengaluru's heat", "My starter is sour after six hours.", "Feed it colder water, twice.", 1, "Home"),
    (
        "GST for freelancers in three sentences",
        "When do I have to register?",
        "Above ₹20 lakh of turnover in a year.",
        1,
        "Work",
    ),
    ("बारिश पर एक छोटी कविता", "बारिश पर चार पंक्तियाँ लिखो।", "बूँदों ने छेड़ा फिर वही पुराना राग…", 3, None),
    ("Questions for the first day of school", "What will she ask me?", "Whether you will wait outside.", 4, "Home"),
    (
        "Why Postgres ignores my index",
        "The plan is a sequential scan.",
        "Its statistics are old.",
        5,
        "Work",
    ),
    ("Three days in Hampi by train", "We are two, in January.", "Take the Hampi Express from Bengaluru.", 6, "Travel"),
    ("Words for a retirement speech", "He has been here for 31 years.", "Begin with the day you met him.", 9, None),
    (
        "Term or whole-life insurance",
        "Which of them is cheaper?",
        "Term, by far, for the young.",
        12,
        "Home",
    ),
    ("A regular expression for Indian mobile numbers", "With and without +91.", r"`^(?:\+91)?[6-9]\d{9}$`", 15, "Work"),
    (
        "A science project about water",
        "For class six, in one weekend.",
        "A filter of sand and charcoal.",
        19,
        None,
    ),
    ("Notes of the design review", "Summarise these notes.", "Three decisions, one open question.", 24, "Work"),
    (
        "Photos of the night sky with a phone",
        "Which settings?",
        "Ten seconds, ISO 800, and a wall.",
        28,
        None,
    ),
)


async def live(client: httpx.AsyncClient, database: str) -> None:
    """Gives the user of `client` their past; `database` is its address for a superuser."""
    profile = (await client.get("/api/me")).raise_for_status().json()["profile"]
    await client.patch("/api/user/profile", json={"name": "Asha Rao"})
    await _subscribe(client)
    await _import(client)
    _use(database, profile["id"])
    required = (await client.get("/api/user/consents")).raise_for_status().json()["required"]
    (await client.post("/api/user/consents", json={"consents": required})).raise_for_status()
    (await client.post("/api/user/api-keys", json={"name": "Invoice reader"})).raise_for_status()


async def _subscribe(client: httpx.AsyncClient) -> None:
    """Pays for Pro on the stand-in's page."""
    details = {"legal_name": "Asha Rao", "address": "1 MG Road\nBengaluru 560001", "country": "IN", "state": "KA"}
    (await client.put("/api/subscription/billing-details", json=details)).raise_for_status()
    opened = await client.post("/api/subscription/create", json={"plan_id": "pro", "period": "monthly"})
    paid = await client.post(opened.raise_for_status().json()["short_url"], data={"method": "card", "outcome": "ok"})
    proof = dict(re.findall(r'name="(razorpay_\w+)" value="([^"]*)"', paid.text))
    (await client.post("/api/subscription/verify", json=proof)).raise_for_status()


async def _import(client: httpx.AsyncClient) -> None:
    content = json.dumps([_exported(*each) for each in _CONVERSATIONS]).encode()
    new = {"name": "conversations.json", "type": "application/json", "size": len(content)}
    upload = (await client.post("/api/uploads", json=new)).raise_for_status().json()
    async with httpx.AsyncClient() as storage:
        (await storage.put(upload["url"], headers=upload["headers"], content=content)).raise_for_status()
    started = await client.post("/api/import", json={"upload_id": upload["upload_id"]})
    address = f"/api/import/{started.raise_for_status().json()['import_id']}"
    while (await client.get(address)).json()["state"] not in ("done", "failed"):
        await client.post("/local/run/export_import")


def _exported(title: str, question: str, answer: str, days: int, folder: str | None) -> dict[str, Any]:
    """A conversation in the format of our own exports."""
    began = datetime.now(UTC) - timedelta(days=days, hours=1)
    ids = [str(uuid4()) for _ in range(3)]
    when = [(began + timedelta(seconds=20 * at)).isoformat() for at in range(2)]
    common = {"state": "complete", "revision_number": 0, "is_chosen": True, "is_latest": True}
    asked = {"id": ids[1], "parent_message_id": None, "role": "user", "content": question, "sequence_number": 1}
    answered = {"id": ids[2], "parent_message_id": ids[1], "role": "assistant", "content": answer, "sequence_number": 2}
    model = {"model": MODELS[0], "model_served": MODELS[0]}
    return {
        "format": "oneai.conversation",
        "version": 1,
        "exported_at": when[1],
        "conversation": {
            "id": ids[0],
            "title": title,
            "title_source": "person",
            "model": MODELS[0],
            "folder": folder,
            "tags": ["money"] if "insurance" in title or "GST" in title else [],
            "created_at": when[0],
            "updated_at": when[1],
            "last_message_at": when[1],
        },
        "messages": [asked | common | {"created_at": when[0]}, answered | common | model | {"created_at": when[1]}],
    }


def _use(database: str, user_id: str) -> None:
    """Usage of a month, the same every time: fewer answers at weekends, and more from week to week."""
    columns = (
        "workspace_id, user_id, created_at, message_id, purpose, outcome, subscription_tier, quota_key, charged, "
        "model_asked, model_served, provider, prompt_tokens, completion_tokens, cost_micro_usd, price_version, "
        "first_token_ms"
    )
    with (
        psycopg.connect(database, autocommit=True) as connection,
        connection.cursor().copy(f"copy oneai.usage_events ({columns}) from stdin") as copy,
    ):
        for row in _events(user_id):
            copy.write_row(row)


def _events(user_id: str) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(14)  # noqa: S311  the same month in every picture
    today = datetime.now(UTC).replace(hour=6, minute=0, second=0, microsecond=0)
    for days in range(_DAYS, 0, -1):
        day = today - timedelta(days=days)
        most = 3 if day.weekday() > 4 else 7 + (_DAYS - days) // 5
        for at in range(chance.randint(most // 2, most)):
            model = chance.choices(MODELS, _SHARES)[0]
            large = model in MODELS[2:]
            read, written = chance.randint(200, 2_400), chance.randint(80, 900)
            cost = read * 2 + written * 8 if large else (read * 2 + written * 8) // 5
            yield (
                *(user_id, user_id, day + timedelta(minutes=20 * at), uuid4(), "answer", "complete", "pro"),
                *("large_messages" if large else "small_messages", 1, model, model, model.split("/")[0].title()),
                *(read, written, cost, "example", chance.randint(250, 1_400)),
            )
