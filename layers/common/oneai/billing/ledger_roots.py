"""Daily signed roots over all chains of the ledger: making and listing them, and proving that a chain is under one."""

import datetime as dt
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from oneai import cursors, log
from oneai.billing import ledger_key, ledger_tree
from oneai.errors import NotFound
from oneai.postgres import db
from oneai.postgres.db import Principal

_EPOCH = datetime(1970, 1, 1, tzinfo=dt.UTC)


class LedgerRoot(BaseModel):
    """One hash over the ends of all chains on a day, signed. docs/ledger.md has the bytes."""

    number: int = Field(description="Its number, from 1 without a gap.")
    day: dt.date = Field(description="The UTC day.")
    at: datetime = Field(description="When it was made, to the microsecond.")
    root: str = Field(description="The hash over all chains, in hexadecimal.")
    previous_hash: str = Field(description="The hash of the signed text of the root before; 64 zeros for the first.")
    public_key: str = Field(description="The key that signed it: 32 bytes of Ed25519, in hexadecimal.")
    signature: str = Field(description="The signature of its text: 64 bytes of Ed25519, in hexadecimal.")

    def text(self) -> str:
        """What is signed."""
        micros = (self.at - _EPOCH) // timedelta(microseconds=1)
        return "|".join(map(str, (1, "root", self.number, self.day, micros, self.root, self.previous_hash)))


class LedgerRootPage(BaseModel):
    """A page of roots."""

    items: list[LedgerRoot] = Field(description="The roots, newest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class LedgerSibling(BaseModel):
    """A hash beside the path from a leaf to a root."""

    side: Literal["left", "right"] = Field(description="On which side of the path it is.")
    hash: str = Field(description="The hash, in hexadecimal.")


class LedgerProof(BaseModel):
    """What proves that the workspace's chain is under the newest root."""

    workspace_id: UUID = Field(description="The workspace.")
    entries: int = Field(description="The number of entries that its chain had under the root.")
    hash: str = Field(description="The hash of the last of these entries.")
    path: list[LedgerSibling] = Field(description="The hashes beside the path, from the leaf up to the root.")
    root: LedgerRoot = Field(description="The root.")


async def sign_daily_root() -> dict[str, int]:
    """Makes the root of this UTC day if it has none; counts the `chains` under a new one and the `roots` made.

    Without a key it does nothing. A run that was killed is continued by the next, and of concurrent runs one stores its
    root. It holds the leaves of one part at a time. Raises SettingsError, and botocore's errors for a key of KMS.
    """
    nothing = {"roots": 0, "chains": 0}
    if not ledger_key.is_set():
        log.info("the ledger has no key, so no root is made")
        return nothing
    (due,) = await db.call("select oneai.due_ledger_root()", [], idempotent=True)
    if due is None:
        return nothing
    parts: list[str | None] = []
    chains = 0
    for part in range(ledger_tree.PARTS):
        (rows,) = await db.call("select oneai.seal_ledger_part(%s, %s)", [due["day"], part], idempotent=True)
        parts.append(ledger_tree.part_hash(_leaves(rows)))
        chains += len(rows)
    before = due.pop("before")
    root = LedgerRoot(
        **due,
        root=ledger_tree.root_hash(parts),
        previous_hash=ledger_tree.EMPTY if before is None else ledger_tree.sha256(LedgerRoot(**before).text()),
        public_key=await ledger_key.public_key(),
        signature="",
    )
    root.signature = await ledger_key.sign(root.text())
    (stored,) = await db.call(
        "select oneai.store_ledger_root(%s, %s)", [root.model_dump_json(), parts], idempotent=True
    )
    return {"roots": 1, "chains": chains} if stored else nothing


async def list_roots(limit: int, cursor: str | None) -> LedgerRootPage:
    """Returns a page of the roots. Raises InvalidRequest for an invalid cursor."""
    before = cursors.after_id(cursor)
    (rows,) = await db.call("select oneai.list_ledger_roots(%s, %s)", [before, limit + 1], idempotent=True)
    after = cursors.encode(rows[limit - 1]["number"]) if len(rows) > limit else None
    return LedgerRootPage(items=[LedgerRoot(**row) for row in rows[:limit]], next_cursor=after)


async def prove(principal: Principal) -> LedgerProof:
    """Returns the proof of the request's workspace under the newest root. Raises NotFound if its chain is under none,
    WorkspaceNotFound and RoleInsufficient."""
    (found,) = await db.call("select oneai.read_ledger_proof(%s)", [principal.user_id], idempotent=True)
    if found is None:
        raise NotFound
    workspace = UUID(found["workspace_id"])
    entries, last_hash = next((n, end) for each, n, end in found["leaves"] if each == found["workspace_id"])
    path = ledger_tree.path(workspace, _leaves(found["leaves"]), found["root"].pop("parts"))
    return LedgerProof(
        workspace_id=workspace,
        entries=entries,
        hash=last_hash,
        path=[LedgerSibling(**each._asdict()) for each in path],
        root=LedgerRoot(**found["root"]),
    )


def _leaves(rows: list[Any]) -> list[ledger_tree.Placed]:
    return [ledger_tree.leaf(UUID(workspace), entries, last_hash) for workspace, entries, last_hash in rows]
