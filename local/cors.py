"""Pages of listed origins may read the local gateway's answers, as deployed, and pages of any port of a listed host.

`http://localhost:*` is supported only here, because a frontend's own server takes any free port.
Deployed, the preflight's script and the functions compare whole origins, and the parameter `CorsOrigins` refuses `*`.
"""

import re
from typing import Any

from local.answers import Headers


def allowed(origin: str | None, listed: str) -> bool:
    """Whether a page of `origin` may send requests; `listed` is CORS_ORIGINS."""
    return bool(origin) and (origin in listed.split(",") or "*" in listed.split(",") or _of_any_port(origin, listed))


def readable(send: Any, origin: str | None, listed: str, exposed: str) -> Any:
    """A `send` that lets pages read the answer, and its `exposed` headers, whose origin is allowed on any port."""
    if not _of_any_port(origin, listed):
        return send

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            headers: Headers = list(message.get("headers", ()))
            if not any(name.lower() == b"access-control-allow-origin" for name, _ in headers):
                headers += [
                    (b"access-control-allow-origin", str(origin).encode("latin-1")),
                    (b"access-control-expose-headers", exposed.encode()),
                ]
            message = {**message, "headers": headers}
        await send(message)

    return sending


def _of_any_port(origin: str | None, listed: str) -> bool:
    if not origin:
        return False
    hosts = [re.escape(each.removesuffix(":*")) for each in listed.split(",") if each.endswith(":*")]
    return bool(hosts) and re.fullmatch(rf"({'|'.join(hosts)})(:[0-9]+)?", origin) is not None
