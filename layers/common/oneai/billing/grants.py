"""Plans that operators grant without payment. A user who also pays has the higher plan."""

from uuid import UUID

from oneai.billing import processing
from oneai.postgres import db


async def project_grants(workspace_id: UUID) -> None:
    """Applies the user's grants now. Without it, reconciliation applies them within minutes."""
    (at,) = await db.call("select oneai.now()", [])
    await processing.reproject(workspace_id, source="operator")
    await db.call("select oneai.mark_grants_projected(%s, %s)", [workspace_id, at])
