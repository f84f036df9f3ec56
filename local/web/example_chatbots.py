"""The chatbots of the user in the screenshots, made and asked over the API: one that visitors ask, and two others."""

from typing import Any

import httpx

_LEASE = "Lease of the flat in Indiranagar.md"
_NEW: tuple[dict[str, Any], ...] = (
    {
        "name": "School desk",
        "description": "Answers parents before the school year begins.",
        "use_case": "faq",
        "knowledge": {"mode": "general"},
    },
    {
        "name": "Tea shop",
        "description": "Helps to choose a tea, and says what is in stock.",
        "use_case": "sales",
        "knowledge": {"mode": "general"},
        "widget": {"color": "#15803d"},
    },
    {
        "name": "Tenant help",
        "description": "Answers questions from tenants, based on their lease.",
        "use_case": "support",
        "widget": {
            "title": "Ask the landlord",
            "color": "#0f766e",
            "greeting": "Hello! What would you like to know about your flat?",
            "public_page": True,
            "domains": ["https://flats.example"],
        },
    },
)
_MODEL = "openai/gpt-4.1-mini"
_CURATED = {
    "question": "When can I call you?",
    "answer": "From nine to six, on weekdays.",
    "alternatives": ["What are your hours?"],
}
QUESTION = "How much is the rent a month?"
_ASKED = (
    "When does the lease begin?",
    QUESTION,
    "Do you allow elephants?",
    "When can I call you?",
    "What is the notice in writing?",
)


async def make(client: httpx.AsyncClient) -> dict[str, str]:
    """Makes them for the user of `client`, who has the example documents and a plan. Returns the id of the one that
    visitors asked (`chatbot`), and the address of our page with its widget (`widget`)."""
    documents = (await client.get("/api/documents")).raise_for_status().json()["items"]
    lease = next(each["id"] for each in documents if each["name"] == _LEASE)
    knowledge = {"mode": "documents_only", "documents": [lease]}
    _, paused, asked = [
        (await client.post("/api/chatbots", json={"model": _MODEL, "knowledge": knowledge} | new))
        .raise_for_status()
        .json()
        for new in _NEW
    ]
    for each in (paused, asked):
        (await client.post(f"/api/chatbots/{each['id']}/publish")).raise_for_status()
    (await client.post(f"/api/chatbots/{paused['id']}/toggle")).raise_for_status()
    (await client.post(f"/api/chatbots/{asked['id']}/answers", json=_CURATED)).raise_for_status()
    for question in _ASKED:
        await _ask(client, asked["public_id"], question)
    code = (await client.get(f"/api/chatbots/{asked['id']}/embed-code")).raise_for_status().json()
    look = f"color=%230f766e&position=right&chatbot={asked['public_id']}"
    return {"chatbot": asked["id"], "widget": f"{code['url'].partition('/chat/')[0]}/widget-test.html?{look}"}


async def _ask(client: httpx.AsyncClient, public_id: str, question: str) -> None:
    """As a new visitor, who rates the answer good."""
    path = f"/api/widget/{public_id}"
    token = (await client.post(f"{path}/sessions", json={})).raise_for_status().json()["token"]
    visitor = {"authorization": f"Bearer {token}"}
    (await client.post(f"{path}/chat", json={"message": question}, headers=visitor)).raise_for_status()
    (talk,) = (await client.get(f"{path}/conversations", headers=visitor)).raise_for_status().json()["items"]
    messages = (await client.get(f"{path}/conversations/{talk['id']}", headers=visitor)).raise_for_status().json()
    answer = messages["items"][-1]["id"]
    rated = await client.post(f"{path}/messages/{answer}/feedback", json={"rating": 1}, headers=visitor)
    rated.raise_for_status()
