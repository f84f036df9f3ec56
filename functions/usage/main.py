"""What a person has used of their plan."""

from oneai import quota, secrets
from oneai.quota import QuotaStatus
from oneai.web import CurrentUser, application, handler

secrets.load()
app = application("Usage")


@app.get("/quota/status")
async def quota_status(user: CurrentUser) -> QuotaStatus:
    """Your plan, and what is left of every quota until when."""
    return await quota.status(user)


handler = handler(app)
