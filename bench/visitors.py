"""Chatbots of a stack, their documents, and visitors who ask them."""

import asyncio
import json
import random
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx

from bench.listener import OUR_TOKEN, Listener, StreamResult
from bench.people import User
from bench.stack import Stack, Target
from bench.vocabulary import Words
from stand_ins.openrouter.embeddings import embedding_of

MODEL = "openai/gpt-4.1-mini"
EMBEDDINGS = "openai/text-embedding-3-small"
CHUNKS, WORDS, DIMENSIONS = 95, 250, 1024
# Higher than what one run asks, so that limits are counted and refuse no question.
NO_LIMIT = 1_000_000_000
# For `stack.running`: the operator's own limit is out of reach too.
RICH = {"DAILY_SPEND_LIMIT_USD": "1000000"}


@dataclass(frozen=True)
class Chatbot:
    """A published chatbot, its owner, its document, and a sentence of that document."""

    owner: User
    id: UUID
    public_id: str
    document: UUID
    sentence: str

    def path(self, rest: str) -> str:
        """A path of its widget."""
        return f"/api/widget/{self.public_id}/{rest}"


def insert_document(running: Stack, user: User, chance: random.Random) -> tuple[UUID, str]:
    """A document of the user with `CHUNKS` chunks, read and embedded, and the words of one of its chunks."""
    words = Words(chance)
    texts = [words.text(WORDS).capitalize() + "." for _ in range(CHUNKS)]
    document = uuid4()
    running.rows("insert into oneai.embedding_models (model) values (%s) on conflict do nothing", EMBEDDINGS)
    running.rows(
        "insert into oneai.documents (id, workspace_id, user_id, name, media_type, size, status, chunks, visibility, "
        "upload_expires_at, arrived_at) values (%s, %s, %s, 'handbook.txt', 'text/plain', 100000, 'ready', %s, "
        "'workspace', now(), now())",
        *(document, user.id, user.id, CHUNKS),
    )
    for ordinal, text in enumerate(texts, 1):
        running.rows(
            "insert into oneai.document_chunks (document_id, ordinal, workspace_id, content, tokens, words) "
            "values (%s, %s, %s, %s, 400, oneai.search_vector(%s, %s))",
            *(document, ordinal, user.id, text, user.id, text),
        )
        running.rows(
            "insert into oneai.document_vectors (document_id, ordinal, workspace_id, embedding_1) "
            "values (%s, %s, %s, %s::extensions.halfvec)",
            *(document, ordinal, user.id, json.dumps(embedding_of(text, DIMENSIONS))),
        )
    chosen = [word for word in chance.choice(texts).split() if len(word) > 3]
    return document, " ".join(chosen[:8])


def publish(running: Stack, user: User, **limits: int) -> Chatbot:
    """A published chatbot of the user that answers from a new document. Limits that are not named are out of reach,
    and a session needs no proof of work."""
    document, sentence = insert_document(running, user, random.Random(user.id.int))
    running.rows("update oneai.plan_chatbots set visitor_answers = null")
    with httpx.Client(
        base_url=f"{running.ours.program.address}/api",
        headers={"authorization": f"Bearer {user.token}"},
        timeout=60,
    ) as client:
        knowledge = {"mode": "documents_only", "documents": [str(document)]}
        new = {"name": "Help", "model": MODEL, "knowledge": knowledge, "widget": {"proof_of_work": "never"}}
        made = client.post("/chatbots", json=new)
        assert made.status_code == 201, made.text
        chatbot = made.json()
        published = client.post(f"/chatbots/{chatbot['id']}/publish")
        assert published.status_code == 200, published.text
    names = ("visitor_per_hour", "address_per_hour", "answers_per_day", "micro_usd_per_day", "micro_usd_per_month")
    all_limits = dict.fromkeys(names, NO_LIMIT) | limits
    running.rows("update oneai.chatbots set limits = limits || %s where id = %s", json.dumps(all_limits), chatbot["id"])
    return Chatbot(user, UUID(chatbot["id"]), chatbot["public_id"], document, sentence)


async def session(target: Target, chatbot: Chatbot) -> str:
    """The token of a new visitor."""
    listener = await target.connect()
    answer = await listener.send("POST", chatbot.path("sessions"), b"{}")
    listener.close()
    assert answer.status == 201, answer
    token: str = json.loads(answer.body)["token"]
    return token


async def ask(listener: Listener, chatbot: Chatbot, token: str, message: str, **fields: str) -> StreamResult:
    """A visitor's question, read to the end of its answer."""
    body = json.dumps({"message": message, **fields}).encode()
    return await listener.ask(chatbot.path("chat"), body, OUR_TOKEN, authorization=f"Bearer {token}")


async def from_address(port: int, address: str) -> Listener:
    """A connection to 127.0.0.1 from another address of this machine's loopback, as another network would open it."""
    return Listener(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=256 * 1024))
