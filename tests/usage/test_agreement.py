"""After every kind of journey, all places that count usage agree: reports, forecast, export, quotas and admins."""

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from oneai import settings
from tests.admin.staff import make_staff
from tests.chat.turn.test_titles import over
from tests.documents.library import insert, insert_chunks, request, uploaded
from tests.documents.reader import Reader
from tests.documents.runs import run
from tests.openai_api.clients import openai_client
from tests.world import World

pytestmark = pytest.mark.sampled(0.5)

ECHO, FAILING, SEES = "local/echo", "local/error-midway", "openai/gpt-4.1-mini"
EMBEDDINGS = "openai/text-embedding-3-small"

type Journey = Callable[[World], Awaitable[object]]


async def chat(world: World) -> None:
    """A question, with the title that the operator pays for."""
    await world.ask("Name a city", model=ECHO)
    await over()


async def compare(world: World) -> None:
    """Two models answer one question."""
    await world.ask("Name a city", compare=[ECHO, "local/reasoning-slowly"])


async def regenerate(world: World) -> None:
    """An answer, and another one in its place."""
    first = await world.ask("Name a city", model=ECHO)
    await world.ask(None, regenerate_of=first.start["message_id"])


async def fail(world: World) -> None:
    """A model that gives no answer."""
    await world.ask("Name a city", model=FAILING)


async def upload(world: World) -> None:
    """A document is read and embedded."""
    await uploaded(world, "asha", name="notes.txt", content=b"The lease runs for eleven months.")
    await run()


async def search(world: World) -> None:
    """Two searches in documents, without a question to a model."""
    await upload(world)
    for question in ("How long?", "When does it end?"):
        found = await world.get("/documents/search", q=question)
        assert found.status_code == 200, found.text


async def summary(world: World) -> None:
    """A model summarises a document."""
    document = insert(world, "asha")
    insert_chunks(world, "asha", document, "The lease runs for eleven months.")
    assert (await request(world, "POST", f"/documents/{document}/summary", "asha", {"model": ECHO})).is_success
    await run()


async def pages(world: World) -> None:
    """A model reads the pages of a scan."""
    document = await uploaded(world, "asha", content=b"\f\f")
    await run()
    body = {"read_pages": True, "model": SEES}
    assert (await request(world, "POST", f"/documents/{document}/reprocess", "asha", body)).is_success
    await run()


async def program(world: World) -> None:
    """A program asks for an answer and for embeddings."""
    async with openai_client(world, "asha") as client:
        await client.chat.completions.create(model=ECHO, messages=[{"role": "user", "content": "Name a city"}])
        await client.embeddings.create(model=EMBEDDINGS, input=["one", "two"])


# The answers of each journey, and the purposes that its usage has besides.
JOURNEYS: list[tuple[Journey, int, set[str]]] = [
    (chat, 1, {"title"}),
    (compare, 2, set()),
    (regenerate, 2, set()),
    (fail, 1, set()),
    (upload, 0, {"document_embedding"}),
    (search, 0, {"document_embedding"}),
    (summary, 0, {"summary"}),
    (pages, 0, {"document_embedding", "page_reading"}),
    (program, 1, {"embedding"}),
]


@pytest.fixture(autouse=True)
def _titled(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AUTO_TITLES", "true")
    settings.reset_cache()
    yield
    monkeypatch.undo()
    settings.reset_cache()


async def read(world: World, path: str, who: str = "asha", **params: Any) -> Any:
    """A successful answer's JSON."""
    answer = await world.get(path, who, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def agree(world: World, answers: int) -> None:
    """Asserts that every figure has this number of answers, and the same costs and units."""
    totals = (await read(world, "/user/usage"))["totals"]
    by_model = (await read(world, "/user/usage", group_by="model"))["items"]
    forecast = await read(world, "/user/usage/forecast")
    exported = await world.get("/user/usage/export", format="csv")
    lines = list(csv.DictReader(io.StringIO(exported.text)))
    seen = await read(world, f"/admin/users/{world.people['asha']}", make_staff(world))
    ledger = world.database.rows(
        "select purpose, cost_micro_usd, charged from oneai.usage_events where user_id = %s", world.people["asha"]
    )
    by_operator = sum(cost for purpose, cost, _ in ledger if purpose in ("document_embedding", "title"))
    cost = sum(cost for _, cost, _ in ledger) - by_operator
    charged = sum(units for *_, units in ledger)

    assert [
        totals["messages"],
        sum(each["messages"] for each in by_model),
        forecast["messages"]["so_far"],
        sum(each["purpose"] == "answer" for each in lines),
        sum(each["answers"] for each in seen["usage"]["by_model"]),
    ] == [answers] * 5
    assert [
        totals["cost_micro_usd"],
        sum(each["cost_micro_usd"] for each in by_model),
        forecast["cost_micro_usd"]["so_far"],
        sum(int(each["cost_micro_usd"]) for each in lines),
        sum(each["cost_micro_usd"] for each in seen["usage"]["by_model"]) - by_operator,
    ] == [cost] * 5
    used = "select coalesce(sum(used), 0)::integer from oneai.usage_quotas where workspace_id = %s"
    of_messages = f"{used} and oneai.unit_of(quota_key) = 'messages'"
    assert [
        world.database.one(of_messages, world.people["asha"]),
        sum(int(each["charged"]) for each in lines),
        sum(each["used"] for key, each in seen["quotas"].items() if key.endswith("_messages")),
    ] == [charged] * 3


@pytest.mark.parametrize(("journey", "answers", "others"), JOURNEYS, ids=[each.__name__ for each, *_ in JOURNEYS])
async def test_every_figure_of_usage_agrees(
    world: World,
    reader: Reader,
    journey: Journey,
    answers: int,
    others: set[str],
) -> None:
    await journey(world)
    await over()
    found = set(world.database.rows("select distinct purpose from oneai.usage_events"))
    assert found - {"title", "correction"} == (others | ({"answer"} if answers else set())) - {"title"}

    await agree(world, answers)
    world.database.rows("select oneai.roll_up_usage(1000)")
    await agree(world, answers)
