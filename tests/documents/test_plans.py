"""Few chunks are compared one by one, many are found by the index for neighbours, and no table is read through."""

import pytest

from bench import bench_retrieval, retrieval_seed
from tests.filled_database import address

__all__ = ["address"]

SIZE = retrieval_seed.Size(people=8, chunks=190, largest=1900, exact_up_to=400)


@pytest.mark.exhaustive
async def test_both_searches_use_their_indexes_and_the_neighbour_search_finds_most(address: str) -> None:
    seeded = retrieval_seed.fill(address, SIZE)
    await bench_retrieval.prove(address, seeded, SIZE.exact_up_to)
    asked = bench_retrieval.questions(address, [seeded.largest] * 10)
    assert bench_retrieval.recall(address, seeded, asked) >= 0.9
