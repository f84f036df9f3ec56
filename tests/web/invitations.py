"""Invitations of a stack, as the people who get them see them."""

from tests.web import mails
from tests.web.people import User, run_job

# The path of the link in an invitation.
LINK = r"/invite/[\w-]+"


async def invite(inviter: User, team: str, email: str, role: str = "member") -> tuple[str, str]:
    """Invites an address to the team; the invitation's id, and the link in its mail."""
    async with inviter.client() as client:
        answer = await client.post(
            "/api/team/invite", json={"email": email, "role": role}, headers={"oneai-workspace": team}
        )
        invitation = str(answer.raise_for_status().json()["id"])
    return invitation, await mailed_link(inviter.stack_url, email)


async def mailed_link(stack_url: str, email: str) -> str:
    """Sends the mail that waits; the link of the newest invitation to the address."""
    await run_job(stack_url, "send_mail")
    return await mails.link(stack_url, email, LINK)


async def join(inviter: User, team: str, member: User, role: str = "member") -> None:
    """Invites a user to the team and accepts as them."""
    _, link = await invite(inviter, team, member.email, role)
    async with member.client() as client:
        token = link.rpartition("/")[2]
        (await client.post("/api/invitations/accept", json={"token": token})).raise_for_status()
