"""Files in a running stack: kept in its data folder, reached at signed addresses, removed by its job."""

import asyncio

import httpx
import pytest

from tests.local.running import Stack
from tests.patience import until

PNG = b"\x89PNG\r\n\x1a\n" + b"a cat"


@pytest.mark.exhaustive
async def test_a_document_is_read_when_its_file_arrives_regardless_of_the_schedule(stack: Stack) -> None:
    with stack.client() as asha:
        text = b"The lease runs for eleven months."
        opened = asha.post("/api/documents", json={"name": "lease.txt", "type": "text/plain", "size": len(text)}).json()
        # Like a slow upload: the schedule has looked for the file before it arrives.
        asha.post("/local/run/process_documents").raise_for_status()
        sent = await asyncio.to_thread(httpx.put, opened["url"], content=text, headers=opened["headers"])
        assert sent.status_code == 200

        def is_read() -> bool:
            found = asha.get(f"/api/documents/{opened['id']}").json()
            return bool(found["status"] == "ready")

        await until(is_read)


def stored_pictures(stack: Stack) -> int:
    """The copies of the picture in the storage, which has files of other tests too."""
    files = (stack.data / "storage/objects").rglob("*")
    return sum(file.is_file() and file.read_bytes() == PNG for file in files)


@pytest.mark.exhaustive
def test_a_file_is_uploaded_shown_in_a_conversation_and_deleted_with_it(stack: Stack) -> None:
    with stack.client() as asha:
        door = asha.post("/api/uploads", json={"name": "cat.png", "type": "image/png", "size": len(PNG)}).json()
        assert door["url"].startswith(f"{stack.url}/storage/")
        assert httpx.put(door["url"], content=PNG, headers=door["headers"]).status_code == 200

        along = [{"type": "image", "upload_id": door["upload_id"]}]
        question = {"message": "What is this?", "model": "openai/gpt-4.1-mini", "attachments": along}
        streamed = asha.post("/api/chat/stream", json=question).text
        assert "event: done" in streamed
        (talk,) = asha.get("/api/conversations", params={"limit": 1}).json()["items"]
        messages = asha.get(f"/api/conversations/{talk['id']}/messages").json()["items"]
        (shown,) = messages[0]["metadata"]["attachments"]
        assert httpx.get(shown["url"]).content == PNG
        assert stored_pictures(stack) == 2

        assert asha.delete(f"/api/conversations/{talk['id']}").status_code == 204
        asha.post("/local/clock", json={"advance_seconds": 3600}).raise_for_status()
        ran = asha.post("/local/run/remove_files").json()
        assert ran["status"] == "succeeded", ran
        assert httpx.get(shown["url"]).status_code in (403, 404)
        assert stored_pictures(stack) == 1, "the upload stays for a day"
