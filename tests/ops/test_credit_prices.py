"""`make credit-prices`: what answers cost in credits."""

from tests.ops.operators import command
from tests.world import Database


async def test_prices_are_set_agreed_listed_and_removed(database: Database) -> None:
    database.user("asha@example.com")
    empty = await command("credit_prices", database=database)
    refused = [
        await command("credit_prices", each, database=database)
        for each in ("*=99", "openai/%=300", "*=x", "--least=199")
    ]
    set_ = await command("credit_prices", "*=250", "openai/*=400", "--reason=costs rose", database=database)
    agreed = await command("credit_prices", "*=150", "--workspace=asha@example.com", "--least=500", database=database)
    unknown = await command("credit_prices", "*=150", "--workspace=ravi@example.com", database=database)
    removed = await command("credit_prices", "openai/*=0", "*=260", database=database)

    assert "a markup of 300 %" in empty.stdout
    assert [each.returncode for each in refused] == [2, 2, 2, 2]
    assert [each.returncode for each in (set_, agreed, unknown, removed)] == [0, 0, 1, 0]
    lines = [line.split() for line in removed.stdout.splitlines()]
    assert [(pattern, percent, least) for pattern, percent, _, _, _, least, *_ in lines] == [
        ("*", "260", "200"),
        ("*", "150", "500"),
    ]
    acts = "select action, target_id, detail ->> 'markup_percent_before' from oneai.audit_log order by id"
    assert database.rows(acts)[-2:] == [
        ("price.change", "credits openai/*", "400"),
        ("price.change", "credits *", "250"),
    ]
