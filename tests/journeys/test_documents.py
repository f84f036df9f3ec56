"""Documents on the whole stack: real files are sent, read and embedded by the jobs, asked about, shared, exported and
deleted."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.ingest_document import made
from tests.journeys.running_stack import RunningStack
from tests.patience import PATIENCE, eventually

RENT = "The tenant pays a rent of 21,500 rupees on the first day of each month."
NOTICE = "Either side ends the contract with a notice of three months."
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FILES = {
    "contract.pdf": ("application/pdf", made.pdf([RENT, NOTICE])),
    "leave.docx": (
        DOCX,
        made.word(
            paragraphs=[("Heading 1", "Annual leave"), ("Normal", "Every employee has twenty-four days of leave.")]
        ),
    ),
    "prices.csv": ("text/csv", b"article,price\nmango juice,45\nlassi,60\n"),
    "notes.md": ("text/markdown", "# पौधे\nतुलसी को रोज़ पानी दें।\n".encode()),
    "truncated.pdf": ("application/pdf", made.pdf([RENT])[:300]),
}


async def send(stack: RunningStack, who: str, name: str, media_type: str, content: bytes) -> str:
    """Uploads a document; its id."""
    opened = await stack.post("/documents", {"name": name, "type": media_type, "size": len(content)}, who)
    assert opened.status_code == 201, opened.text
    await put(opened.json(), content)
    return str(opened.json()["id"])


async def put(target: dict[str, Any], content: bytes) -> None:
    """Sends the content of a document to where `POST /documents` said."""
    async with httpx.AsyncClient(timeout=PATIENCE) as browser:
        assert (await browser.put(target["url"], headers=target["headers"], content=content)).is_success


async def processed(stack: RunningStack, who: str) -> dict[str, dict[str, Any]]:
    """The documents by name when all are ready or failed."""
    await all_processed(stack, stack.people[who])
    return {each["name"]: each for each in (await stack.get("/documents", who)).json()["items"]}


async def all_processed(stack: RunningStack, workspace: UUID | str) -> None:
    """Waits until all documents of the workspace are ready or failed, but not for the job's runs of every minute."""

    async def left() -> int:
        await stack.run("process_documents")
        # Not over HTTP: this asks more often than one user may.
        return int(
            stack.database.one(
                "select count(*) from oneai.documents where workspace_id = %s and status not in ('ready', 'failed')",
                workspace,
            )
        )

    await eventually(left, lambda count: count == 0)


@pytest.mark.exhaustive
async def test_files_become_ready_and_are_asked_about_shared_exported_and_deleted(stack: RunningStack) -> None:
    asha, ravi = stack.newcomer(), stack.newcomer()
    ids = {name: await send(stack, asha, name, *file) for name, file in FILES.items()}
    await send(stack, ravi, "contract.pdf", *FILES["contract.pdf"])

    found = await processed(stack, asha)
    await processed(stack, ravi)

    assert {name: each["status"] for name, each in found.items()} == {
        name: "failed" if name == "truncated.pdf" else "ready" for name in FILES
    }
    assert found["truncated.pdf"]["problem"]
    assert found["contract.pdf"]["pages"] == 2

    hits = (await stack.get("/documents/search", asha, q="how long is the notice")).json()["items"]
    assert (hits[0]["document_id"], hits[0]["page"]) == (ids["contract.pdf"], 2)
    hindi = (await stack.get("/documents/search", asha, q="तुलसी")).json()["items"]
    assert hindi[0]["name"] == "notes.md"

    asked = await stack.ask("How high is the rent?", asha, documents=[ids["contract.pdf"], ids["leave.docx"]])
    sources = next(data["sources"] for name, data, _ in asked.events if name == "sources")
    assert {each["name"] for each in sources} == {"contract.pdf", "leave.docx"}
    assert RENT in "".join(each["snippet"] for each in sources)
    edited = await stack.ask("And the notice?", asha, edit_of=asked.start["user_message_id"])
    assert "sources" in edited.names
    refused = await stack.ask("Read it", ravi, documents=[ids["contract.pdf"]])
    assert refused.code == "not_found"

    conversation = asked.start["conversation_id"]
    link = (
        await stack.post(f"/conversations/{conversation}/share", {"kind": "live", "show_sources": True}, asha)
    ).json()
    shown = (await stack.get(f"/shared/{link['token']}", None)).json()["messages"]["items"]
    assert {each["name"] for each in shown[1]["sources"]} == {"contract.pdf", "leave.docx"}
    exported = json.loads((await stack.get(f"/conversations/{conversation}/export", asha)).content)
    assert all(message["sources"] for message in exported["messages"] if message["role"] == "assistant")

    gone = await stack.http.delete(f"/documents/{ids['contract.pdf']}", headers=stack.headers(asha))
    assert gone.status_code == 204
    after = await stack.ask("And now?", asha, conversation_id=conversation)
    sources = next(data["sources"] for name, data, _ in after.events if name == "sources")
    assert {each["name"] for each in sources} == {"leave.docx"}
    assert (await stack.get("/documents/search", asha, q="rent")).json()["items"] == []
    assert (await stack.get("/documents/search", ravi, q="rent")).json()["items"] != []


@pytest.mark.exhaustive
async def test_a_scan_is_read_by_a_model_for_a_unit_per_page_and_asked_about(stack: RunningStack) -> None:
    asha = stack.newcomer()
    document = await send(stack, asha, "scan.pdf", "application/pdf", made.scan(["Page one", "Page two"]))
    scan = (await processed(stack, asha))["scan.pdf"]
    assert (scan["status"], scan["pages"], scan["chunks"]) == ("failed", 2, 0)
    assert "a model with vision can read them" in scan["problem"]

    request = {"read_pages": True, "model": "openai/gpt-4.1-mini"}
    quote = (await stack.post("/quota/quote", {"document_id": document, **request}, asha)).json()
    assert (quote["allowed"], quote["lines"]) == (True, [{"quota_key": "small_messages", "units": 2}])
    assert await stack.quota_of(asha) == (0, 0)
    answer = await stack.post(f"/documents/{document}/reprocess", request, asha)
    assert answer.status_code == 202, answer.text
    # The first page is held before the model is asked; a run of the minute may have gone on since.
    assert sum(await stack.quota_of(asha)) in (1, 2)

    scan = (await processed(stack, asha))["scan.pdf"]
    assert (scan["status"], scan["problem"], scan["chunks"]) == ("ready", None, 2)
    assert await stack.quota_of(asha) == (2, 0)
    rows = stack.database.rows(
        "select charged, outcome from oneai.usage_events where user_id = %s and purpose = 'page_reading'",
        stack.people[asha],
    )
    assert rows == [(1, "complete")] * 2

    asked = await stack.ask("How high is the deposit?", asha, documents=[document])
    sources = next(data["sources"] for name, data, _ in asked.events if name == "sources")
    assert [(each["name"], each["page"]) for each in sources] == [("scan.pdf", 1), ("scan.pdf", 2)]
    assert len({each["snippet"] for each in sources}) == 2
    assert all("two months' rent" in each["snippet"] for each in sources)
