"""A long file is read in ranges, each from where the one before ended, and nothing is lost or read twice."""

import json

import pytest

from tests import effort
from tests.ingest_document import made
from tests.ingest_document.reader import Reader

pytestmark = pytest.mark.sampled(0.4)


async def test_pages_are_read_in_batches(reader: Reader) -> None:
    content = made.pdf([f"Page {number}" if number % 3 else "" for number in range(1, 11)])

    answers = await reader.ranges(content, pages=4)

    assert [len(answer["pieces"]) for answer in answers] == [3, 3, 1]
    assert [piece["text"] for answer in answers for piece in answer["pieces"]] == [
        f"Page {number}" for number in range(1, 11) if number % 3
    ]
    assert [answer["progress"] for answer in answers] == [0.4, 0.8, 1.0]
    assert [answer["pages_without_text"] for answer in answers] == [1, 1, 1]
    assert {answer["pages"] for answer in answers} == {10}


async def test_pages_without_text_after_others_with_text_are_no_problem(reader: Reader) -> None:
    answers = await reader.ranges(made.pdf(["Text", "", ""]), pages=1)

    assert [answer["problem"] for answer in answers] == [None, None, None]


async def test_a_file_without_text_is_reported_at_its_end(reader: Reader) -> None:
    answers = await reader.ranges(made.pdf(["", "", ""]), pages=1)

    codes = [answer["problem"] and answer["problem"]["code"] for answer in answers]
    assert codes == [None, None, "no_text"]


@pytest.mark.exhaustive
async def test_every_format_resumes_in_the_middle(reader: Reader) -> None:
    lines = [f"line {number} of a long text" for number in range(effort.sample(900, 3_000))]
    files = {
        "a.txt": "\n".join(lines).encode(),
        "a.md": "\n".join(lines).encode(),
        "a.csv": "\n".join(lines).encode(),
        "a.html": ("<html><body>" + "".join(f"<p>{line}</p>" for line in lines)).encode(),
        "a.docx": made.word(paragraphs=[("Normal", line) for line in lines]),
        "a.xlsx": made.sheets({"One": [[line] for line in lines[:400]], "Two": [[line] for line in lines[400:]]}),
    }
    for name, content in effort.drawn(list(files.items()), 2):
        (whole,) = await reader.ranges(content, name)
        parts = await reader.ranges(content, name, pieces=2)

        assert len(parts) > 1, name
        assert [piece for part in parts for piece in part["pieces"]] == whole["pieces"], name
        progress = [part["progress"] for part in parts]
        assert progress == sorted(progress), name
        assert 0 < progress[0] <= progress[-1] == 1, name


async def test_an_answer_is_never_larger_than_requested(reader: Reader) -> None:
    content = ("नमस्ते " * 100_000).encode()

    answers = await reader.ranges(content, answer_bytes=200_000)

    assert len(answers) > 5
    assert all(len(json.dumps(answer["pieces"], ensure_ascii=False).encode()) < 200_100 for answer in answers)
    read = " ".join(piece["text"] for answer in answers for piece in answer["pieces"])
    assert read.split() == ["नमस्ते"] * 100_000


@pytest.mark.exhaustive
async def test_a_sheet_of_a_million_cells_is_read_in_answers_that_lambda_accepts(reader: Reader) -> None:
    content = made.sheets({"Rows": ([number] * 20 for number in range(50_000))})

    first = await reader.range(content)
    second = await reader.range(content, position=first["position"])

    assert first["problem"] is None
    assert len(json.dumps(first).encode()) < 4_000_000
    assert 0 < first["progress"] < second["progress"] <= 1.0
    assert second["pieces"][0]["text"].splitlines()[1] > first["pieces"][-1]["text"].splitlines()[-1]
