"""Each day one root over all chains is signed, once, and each workspace can prove that its chain is under it."""

import asyncio
import json
import random
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import count
from threading import Thread
from typing import Any
from uuid import UUID

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from oneai import settings
from oneai.billing import ledger_roots, ledger_tree
from oneai.billing.ledger_roots import sign_daily_root
from oneai.postgres import db
from tests.credits.account import Credits
from tests.credits.test_ledger import verify
from tests.workspaces.teams import refusal
from tests.world import World

_A_DAY = 86_400
_MICRO = timedelta(microseconds=1)


def hashed(*fields: object) -> str:
    """The hash of fields, as docs/ledger.md has all of them."""
    return sha256("|".join(map(str, fields)).encode()).hexdigest()


def check_root(root: dict[str, Any]) -> str:
    """Verifies a root's signature; the hash of what was signed."""
    micros = (datetime.fromisoformat(root["at"]) - datetime.fromisoformat("1970-01-01T00:00:00Z")) // _MICRO
    fields = (1, "root", root["number"], root["day"], micros, root["root"], root["previous_hash"])
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(root["public_key"]))
    key.verify(bytes.fromhex(root["signature"]), "|".join(map(str, fields)).encode())
    return hashed(*fields)


def climbed(found: str, path: list[dict[str, str]]) -> str:
    """The root that a path leads to from the hash of a leaf."""
    for step in path:
        pair = (step["hash"], found) if step["side"] == "left" else (found, step["hash"])
        found = hashed(1, "node", *pair)
    return found


def some_accounts(world: World, amount: int) -> list[Credits]:
    """Workspaces with credits: the ids of two differ in their last bit alone."""
    ids = [UUID(int=8), UUID(int=9), *(None for _ in range(amount - 2))]
    accounts = [Credits(world.database, each) for each in ids]
    for account in accounts:
        account.grant(500)
    return accounts


async def test_a_workspace_proves_that_its_chain_is_under_the_published_root(world: World) -> None:
    own = Credits(world.database, world.people["asha"])
    own.grant(1_000)
    assert refusal(await world.get("/ledger/proof", "asha")) == (404, "not_found")
    some_accounts(world, 40)
    assert await sign_daily_root() == {"roots": 1, "chains": 41}
    own.settle(own.hold(100), 60)

    answer = await world.get("/ledger/roots", None)
    assert answer.headers["cache-control"] == "public, max-age=300"
    (root,) = answer.json()["items"]
    check_root(root)
    assert (root["number"], root["previous_hash"]) == (1, "0" * 64)

    proof = (await world.get("/ledger/proof", "asha")).json()
    entries = (await world.get("/ledger/entries", "asha")).json()["items"]
    assert (proof["root"], proof["entries"], len(entries)) == (root, 2, 4)
    assert proof["hash"] == entries[1]["hash"]
    assert climbed(hashed(1, "leaf", own.workspace, 2, proof["hash"]), proof["path"]) == root["root"]
    assert str(UUID(int=8)) not in str(proof)
    assert refusal(await world.get("/ledger/proof", "ravi")) == (404, "not_found")
    newest = f"root 1 of {root['day']}"
    assert await verify(world.database) == (
        0,
        f"84 entries in 41 chains, 1 roots (the newest is {newest}), 0 problems\n",
    )


async def test_each_day_has_one_root_that_names_the_one_before(world: World) -> None:
    accounts = some_accounts(world, 5)
    for day in range(5):
        # Twice at the same time, and again: one of them makes the root.
        made = await asyncio.gather(*[sign_daily_root() for _ in range(3)])
        assert sum(each["roots"] for each in made) == 1
        assert (await sign_daily_root())["roots"] == 0
        if day != 2:
            accounts[day].settle(accounts[day].hold(10), 5)
        world.database.advance(_A_DAY)

    pages: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await world.get("/ledger/roots", None, limit=2, **cursor)).json()
        pages.append(page["items"])
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert [[each["number"] for each in page] for page in pages] == [[5, 4], [3, 2], [1]]
    signed = "0" * 64
    roots = [each for page in pages for each in page][::-1]
    for root in roots:
        assert root["previous_hash"] == signed
        signed = check_root(root)
    # A quiet day has the root of the day before.
    assert [roots[day]["root"] == roots[day + 1]["root"] for day in range(4)] == [False, False, True, False]
    assert world.database.one("select count(*) from oneai.ledger_leaves") == 5 + 3
    assert (await verify(world.database))[0] == 0
    refused = await world.get("/ledger/roots", None, cursor="no cursor")
    assert refusal(refused) == (422, "invalid_request")


