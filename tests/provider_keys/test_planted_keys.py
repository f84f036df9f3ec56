"""A planted key is found in no row, export, answer or trace; logs are searched by tests/canaries.py."""

import base64
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr

from oneai.provider_key_errors import ProviderKeyUnreadable
from oneai.provider_keys.stored import StoredKey
from ops.backups import dump, programs
from tests.accounts.test_data_export import document, download, request_export, run_job
from tests.canaries import CANARY
from tests.database.rows import all_rows
from tests.provider_keys.answering import over, receipt, with_key
from tests.provider_keys.every import CASES, running
from tests.provider_keys.keys import KEY, add, change, try_out
from tests.provider_keys.upstream import Upstream
from tests.world import World

pytestmark = pytest.mark.usefixtures("kept_data_keys")
OTHER = f"sk-{CANARY}-other"


def forms_of(*keys: str) -> list[str]:
    """Keys as they are, and as a column or a body could have them."""
    return [
        form
        for key in keys
        for form in (key, key.encode().hex(), base64.b64encode(key.encode()).decode().rstrip("=")[:-2])
    ]


FORMS = forms_of(KEY, OTHER)


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


@pytest.mark.parametrize("name", list(CASES))
async def test_no_providers_key_is_in_a_row_an_answer_a_receipt_or_an_export(
    world: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    who, case = world.newcomer(), CASES[name]
    async with running(case, monkeypatch) as provider:
        key = await with_key(world, who, **case.fields(provider))
        model = case.id_of(case.model, key)
        results = [await world.ask("What is a cat?", who, model=model)]
        seen = [str(await receipt(world, who, results[0].start))]
        # Providers quote keys, in what they refuse and in what breaks them.
        quoted = f"Incorrect API key provided: {case.key}."
        for status in (500, 429, 400, 401):
            provider.failure = (status, {"message": quoted, "code": status, "details": [quoted]})
            results.append(await world.ask("And now?", who, model=model))
            await over()
        seen.append((await try_out(world, str(key), who)).text)
    export = await request_export(world, who)
    await run_job()
    exported = await download(world, export, who)
    seen += [exported.read(name).decode(errors="replace") for name in exported.namelist()]
    seen += [str(each.events) + str(each.body) for each in results]
    seen += [row for rows in all_rows(world.database).values() for row in rows]

    assert len(provider.asked) >= 4  # the provider saw it
    assert [each["provider"] for each in document(exported, "account.json")["provider_keys"]] == [name]
    assert [form for form in forms_of(case.key) if any(form in text for text in seen)] == []


@pytest.mark.exhaustive
async def test_no_providers_key_is_in_a_dump(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for case in CASES.values():
        who = world.newcomer()
        async with running(case, monkeypatch) as provider:
            key = await with_key(world, who, **case.fields(provider))
            await world.ask("What is a cat?", who, model=case.id_of(case.model, key))
            await over()
    file, restored = tmp_path / "oneai.dump", tmp_path / "oneai.sql"
    dump.write(world.database.url("postgres"), file)
    programs.run("pg_restore", "--file", restored, file)
    text = restored.read_text(errors="replace")

    assert text.count("COPY oneai.provider_keys ") == 1
    assert [form for case in CASES.values() for form in forms_of(case.key) if form in text] == []
