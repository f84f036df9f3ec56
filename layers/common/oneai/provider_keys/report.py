"""Reports of secret scanners about leaked keys of providers."""

from collections.abc import Iterable

from oneai.postgres import db
from oneai.provider_keys.fingerprints import every_fingerprint


async def report_keys(texts: Iterable[str]) -> None:
    """Deletes our copy of each of these keys that a workspace has, and mails its owners. They have to revoke it at the
    provider themselves."""
    fingerprints = every_fingerprint(texts)
    if fingerprints:
        await db.call("select oneai.report_provider_keys(%s)", [fingerprints], idempotent=True)