async def test_a_killed_run_is_continued_and_has_the_same_root(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = some_accounts(world, 30)
    calls = count()
    call = db.call

    async def killed(*arguments: Any, **named: Any) -> Any:
        if next(calls) == 100:
            raise asyncio.CancelledError
        return await call(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(db, "call", killed)
        with pytest.raises(asyncio.CancelledError):
            await sign_daily_root()
    assert world.database.one("select count(*) from oneai.ledger_roots") == 0
    # What is booked after a part is sealed belongs to the next root.
    for account in accounts:
        account.grant(20)
    assert await sign_daily_root() == {"roots": 1, "chains": 30}
    assert set(world.database.rows("select entries from oneai.ledger_leaves")) == {2, 4}
    assert (await verify(world.database))[0] == 0
    world.database.advance(_A_DAY)
    assert await sign_daily_root() == {"roots": 1, "chains": 30}
    assert (await verify(world.database))[0] == 0


def test_every_path_leads_to_the_root_of_any_set_of_leaves() -> None:
    chance = random.Random(1)
    for amount in (1, 2, 3, 17, 600):
        close = [UUID(int=7 << 100 | number) for number in range(amount // 2)]
        ids = sorted({*close, *(UUID(int=chance.getrandbits(128)) for _ in range(amount - len(close)))})
        leaves = {each: ledger_tree.leaf(each, 2, hashed(each)) for each in ids}
        parts = [[leaf for each, leaf in leaves.items() if each.int >> 120 == part] for part in range(256)]
        hashes = [ledger_tree.part_hash(part) for part in parts]
        root = ledger_tree.root_hash(hashes)
        for each, (place, leaf) in leaves.items():
            path = ledger_tree.path(each, parts[place >> 120], hashes)
            assert climbed(leaf, [step._asdict() for step in path]) == root
    assert ledger_tree.root_hash([None] * 256) == "0" * 64


async def test_no_root_is_made_without_a_key_and_none_with_an_invalid_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    some_accounts(world, 2)
    monkeypatch.setenv("LEDGER_KEY", "")
    settings.reset_cache()
    assert (await sign_daily_root())["roots"] == 0
    monkeypatch.setenv("LEDGER_KEY", "no key")
    settings.reset_cache()
    with pytest.raises(settings.SettingsError, match="LEDGER_KEY must be"):
        await sign_daily_root()
    assert (await world.get("/ledger/roots", None)).json() == {"items": [], "next_cursor": None}


def test_no_role_changes_a_leaf_or_a_root(world: World) -> None:
    for statement in (
        "update oneai.ledger_roots set root = ''",
        "delete from oneai.ledger_leaves",
        "truncate oneai.ledger_sealed_parts",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.database.rows(statement)


async def test_a_key_of_kms_signs_if_a_setting_names_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    some_accounts(world, 2)
    key = Ed25519PrivateKey.generate()
    with kms_with(key) as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", address)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        monkeypatch.setenv("LEDGER_KMS_KEY", "arn:aws:kms:eu-central-1:123456789012:key/ledger")
        settings.reset_cache()
        assert (await sign_daily_root())["roots"] == 1
    (root,) = (await ledger_roots.list_roots(1, None)).items
    assert root.public_key == key.public_key().public_bytes_raw().hex()
    check_root(root.model_dump(mode="json"))


@contextmanager
def kms_with(key: Ed25519PrivateKey) -> Iterator[str]:
    """A server that signs as KMS does with this key; its address."""

    class Kms(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            answer = {"KeyId": asked["KeyId"]}
            if self.headers["x-amz-target"] == "TrentService.Sign":
                assert (asked["SigningAlgorithm"], asked["MessageType"]) == ("ED25519_SHA_512", "RAW")
                answer["Signature"] = b64encode(key.sign(b64decode(asked["Message"]))).decode()
            else:
                der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
                answer["PublicKey"] = b64encode(der).decode()
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Kms) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
