"""The documents of the user in the screenshots: uploaded and processed as any others are."""

import httpx

_HOME, _WORK = "Home", "Work"
# Name, collection, tags, text.
_DOCUMENTS: tuple[tuple[str, str | None, tuple[str, ...], str], ...] = (
    (
        "Lease of the flat in Indiranagar.md",
        _HOME,
        ("flat", "2026"),
        "# Term\n\nThe lease begins on 1 April 2026 and runs for eleven months.\n\n"
        "# Rent\n\nThe rent is ₹42,000 a month and is due on the fifth. The deposit is three rents.\n\n"
        "# Notice\n\nEither side may end the lease with two months' notice in writing, after the first six months.\n",
    ),
    (
        "Electricity 2026.csv",
        _HOME,
        ("flat",),
        "month,units,rupees\n" + "".join(f"2026-{n:02},{150 + 7 * n},{1_200 + 55 * n}\n" for n in range(1, 11)),
    ),
    (
        "Minutes of the design review.md",
        _WORK,
        ("review",),
        "# Decisions\n\nThe list is paged. Exports run in the background. Dates are shown in the reader's zone.\n",
    ),
    ("किराये की रसीदें.txt", _HOME, ("2026",), "अप्रैल से अक्टूबर तक का किराया मिला।"),
    ("Scan of the deed.pdf", None, (), "%PDF-1.7\n"),
)


async def keep(client: httpx.AsyncClient) -> None:
    """Uploads documents for the user of `client`. The last one cannot be read."""
    made = [await client.post("/api/collections", json={"name": name}) for name in (_HOME, _WORK)]
    collections = {each["name"]: each["id"] for each in (answer.raise_for_status().json() for answer in made)}
    for name, collection, tags, text in _DOCUMENTS:
        content = text.encode()
        new = {"name": name, "type": "", "size": len(content), "tags": tags}
        new |= {"collection_id": collections[collection]} if collection else {}
        target = (await client.post("/api/documents", json=new)).raise_for_status().json()
        async with httpx.AsyncClient() as storage:
            (await storage.put(target["url"], headers=target["headers"], content=content)).raise_for_status()
    while any(each["status"] not in ("ready", "failed") for each in await _all(client)):
        (await client.post("/local/run/process_documents")).raise_for_status()


async def _all(client: httpx.AsyncClient) -> list[dict[str, str]]:
    items: list[dict[str, str]] = (await client.get("/api/documents")).raise_for_status().json()["items"]
    return items
