"""The headers of the app's files, the same here and in the bucket."""

import mimetypes

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("application/manifest+json", ".webmanifest")
mimetypes.add_type("font/woff2", ".woff2")

ASSETS = "_app/immutable/"
# The placeholder for the site's own address in built pages (`web/svelte.config.js`).
_THIS_SITE = b"https://this-site.invalid"


def with_origin(name: str, body: bytes, origin: str) -> bytes:
    """A built file as it is served at `https://app.example.com`: pages name their own whole address, for search engines
    and previews of links, and one build is for every site."""
    return body.replace(_THIS_SITE, origin.encode()) if name.endswith(".html") else body


def cache_control(name: str) -> str:
    """The `Cache-Control` of a file by its name below the app's folder, such as `_app/immutable/entry/start.js`."""
    if name.startswith(ASSETS):
        return "public, max-age=31536000, immutable"  # the name holds the content's hash
    if name.startswith("icons/"):
        return "public, max-age=86400"
    if name.startswith("widget"):
        return "public, max-age=300, stale-while-revalidate=86400"  # websites name it once and for all
    return "no-cache"  # kept, and asked for again each time: a deployment shows at once


def content_type(name: str) -> str:
    """The `Content-Type` of a file by its name."""
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
