"""The words of a text are kept when it is final, once, and no writer waits."""

from uuid import UUID, uuid4

import psycopg
import pytest

from tests.world import Database


@pytest.fixture
def talk(database: Database, asha: UUID) -> UUID:
    """An empty conversation of asha's."""
    talk: UUID = database.one(
        "insert into oneai.conversations (workspace_id, user_id) values (%s, %s) returning id", asha, asha
    )
    return talk


def say(connection: psycopg.Connection, asha: UUID, talk: UUID, number: int, text: str) -> UUID:
    """Stores a message; its id."""
    message = uuid4()
    connection.execute(
        "insert into oneai.chat_messages (id, conversation_id, user_id, role, content, model_id, sequence_number, "
        "is_chosen) values (%s, %s, %s, 'assistant', %s, 'some/model', %s, false)",
        [message, talk, asha, text, number],
    )
    return message


def kept(database: Database, message: UUID) -> list[str]:
    """The words kept of a message, without the user's key."""
    return sorted(
        database.rows(
            "select substr(lexeme, 5) from oneai.search_entries, unnest(words) where message_id = %s", message
        )
    )


def test_two_transactions_that_write_the_same_words_do_not_wait_for_each_other(
    database: Database, asha: UUID, talk: UUID
) -> None:
    with (
        psycopg.connect(database.url("postgres")) as one,
        psycopg.connect(database.url("postgres")) as other,
    ):
        other.execute("set lock_timeout = '1s'")
        say(one, asha, talk, 1, "quokka numbat")
        say(other, asha, talk, 2, "numbat quokka")
        say(one, asha, talk, 3, "wombat")
        say(other, asha, talk, 4, "wombat")

    assert set(database.rows("select word from oneai.search_words")) == {"quokka", "numbat", "wombat"}


def test_a_running_answer_has_no_words_and_an_extended_one_has_all(database: Database, asha: UUID, talk: UUID) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        message = say(connection, asha, talk, 1, "")
    assert kept(database, message) == []

    database.rows("update oneai.chat_messages set content = 'the quokka' where id = %s", message)
    assert kept(database, message) == ["quokka", "the"]
    database.rows("update oneai.chat_messages set content = 'the quokka smiles' where id = %s", message)
    assert kept(database, message) == ["quokka", "smiles", "the"]
    database.rows("update oneai.chat_messages set content = '' where id = %s", message)
    assert kept(database, message) == []


def test_switching_branches_does_not_rewrite_words(database: Database, asha: UUID, talk: UUID) -> None:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        say(connection, asha, talk, 1, "the quokka")
    before = database.rows("select xmin::text, ctid::text from oneai.search_entries")

    database.rows("update oneai.chat_messages set is_latest = not is_latest")
    database.rows("update oneai.conversations set answering_until = now(), last_message_at = now()")

    assert database.rows("select xmin::text, ctid::text from oneai.search_entries") == before
