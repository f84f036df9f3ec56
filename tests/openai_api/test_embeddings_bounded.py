"""Embeddings are bounded before they are asked for, and paid where the process dies that asked."""

import asyncio
import base64
import struct
import subprocess
import sys
from array import array
from typing import Any

import httpx
import pytest

from oneai.chat.turn.settle import expire_answer
from oneai.clients.openrouter import embeddings as client
from oneai.errors import UpstreamError
from oneai.models.embeddings import UpstreamBill, decode_vector
from oneai.openai_api.embeddings import MAX_NUMBERS
from tests.openai_api.test_embeddings import MODEL
from tests.patience import until
from tests.second_process import serve_in_other_process
from tests.world import World

pytestmark = pytest.mark.sampled(0.4)

LARGE = "openai/text-embedding-3-large"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"input": ["a"] * 2048, "dimensions": 16_384}, 400),
        ({"input": ["a"] * 2048, "dimensions": 3072, "encoding_format": "base64"}, 400),
        ({"input": ["a"] * 2048, "model": LARGE, "encoding_format": "base64"}, 400),
        ({"input": ["a"] * 1024, "dimensions": 1536}, 400),
        ({"input": ["a"] * 600}, 400),
        ({"input": ["a"] * 600, "encoding_format": "float"}, 400),
        ({"input": ["a"] * 512, "dimensions": 1536, "encoding_format": "float"}, 200),
        ({"input": ["a"] * 2048, "encoding_format": "base64"}, 200),
        ({"input": ["a"] * 1000, "model": LARGE, "encoding_format": "base64"}, 200),
        ({"input": "a", "dimensions": 16_384}, 200),
    ],
)
async def test_texts_times_dimensions_are_bounded(shared: World, body: dict[str, Any], status: int) -> None:
    who = shared.newcomer()
    answer = await shared.post("/v1/embeddings", {"model": MODEL, **body}, who)

    assert answer.status_code == status, answer.text[:300]
    if status == 400:
        assert answer.json()["error"]["param"] == "input"
        assert "texts of" in answer.json()["error"]["message"]
        assert shared.database.rows("select id from oneai.reservations where user_id = %s", shared.people[who]) == []


async def test_floats_and_base64_encode_the_same_vectors(shared: World) -> None:
    bodies = {form: {"model": MODEL, "input": ["one", "two"], "encoding_format": form} for form in ("float", "base64")}
    numbers, encoded = [(await shared.post("/v1/embeddings", bodies[form])).json() for form in ("float", "base64")]

    for number, text in zip(numbers["data"], encoded["data"], strict=True):
        raw = base64.b64decode(text["embedding"])
        assert list(struct.unpack(f"<{len(raw) // 4}f", raw)) == [
            struct.unpack("<f", struct.pack("<f", each))[0] for each in number["embedding"]
        ]
    assert numbers["usage"] == encoded["usage"]


@pytest.mark.parametrize(
    "vector",
    ['"not base64!"', '"AAA="', '""', '["x"]', "[[1]]", "null", "7", '{"a": 1}'],
)
def test_an_invalid_vector_is_an_upstream_error(vector: str) -> None:
    body = f'{{"data": [{{"index": 0, "embedding": {vector}}}], "usage": {{"prompt_tokens": 1, "cost": 0.1}}}}'

    with pytest.raises(UpstreamError):
        client.parse(body.encode(), 1, UpstreamBill())


def test_vectors_are_sorted_and_their_cost_is_exact() -> None:
    first, second = (base64.b64encode(array("f", [n]).tobytes()).decode() for n in (1.0, 2.0))
    body = (
        f'{{"data": [{{"index": 1, "embedding": "{second}"}}, {{"index": 0, "embedding": [1.0]}}], '
        '"usage": {"prompt_tokens": 3, "cost": 0.0000123}}'
    )
    bill = UpstreamBill()

    assert client.parse(body.encode(), 2, bill) == [first, second]
    assert [decode_vector(each).tolist() for each in (first, second)] == [[1.0], [2.0]]
    assert bill.usage is not None
    assert bill.usage.cost_micro_usd == 12


def test_a_large_response_is_parsed_within_a_few_times_its_size() -> None:
    """Parses the maximum number of values, written as numbers, in a separate process."""
    assert MAX_NUMBERS["base64"] == 2048 * 1536
    script = """
import resource
from oneai.clients.openrouter import embeddings
vector = "[" + ",".join(["0.0123456789"] * 1536) + "]"
data = ",".join('{"index": %d, "embedding": %s}' % (n, vector) for n in range(2048))
content = ('{"data": [' + data + ']}').encode()
del data
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = embeddings.parse(content, 2048, embeddings.UpstreamBill())
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(content), (after - before) * 1024)
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    size, more = map(int, result.stdout.split())
    assert more < 3 * size


async def test_a_killed_request_costs_its_hold(shared: World) -> None:
    who = shared.newcomer()
    trouble = f"{shared.upstream}/local/openrouter/trouble"
    body = {"model": MODEL, "input": ["word " * 500] * 900, "encoding_format": "base64"}
    async with serve_in_other_process(shared) as process, httpx.AsyncClient() as control:
        await control.post(trouble, json={"trouble": "hanging"})
        asking = asyncio.create_task(process.post("/v1/embeddings", body, who))
        (held,) = await until(
            lambda: shared.database.rows(
                "select r.id, r.held_micro_usd, l.held from oneai.reservations as r join oneai.reservation_lines as l "
                "on l.reservation_id = r.id where r.user_id = %s and r.sent_at is not null",
                shared.people[who],
            )
        )
        process.kill()
        await asyncio.gather(asking, return_exceptions=True)
        await control.post(trouble, json={"trouble": None})
    reservation, micro_usd, units = held
    shared.database.advance(400)
    assert await expire_answer(reservation)
    assert not await expire_answer(reservation)

    assert units > 1
    assert shared.database.one(
        "select outcome, charged, cost_micro_usd, estimated from oneai.usage_events where message_id = %s", reservation
    ) == ("truncated", units, micro_usd, True)
    assert shared.quota(who) == (units, 0)
    assert (
        shared.database.one("select spend_micro_usd from oneai.workspaces where id = %s", shared.people[who])
        == micro_usd
    )
