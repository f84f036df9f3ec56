"""Creates conversations that strain a page: very long ones, very many, and an answer of 200,000 characters."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import httpx
import psycopg

from bench.conversation_seed import SeededConversation, messages, new_id
from bench.people import User
from bench.stack import Stack
from bench.vocabulary import Words
from stand_ins.openrouter.long_markdown import tokens

MESSAGES = 10_000
CONVERSATIONS = 2_000
CHARACTERS = 200_000
MODEL = "openai/gpt-4.1-mini"
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Seeded:
    """The conversations that a page opens."""

    longest: UUID
    long_answer: UUID
    ordinary: list[UUID]
    """Fifty conversations of twenty messages, their answers markdown; the newest last."""


def returning_user(running: Stack) -> User:
    """Creates a user who has already agreed to the terms, because a new one first gets a form that later visits do not
    load."""
    (user,) = running.people(1)
    headers = {"authorization": f"Bearer {user.token}"}
    with httpx.Client(base_url=running.ours.program.address, headers=headers) as client:
        required = client.get("/api/user/consents").raise_for_status().json()["required"]
        client.post("/api/user/consents", json={"consents": required}).raise_for_status()
    return user


def fill(address: str, user: User) -> Seeded:
    """Fills the database at `address`, a superuser's, for this user."""
    chance = random.Random(14)
    words = Words(chance)
    with psycopg.connect(address, autocommit=True) as connection:
        # Without triggers and foreign keys, because nothing here is searched.
        connection.execute("set session_replication_role = replica")
        talks = [
            SeededConversation(new_id(chance), user.id, _BEGAN + timedelta(hours=at), 2, MODEL)
            for at in range(CONVERSATIONS)
        ]
        longest, long_answer, *ordinary = talks[-52:]
        longest.visible = MESSAGES
        texts = {long_answer.id: _markdown(CHARACTERS)} | {each.id: _markdown(1_500) for each in ordinary}
        for each in ordinary:
            each.visible = 20
        _write_conversations(connection, talks, words)
        rows = [row for talk in talks for row in messages(talk, chance, words, rare=None)]
        _write_messages(connection, [_with_text(row, texts.get(row[1])) for row in rows])
        connection.execute("analyze")
    return Seeded(longest.id, long_answer.id, [each.id for each in ordinary])


def _markdown(characters: int) -> str:
    return "".join(islice(tokens(), characters))[:characters]


def _with_text(row: tuple[Any, ...], text: str | None) -> tuple[Any, ...]:
    """The row of an answer with this text."""
    return (*row[:4], text, *row[5:]) if text and row[3] == "assistant" else row


def _write_conversations(connection: psycopg.Connection[Any], talks: list[SeededConversation], words: Words) -> None:
    columns = "id, workspace_id, user_id, title, model, created_at, updated_at, last_message_at"
    with connection.cursor() as cursor, cursor.copy(f"copy oneai.conversations ({columns}) from stdin") as copy:
        for talk in talks:
            ended = talk.began + timedelta(seconds=talk.visible)
            copy.write_row((talk.id, talk.user, talk.user, words.text(4), talk.model, talk.began, ended, ended))


def _write_messages(connection: psycopg.Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    columns = (
        "id, conversation_id, user_id, role, content, model_id, model_served, sequence_number, revision_number, "
        "revision_type, parent_message_id, original_message_id, is_chosen, is_latest, created_at, usage, workspace_id"
    )
    with connection.cursor() as cursor, cursor.copy(f"copy oneai.chat_messages ({columns}) from stdin") as copy:
        for row in rows:
            copy.write_row((*row, row[2]))
