"""How browsers keep the web app's files, the same here and in the bucket."""


def cache_control(name: str) -> str:
    """The `Cache-Control` of a file by its name below the app's folder, such as `_app/immutable/entry/start.js`."""
    if name.startswith("_app/immutable/"):
        return "public, max-age=31536000, immutable"  # the name holds the content's hash
    if name.startswith("icons/"):
        return "public, max-age=86400"
    return "no-cache"  # kept, and asked for again each time: a deployment shows at once
