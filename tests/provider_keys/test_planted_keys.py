"""A planted key is found in no row, export, answer or trace; logs are searched by tests/canaries.py."""

import base64
import traceback

import pytest
from pydantic import SecretStr

from oneai.provider_key_errors import ProviderKeyUnreadable
from oneai.provider_keys.stored import StoredKey
from tests.accounts.test_data_export import document, download, request_export, run_job
from tests.canaries import CANARY
from tests.database.rows import all_rows
from tests.provider_keys.keys import KEY, add, change, try_out
from tests.provider_keys.upstream import Upstream
from tests.world import World

pytestmark = pytest.mark.usefixtures("kept_data_keys")
OTHER = f"sk-{CANARY}-other"
# As it is, and as a column or a body could have it.
FORMS = [
    form
    for key in (KEY, OTHER)
    for form in (key, key.encode().hex(), base64.b64encode(key.encode()).decode().rstrip("=")[:-2])
]


async def test_a_planted_key_is_in_no_row_and_no_export(world: World, upstream: Upstream) -> None:
    made = (await add(world)).json()
    answers = [await try_out(world, made["id"]), await change(world, made["id"], key=OTHER)]
    answers += [await try_out(world, made["id"]), await add(world, key=OTHER)]
    export = await request_export(world)
    await run_job()
    exported = await download(world, export)
    everything = [
        *(row for rows in all_rows(world.database).values() for row in rows),
        *(answer.text for answer in answers),
        *(exported.read(name).decode(errors="replace") for name in exported.namelist()),
    ]

    assert len(upstream.seen) == 2  # the provider alone saw it
    assert [form for form in FORMS if any(form in text for text in everything)] == []
    (shown,) = document(exported, "account.json")["provider_keys"]
    assert (shown["last4"], shown["state"]) == (OTHER[-4:], "refused")
    assert not {"ciphertext", "nonce", "fingerprint", "key"} & shown.keys()


async def test_a_trace_of_a_failure_has_no_key(world: World) -> None:
    made = (await add(world)).json()
    row = world.database.one(
        "select oneai.sealed_provider_key(k) from oneai.provider_keys as k where k.id = %s", made["id"]
    )
    key = StoredKey.of(row | {"provider": "gemini"})
    with pytest.raises(ProviderKeyUnreadable) as failed:
        await key.secret()
    shown = "".join(traceback.TracebackException.from_exception(failed.value, capture_locals=True).format())

    assert CANARY not in shown
    assert CANARY not in repr([key, await StoredKey.of(row).secret()])
    assert (await StoredKey.of(row).secret()) == SecretStr(KEY)
