"""Measures how 100,000 questions of visitors are grouped by meaning: seconds, memory, and topics.

Half of the questions have the vector that was paid for to search documents; the others get one of their words. They
are those of 20 chatbots, each about 400 subjects, more than a chatbot may have topics. The job runs as its function
does, in this process, until nothing waits. The second half of the questions shows whether
time grows faster than their number.
`python -m bench.bench_topics 0.1` groups a tenth.
"""

import asyncio
import os
import random
import resource
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, LiteralString
from uuid import uuid4

import psycopg

from bench import inbox_seed
from bench.conversation_seed import new_id
from bench.loading import PERSONAL_WORKSPACES, bulk_connection
from bench.report import ratio, step, table
from bench.vocabulary import Words
from local import postgres
from local.data_folder import data_folder
from oneai import settings
from oneai.chatbots import topics
from oneai.chatbots.fields import Configuration, Limits
from oneai.postgres import db

QUESTIONS, CHATBOTS, SUBJECTS = 100_000, 20, 400
AIM = 1.5
# The words and the direction of each subject; a question adds noise to both.
SUBJECT: LiteralString = """
    create temp table subjects as
    select n, array(
      select (hashint8extended(n * 1024 + k, 1) & 65535) / 32768.0 - 1 from generate_series(1, 1024) as k) as v
    from generate_series(1, %s) as n"""
ASKED: LiteralString = """
    create temp table asked as
    select n, gen_random_uuid() as talk, gen_random_uuid() as visitor, gen_random_uuid() as question,
      gen_random_uuid() as answer, b.id as bot, b.workspace_id as workspace, 1 + (n / 20 * 7919) %% %s as subject
    from generate_series(%s, %s) as n join (
      select c.*, row_number() over (order by c.id) - 1 as place from oneai.chatbots as c) as b on b.place = n %% %s"""
TALKS: LiteralString = """
    insert into oneai.conversations (id, visitor_id, chatbot_id, workspace_id)
    select talk, visitor, bot, workspace from asked"""
MESSAGES: LiteralString = """
    insert into oneai.chat_messages (id, conversation_id, visitor_id, workspace_id, role, content, model_id,
      sequence_number, parent_message_id)
    select question, talk, visitor, workspace, 'user'::oneai.message_role, t.content || ' ' || asked.n % 7, 'm', 1,
      null::uuid
    from asked join texts as t on t.n = asked.subject
    union all select answer, talk, visitor, workspace, 'assistant', 'Yes.', 'm', 2, question from asked"""
WAITING: LiteralString = """
    insert into oneai.chatbot_questions (message_id, chatbot_id, visitor_id, asked_at, outcome, model, embedding)
    select a.answer, a.bot, a.visitor, oneai.now() + interval '1 ms' * a.n, 'answered',
      case when a.n % 2 = 0 then 'embeddings' end,
      case when a.n % 2 = 0 then s.v::extensions.halfvec(1024) end
    from asked as a join subjects as s on s.n = a.subject"""

MOST: LiteralString = """
    select max(n) from (select count(*) as n from oneai.chatbot_topics group by chatbot_id) as t"""


def fill(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    """Questions with these numbers, which wait to be grouped."""
    connection.execute("drop table if exists asked")
    filling = psycopg.ClientCursor(connection)
    filling.execute(ASKED, [SUBJECTS, first, last - 1, CHATBOTS])
    for query in (TALKS, MESSAGES, WAITING):
        connection.execute(query)
    connection.execute("vacuum analyze oneai.chatbot_questions")


async def _all() -> float:
    """Seconds until no question waits."""
    started = time.perf_counter()
    while await topics.group_questions():
        pass
    await db.close()
    return time.perf_counter() - started


def _begin(connection: psycopg.Connection[Any]) -> None:
    """A workspace with chatbots, and what is asked of them."""
    chance = random.Random(2026)
    owner, words = new_id(chance), Words(chance)
    connection.execute(inbox_seed.USERS, [[owner]])
    connection.execute(PERSONAL_WORKSPACES)
    draft, limits = Configuration(model="openai/gpt-4.1-mini").model_dump_json(), Limits().model_dump_json()
    bots = [(new_id(chance), owner, draft, limits) for _ in range(CHATBOTS)]
    connection.cursor().executemany(inbox_seed.CHATBOT, bots)
    connection.execute("create temp table texts (n integer primary key, content text)")
    texts = [(n, words.text(8)) for n in range(1, SUBJECTS + 1)]
    connection.cursor().executemany("insert into texts values (%s, %s)", texts)
    connection.execute(SUBJECT, [SUBJECTS])


def main() -> None:
    """Fills, groups and prints."""
    part = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    count = round(QUESTIONS * part) // 2
    with ExitStack() as resources:
        shelf = data_folder() / "bench"
        shelf.mkdir(parents=True, exist_ok=True)
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory(dir=shelf)))
        server = postgres.start(folder / "postgres", durable=True)
        resources.callback(postgres.stop, server, within=60)
        postgres.build_template(server)
        name = f"topics_{uuid4().hex[:12]}"
        os.environ |= {"DATABASE_URL": postgres.clone(server, name), "DATABASE_POOL_SIZE": "1"}
        settings.reset_cache()
        seconds = []
        with bulk_connection(server.url(name, "postgres")) as connection:
            _begin(connection)
            for half in range(2):
                step(f"{count:,} questions")
                fill(connection, half * count, (half + 1) * count)
                seconds.append(asyncio.run(_all()))
            row = connection.execute(MOST).fetchone()
            most = row[0] if row else 0
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table(
        ["questions grouped", "seconds", "a question, ms"],
        [
            [f"{half} {count:,}", f"{each:.1f}", f"{each / count * 1000:.2f}"]
            for half, each in zip(("the first", "the second"), seconds, strict=True)
        ],
    )
    print(f"Peak memory of this process: {memory:.0f} MiB; the most topics of a chatbot: {most}")
    ratio("the second half to the first", seconds[1] / seconds[0], AIM)


if __name__ == "__main__":
    main()
