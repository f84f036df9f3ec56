"""Invariants of texts: the final answer contains all checkpointed text and all text that a client saw as stored.

A trigger copies every checkpoint into another table (`watch`), and a reader outside of Postgres copies that table. So
text that a crash of the server removes is noticed as lost.
"""

from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from bench.invariants.checks import Check

_WATCH: LiteralString = """
    create schema watch;
    create table watch.checkpoints (
      n bigint generated always as identity primary key, message_id uuid, conversation_id uuid, at integer, text text);
    create function watch.copy_checkpoint() returns trigger language plpgsql security definer set search_path = '' as $$
    begin
      insert into watch.checkpoints (message_id, conversation_id, at, text)
      select m.id, m.conversation_id, new.at, new.text from oneai.chat_messages as m where m.id = new.message_id;
      return null;
    end
    $$;
    create trigger copy_checkpoint after insert or update on oneai.answer_pieces
      for each row when (new.kind = 'text') execute function watch.copy_checkpoint();
"""
# Numbers are assigned in another order than they are committed.
_COMMITTED_LATE = 500


def watch(connection: psycopg.Connection[Any]) -> None:
    """Copies every later checkpoint of this database."""
    connection.execute(_WATCH)


@dataclass(frozen=True)
class ReceivedStream:
    """The part of an answer that a client received: its text, and whether it was final."""

    message_id: str
    conversation_id: str
    text: str
    final: bool


@dataclass
class Texts:
    """The checkpointed and the received text of each answer."""

    checkpointed: dict[str, str] = field(default_factory=dict)
    conversations: dict[str, str] = field(default_factory=dict)
    """Of the answers that were checkpointed."""
    streams: list[ReceivedStream] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    """Conversations that their users deleted, with all that is in them."""
    _read: int = 0

    def read(self, connection: psycopg.Connection[Any]) -> None:
        """Reads the checkpoints committed since the last call."""
        rows = connection.execute(
            "select n, message_id::text, conversation_id::text, at, text from watch.checkpoints "
            "where n > %s order by n",
            [self._read - _COMMITTED_LATE],
        ).fetchall()
        for n, message_id, conversation_id, at, text in rows:
            self.conversations[message_id] = conversation_id
            self.take(message_id, at, text)
            self._read = n

    def take(self, message_id: str, at: int, text: str) -> None:
        """Adds a piece of the text at `at` code points; a longer piece replaces a shorter one."""
        before = self.checkpointed.get(message_id, "")
        self.checkpointed[message_id] = before[:at] + text + before[at + len(text) :]


def check_texts(connection: psycopg.Connection[Any], texts: Texts) -> list[Check]:
    """The checks of all answers whose conversations still exist."""
    stored: dict[str, tuple[str, str]] = {
        message_id: (state, content)
        for message_id, state, content in connection.execute(
            "select id::text, state, content from oneai.chat_messages where role = 'assistant'"
        ).fetchall()
    }
    streams = [each for each in texts.streams if each.conversation_id not in texts.deleted]
    return [
        Check(
            "no text that was checkpointed is lost",
            tuple(
                _line(message_id, stored, text)
                for message_id, text in texts.checkpointed.items()
                if texts.conversations.get(message_id) not in texts.deleted
                and not stored.get(message_id, ("", ""))[1].startswith(text)
            ),
        ),
        Check(
            "an answer that a client received to its end is stored as it was received",
            tuple(
                _line(each.message_id, stored, each.text)
                for each in streams
                if each.final and stored.get(each.message_id, ("", None))[1] != each.text
            ),
        ),
        Check(
            "an answer that began for a client is stored, and agrees with what the client received",
            tuple(_line(each.message_id, stored, each.text) for each in streams if not _agrees(each, stored)),
        ),
    ]


def _agrees(stream: ReceivedStream, stored: dict[str, tuple[str, str]]) -> bool:
    """Whether one is the beginning of the other, because a client may have received more than was stored before a
    crash."""
    if stream.message_id not in stored:
        return False
    _, content = stored[stream.message_id]
    return content.startswith(stream.text) or stream.text.startswith(content)


def _line(message_id: str, stored: dict[str, tuple[str, str]], text: str) -> str:
    if message_id not in stored:
        return f"{message_id} is not stored; {len(text)} characters were"
    state, content = stored[message_id]
    common = next((n for n, pair in enumerate(zip(content, text, strict=False)) if pair[0] != pair[1]), None)
    place = "" if common is None else f", which differ from character {common}"
    return f"{message_id} {state}: {len(content)} characters are stored, {len(text)} were there{place}"
