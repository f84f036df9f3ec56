"""Product news by mail to users who opted in: recipients can be counted first, and each campaign is sent once."""

import json
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from oneai.admin.act import Actor, act

# Users per statement, well within the role's statement timeout.
BATCH = 5_000

type NewsLanguage = Literal["en", "hi"]
Subject = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]
Campaign = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]


class NewsText(BaseModel):
    """The mail in one language."""

    model_config = ConfigDict(extra="forbid")

    subject: Subject
    paragraphs: Annotated[list[Paragraph], Field(min_length=1, max_length=20)]


class News(BaseModel):
    """A mail to all users who opted in to news. Users whose language has no text receive the English one."""

    model_config = ConfigDict(extra="forbid")

    campaign: Campaign
    en: NewsText
    hi: NewsText | None = None


async def count_recipients(actor: Actor, news: News) -> dict[str, int]:
    """Returns how many users would receive the mail now, by the language of its text. Read-only."""
    async with act(actor, None) as running:
        (counts,) = await running.call("select oneai.count_news(%s, %s)", [news.campaign, _texts(news)])
    return dict(counts)


async def send(actor: Actor, news: News, reason: str) -> int:
    """Queues the mail for every user who has not received this campaign, and returns how many. Sending a campaign again
    reaches users who opted in since, and continues after an interruption."""
    sent: int = 0
    after = UUID(int=0)
    while True:
        async with act(actor, reason) as running:
            last, posted = await running.call(
                "select * from oneai.enqueue_news(%s, %s, %s, %s)", [news.campaign, _texts(news), after, BATCH]
            )
            if posted or not sent:
                await running.record("news.send", target=("campaign", news.campaign), recipients=posted)
        sent += int(posted)
        if last is None:
            return sent
        after = last


def _texts(news: News) -> str:
    return json.dumps(news.model_dump(exclude={"campaign"}, exclude_none=True))
