"""`GET /authorize`, where a sign-in with Google or GitHub begins, and `/callback`, where the provider's page ends.

The stand-in is the provider too: `/authorize` shows the page that would be at Google or GitHub, and its form posts the
chosen account to `/callback`.
"""

from urllib.parse import parse_qs
from uuid import UUID

import psycopg
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from stand_ins.supabase_auth import flow_state, provider_accounts, provider_page, sessions
from stand_ins.supabase_auth.client import client_of
from stand_ins.supabase_auth.connection import Connection
from stand_ins.supabase_auth.flow_state import FlowState
from stand_ins.supabase_auth.people import checked_address
from stand_ins.supabase_auth.pkce import challenge_of
from stand_ins.supabase_auth.project import project_of, session_response
from stand_ins.supabase_auth.provider_accounts import PROVIDERS, ProviderAccount
from stand_ins.supabase_auth.redirects import redirect_target, with_error, with_query
from stand_ins.supabase_auth.refusals import OAuthRefusal, Refusal, invalid
from stand_ins.supabase_auth.verify import session_address

_LISTED = 20


async def authorize(request: Request) -> Response:
    """`?provider=google|github&redirect_to=…&code_challenge=…&code_challenge_method=s256`: the provider's page."""
    query = request.query_params
    provider = query.get("provider", "").lower()
    if provider not in PROVIDERS:
        raise invalid(f"Unsupported provider: Provider {provider} could not be found")
    challenge = challenge_of(query)
    async with await project_of(request).connect() as conn:
        state = await flow_state.begin(conn, provider, "oauth", challenge, referrer=redirect_target(request))
        return await _page(request, conn, state, provider)


async def callback(request: Request) -> Response:
    """The form of the page, or a provider's `?error=…&state=…`: 302 to the app with a code, a session or an error."""
    project, fields = project_of(request), await _fields(request)
    target = project.site_url
    try:
        async with await project.connect() as conn:
            flow = await flow_state.by_state(conn, fields.get("state", ""))
            target = flow.referrer or target
            if "error" in fields:
                await flow_state.delete(conn, flow.id)
                await conn.commit()
                raise OAuthRefusal(400, fields["error"], fields.get("error_description", "No account was chosen"))
            try:
                account = await _account(conn, flow, fields)
            except Refusal as refusal:
                return await _page(request, conn, flow.id, flow.provider_type, refusal.message)
            address = await _sign_in(request, conn, flow, account, target)
    except Refusal as refusal:
        address = with_error(target, refusal, in_query=True)
    except psycopg.Error:
        failure = Refusal(500, "unexpected_failure", "Database error querying schema")
        address = with_error(target, failure, in_query=True)
    return RedirectResponse(address, 302)


async def _sign_in(request: Request, conn: Connection, flow: FlowState, account: ProviderAccount, target: str) -> str:
    project = project_of(request)
    user = await provider_accounts.sign_in(project, conn, account, target)
    provider_token = f"local-{account.provider}-{account.subject}"
    if flow.code_challenge is not None:
        await flow_state.finish(conn, flow, user.id, account.provider, provider_token)
        return with_query(target, {"code": flow.auth_code})
    await flow_state.delete(conn, flow.id)
    session = await sessions.begin(conn, user.id, "oauth", client_of(request))
    return session_address(target, await session_response(project, conn, session), provider_token=provider_token)


async def _account(conn: Connection, flow: FlowState, fields: dict[str, str]) -> ProviderAccount:
    """The account that the form describes; what it leaves out is as the provider stated it last time."""
    provider = fields.get("provider", flow.provider_type)
    if provider not in PROVIDERS:
        raise invalid("Choose Google or GitHub.")
    address = checked_address(fields.get("new_account") or fields.get("account") or "")
    subject, earlier = await provider_accounts.account_at(conn, provider, address)
    return ProviderAccount(
        provider=provider,
        subject=subject,
        email=checked_address(fields["email"]) if fields.get("email") else address,
        email_verified="unverified" not in fields,
        name=fields.get("name") or earlier.get("name") or _name_of(address),
        picture_url=fields.get("picture_url") or earlier.get("avatar_url") or "",
    )


async def _page(request: Request, conn: Connection, state: UUID, provider: str, problem: str | None = None) -> Response:
    cursor = await conn.execute(
        """
        select email from auth.users where email is not null and deleted_at is null
        order by created_at, id limit %s
        """,
        [_LISTED],
    )
    addresses = [email for (email,) in await cursor.fetchall()]
    action = f"{request.scope.get('root_path', '')}/callback"
    page = provider_page.choose_account(action, str(state), provider, addresses, problem)
    return HTMLResponse(page, 422 if problem else 200, provider_page.HEADERS)


async def _fields(request: Request) -> dict[str, str]:
    if request.method == "GET":
        return dict(request.query_params)
    body = (await request.body()).decode(errors="replace")
    return {name: values[0] for name, values in parse_qs(body).items()}


def _name_of(address: str) -> str:
    return address.partition("@")[0].replace(".", " ").title()
