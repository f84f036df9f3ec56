"""The secret key of the project, which opens the admin routes."""

import hmac

from starlette.requests import Request

from stand_ins.supabase_auth.project import project_of
from stand_ins.supabase_auth.refusals import Refusal

# The stack's own, unless SUPABASE_SECRET_KEY is set: of the stand-in and of the job that deletes sign-ins. It opens
# nothing but a laptop.
LOCAL_SECRET_KEY = "sb_secret_local_stack_only"


def require_secret_key(request: Request) -> None:
    """Raises Refusal without the secret key in `apikey`; in `Authorization` it may be repeated."""
    key, bearer = request.headers.get("apikey", ""), request.headers.get("authorization", "")
    token = bearer.partition(" ")[2].strip()
    if not key.startswith("sb_secret_"):
        if token:
            raise Refusal(403, "not_admin", "User not allowed")
        raise Refusal(401, "no_authorization", "This endpoint requires a valid Bearer token")
    if "mozilla" in request.headers.get("user-agent", "").lower():
        raise Refusal(401, "no_authorization", "Forbidden use of secret API key in browser")
    secret_key = project_of(request).secret_key
    if not hmac.compare_digest(key.encode(), secret_key.encode()) or token not in ("", key):
        raise Refusal(401, "no_authorization", "Invalid API key")
