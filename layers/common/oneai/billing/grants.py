"""Plans that operators grant without payment. A user who also pays has the higher of both."""

from uuid import UUID

from oneai.billing import processing
from oneai.postgres import db


async def project_grants(user_id: UUID) -> None:
    """Puts the user's grants into effect now; otherwise reconciliation does so within minutes."""
    (at,) = await db.call("select oneai.now()", [])
    await processing.reproject(user_id, source="operator")
    await db.call("select oneai.mark_grants_projected(%s, %s)", [user_id, at])
