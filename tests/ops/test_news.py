"""`make news`, as an operator types it: it reaches those who chose news, once for a campaign."""

from pathlib import Path
from uuid import UUID

import pytest

from tests.ops.operators import CommandResult, run
from tests.world import Database

pytestmark = pytest.mark.sampled(0.34)

NEWS = """
[en]
subject = "Documents are here"
text = '''
You can keep documents.

Ask about them.'''
[hi]
subject = "दस्तावेज़ आ गए"
text = "अब आप दस्तावेज़ रख सकते हैं।"
"""
SENT = "select user_id, data ->> 'subject' from oneai.outbox where kind = 'news' order by 2"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The news in two languages."""
    path = tmp_path / "news.toml"
    path.write_text(NEWS)
    return path


def news(database: Database, file: Path, *arguments: str) -> CommandResult:
    """Runs it to its end."""
    return run("news", str(file), "--campaign", "2026-11-documents", *arguments, database=database)


def user(database: Database, name: str, language: str = "en", *, chose: bool = True) -> UUID:
    """A user, and whether they chose news."""
    user_id = database.user(f"{name}@example.com")
    database.rows(
        "insert into oneai.preferences (user_id, product, language) values (%s, %s, %s)", user_id, chose, language
    )
    return user_id


def test_recipients_are_counted_before_sending_and_mailed_once(database: Database, file: Path) -> None:
    asha, ravi = user(database, "asha"), user(database, "ravi", "hi")
    user(database, "meera", chose=False)
    database.user("never-chose@example.com")

    counted = news(database, file)
    assert counted.stderr == ""
    assert counted.stdout == "2 people would get it, 1 in en, 1 in hi.\n"
    assert database.rows(SENT) == []

    for wanted in (2, 0):
        sent = news(database, file, "--send", "--reason", "release")
        assert sent.stdout == f"{wanted} mails are in the outbox.\n"
    assert database.rows(SENT) == [(asha, "Documents are here"), (ravi, "दस्तावेज़ आ गए")]
    assert news(database, file).stdout == "0 people would get it.\n"
    recorded = "select reason, detail -> 'recipients' from oneai.audit_log where action = 'news.send' order by id"
    assert database.rows(recorded) == [("release", 2), ("release", 0)]

    late = user(database, "late")
    assert news(database, file, "--send", "--reason", "release").stdout == "1 mails are in the outbox.\n"
    assert (late, "Documents are here") in database.rows(SENT)


def test_a_user_who_unsubscribes_before_sending_gets_no_mail(database: Database, file: Path) -> None:
    asha = user(database, "asha")
    news(database, file, "--send", "--reason", "release")
    database.rows("update oneai.preferences set product = false where user_id = %s", asha)
    database.rows("delete from oneai.outbox where kind <> 'news'")
    claimed = database.rows("select id from oneai.claim_mail(gen_random_uuid(), '\\x00') where kind = 'news'")
    assert claimed == []
    assert database.one("select state || ' ' || problem from oneai.outbox where kind = 'news'") == "skipped unwanted"


@pytest.mark.parametrize(
    "text",
    ["", "[en]\nsubject = 'x'", "[en]\nsubject = ''\ntext = 'x'", "[fr]\nsubject = 'x'\ntext = 'x'", "en = 3", "[en"],
)
def test_an_unusable_file_is_named_and_sends_nothing(database: Database, tmp_path: Path, text: str) -> None:
    user(database, "asha")
    file = tmp_path / "news.toml"
    file.write_text(text)
    refused = news(database, file, "--send", "--reason", "release")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr
    assert database.rows(SENT) == []
