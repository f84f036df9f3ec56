"""The control API under `/local/people`: the users, and a user whose address is confirmed without a mail."""

from psycopg.rows import dict_row
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from stand_ins.supabase_auth import people, registration
from stand_ins.supabase_auth.project import Project, json_body, project_of, text
from stand_ins.supabase_auth.refusals import Refusal, render

_LIST_LIMIT = 50


def create(project: Project) -> Starlette:
    """The app to mount at `/local/people`."""
    app = Starlette(
        routes=[Route("/", list_people, methods=["GET"]), Route("/", ensure, methods=["POST"])],
        exception_handlers={Refusal: render},
    )
    app.state.project = project
    return app


async def list_people(request: Request) -> Response:
    """`{items: [{id, email, confirmed}]}`, the first fifty in order of sign-up."""
    async with (
        await project_of(request).connect() as conn,
        conn.cursor(row_factory=dict_row) as cursor,
    ):
        await cursor.execute(
            """
            select id::text, email, confirmed_at is not null as confirmed from auth.users
            where deleted_at is null order by created_at, id limit %s
            """,
            [_LIST_LIMIT],
        )
        return JSONResponse({"items": await cursor.fetchall()})


async def ensure(request: Request) -> Response:
    """`{email, password}`: signs the user up if missing, and confirms the address either way, without a mail."""
    body = await json_body(request)
    email, password = text(body, "email"), text(body, "password")
    async with await project_of(request).connect() as conn:
        user = await people.by_email(conn, email)
        if user is None:
            user_id = await registration.sign_up(conn, email, password, {}, confirmed=True)
        else:
            user_id = user.id
            await registration.confirm(conn, user_id)
    return JSONResponse({"id": str(user_id), "email": email, "confirmed": True})
