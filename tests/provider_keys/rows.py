"""Makes keys directly in Postgres; nothing opens them."""

from typing import Any
from uuid import UUID, uuid4

from tests.world import Database


def insert_key(database: Database, workspace: UUID, user: UUID, **columns: Any) -> UUID:
    """A key of OpenAI with these columns; its id."""
    key, data_key = uuid4(), uuid4()
    database.rows(
        "insert into oneai.provider_data_keys (id, workspace_id, kms_key_id, wrapped) "
        "values (%s, %s, 'a key', decode(repeat('00', 32), 'hex')) on conflict do nothing",
        *(data_key, workspace),
    )
    database.rows(
        "insert into oneai.provider_keys (id, workspace_id, user_id, provider, name, last4, fingerprint, version, "
        "data_key_id, nonce, ciphertext) "
        "select %s, %s, %s, 'openai', 'Ours', 'x7Qz', sha256(%s::text::bytea), 1, d.id, "
        "decode(repeat('00', 12), 'hex'), decode(repeat('00', 40), 'hex') from oneai.provider_data_keys as d "
        "where d.workspace_id = %s",
        *(key, workspace, user, str(key), workspace),
    )
    for name, value in columns.items():
        database.connection.execute(f"update oneai.provider_keys set {name} = %s where id = %s", [value, key])  # noqa: S608
    return key
