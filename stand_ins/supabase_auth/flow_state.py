"""Sign-ins that are under way, in `auth.flow_state`, and the codes they end in (PKCE, RFC 7636).

As GoTrue does it (supabase/auth, internal/models/flow_state.go): the row's id is the `state` that goes to the provider
and back; the code is good once and for five minutes since the flow began, those of a magic link since it was followed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg.rows import class_row

from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.pkce import Challenge, is_proof
from stand_ins.supabase_auth.refusals import Refusal, invalid

LIFETIME = timedelta(minutes=5)
_RETENTION = timedelta(days=1)


@dataclass(frozen=True)
class FlowState:
    """A row of auth.flow_state."""

    id: UUID
    user_id: UUID | None
    auth_code: str
    code_challenge: str | None
    code_challenge_method: str | None
    provider_type: str
    provider_access_token: str | None
    authentication_method: str
    auth_code_issued_at: datetime | None
    referrer: str | None
    created_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Whether its five minutes are over at `now`."""
        began_at = self.created_at
        if self.authentication_method == "magiclink" and self.auth_code_issued_at is not None:
            began_at = self.auth_code_issued_at
        return now > began_at + LIFETIME


async def begin(
    conn: Connection,
    provider_type: str,
    method: str,
    challenge: Challenge | None,
    *,
    user_id: UUID | None = None,
    referrer: str | None = None,
) -> UUID:
    """Stores a new flow; its id. `method` is the one that its session will name, `referrer` where it leads to."""
    await conn.execute("delete from auth.flow_state where created_at < %s", [conn.now - _RETENTION])
    flow_id = uuid4()
    await conn.execute(
        """
        insert into auth.flow_state (id, user_id, auth_code, code_challenge, code_challenge_method, provider_type,
                                     authentication_method, referrer, created_at, updated_at)
        values (%(id)s, %(user)s, %(code)s, %(challenge)s, %(challenge_method)s, %(provider)s, %(method)s,
                %(referrer)s, %(now)s, %(now)s)
        """,
        {
            "id": flow_id,
            "user": user_id,
            "code": str(uuid4()),
            "challenge": challenge and challenge.value,
            "challenge_method": challenge and challenge.method,
            "provider": provider_type,
            "method": method,
            "referrer": referrer,
            "now": conn.now,
        },
    )
    return flow_id


async def by_state(conn: Connection, state: str) -> FlowState:
    """The flow that the provider answers, locked. Raises Refusal if it is unknown, expired or answered."""
    if not state:
        raise Refusal(400, "bad_oauth_callback", "OAuth state parameter missing")
    try:
        flow_id = UUID(state)
    except ValueError:
        raise Refusal(400, "bad_oauth_state", "OAuth state parameter is invalid") from None
    async with conn.cursor(row_factory=class_row(FlowState)) as cursor:
        await cursor.execute(
            """
            select id, user_id, auth_code, code_challenge, code_challenge_method, provider_type,
                   provider_access_token, authentication_method, auth_code_issued_at, referrer, created_at
            from auth.flow_state where id = %s for update
            """,
            [flow_id],
        )
        flow = await cursor.fetchone()
    if flow is None:
        raise Refusal(400, "bad_oauth_state", "OAuth state not found or expired")
    if flow.is_expired(conn.now):
        raise Refusal(400, "bad_oauth_state", "OAuth state has expired")
    if flow.user_id is not None:
        raise Refusal(400, "flow_state_already_used", "State has already been used")
    return flow


async def finish(conn: Connection, flow: FlowState, user_id: UUID, provider: str, provider_token: str) -> None:
    """Stores who signed in, so that the flow's code is good for their session."""
    await conn.execute(
        """
        update auth.flow_state set user_id = %(user)s, provider_type = %(provider)s, provider_access_token = %(token)s,
          auth_code_issued_at = %(now)s, updated_at = %(now)s
        where id = %(id)s
        """,
        {"id": flow.id, "user": user_id, "provider": provider, "token": provider_token, "now": conn.now},
    )


async def delete(conn: Connection, id: UUID) -> None:
    """Ends a flow whose session went out in a fragment."""
    await conn.execute("delete from auth.flow_state where id = %s", [id])


async def issue_code(conn: Connection, user_id: UUID, method: str) -> str:
    """The code of the user's newest flow of this method, whose mail they followed. Raises Refusal."""
    cursor = await conn.execute(
        """
        update auth.flow_state set auth_code_issued_at = %(now)s, updated_at = %(now)s
        where id = (
          select id from auth.flow_state where user_id = %(user)s and authentication_method = %(method)s
          order by created_at desc limit 1
        )
        returning auth_code
        """,
        {"user": user_id, "method": method, "now": conn.now},
    )
    row = await cursor.fetchone()
    if row is None:
        raise Refusal(400, "flow_state_not_found", "No associated flow state found")
    return str(row[0])


async def exchange(conn: Connection, auth_code: str, code_verifier: str) -> FlowState:
    """The finished flow of a code, which is used up. Raises Refusal; a wrong verifier leaves the code as it was."""
    if not auth_code or not code_verifier:
        raise invalid("invalid request: both auth code and code verifier should be non-empty")
    async with conn.cursor(row_factory=class_row(FlowState)) as cursor:
        await cursor.execute(
            """
            select id, user_id, auth_code, code_challenge, code_challenge_method, provider_type,
                   provider_access_token, authentication_method, auth_code_issued_at, referrer, created_at
            from auth.flow_state where auth_code = %s for update
            """,
            [auth_code.replace("\x00", "")],
        )
        flow = await cursor.fetchone()
    if flow is None or flow.auth_code_issued_at is None or flow.user_id is None:
        raise Refusal(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
    if flow.is_expired(conn.now):
        raise Refusal(422, "flow_state_expired", "invalid flow state, flow state has expired")
    if not is_proof(code_verifier, flow.code_challenge, flow.code_challenge_method):
        message = "code challenge does not match previously saved code verifier"
        raise Refusal(400, "bad_code_verifier", message)
    await delete(conn, flow.id)
    return flow
