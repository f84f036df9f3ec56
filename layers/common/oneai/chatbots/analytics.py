"""What visitors did at a workspace's chatbots, from figures that a job adds up (`roll_up`)."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.usage import percentile
from oneai.usage.date_range import parse_range

# Notes per statement, well within the role's statement timeout.
BATCH = 5_000
# The pages and languages that are listed; the others are counted in no line.
MAX_LISTED = 50


class Satisfaction(BaseModel):
    """How visitors scored conversations."""

    score: float | None = Field(description="The average, from 1 to 5; null without votes.")
    votes: int = Field(description="How many conversations were scored.")


class AnalyticsSums(BaseModel):
    """What is counted, in a period, on a day, or at a chatbot."""

    conversations: int = Field(description="Conversations with a message of the visitor, on the day they began.")
    messages: int = Field(description="Messages of visitors, of the chatbot and of people.")
    visitors: int = Field(description="Visitors, each once on each day; those who only left an address count too.")
    visitors_new: int = Field(description="Those of them who came for the first time.")
    visitors_returning: int = Field(description="Those of them who had come on an earlier day.")
    answers: int = Field(description="Answers of the chatbot that did not fail.")
    handed_off: int = Field(description="Conversations in which a person was asked for, on the day they began.")
    resolved_by_bot: int = Field(
        description="Conversations that the chatbot resolved alone: the visitor scored them 4 or 5, and no member of "
        "the team took part."
    )
    satisfaction: Satisfaction = Field(description="All scores of visitors.")
    cost_micro_usd: int = Field(description="What models cost, in micro-dollars; later corrections change it.")
    charged_micro_usd: int = Field(description="The part that the workspace pays, in micro-dollars.")


class AnalyticsBefore(AnalyticsSums):
    """The period before, which is as long and ends where the other one begins."""

    since: date = Field(serialization_alias="from", description="The first day.")
    until: date = Field(serialization_alias="to", description="The last day.")


class AnalyticsDay(AnalyticsSums):
    """A day in the workspace's time zone."""

    day: date = Field(description="The day.")


class AnalyticsOfChatbot(AnalyticsSums):
    """A chatbot beside others."""

    chatbot_id: UUID = Field(description="The chatbot.")
    name: str = Field(description="Its name.")
    deleted: bool = Field(description="Whether it is deleted, and waits for its erasure.")


class _Analytics(AnalyticsSums):
    """What the figures of a period have."""

    since: date = Field(serialization_alias="from", description="The first day.")
    until: date = Field(serialization_alias="to", description="The last day.")
    time_zone: str = Field(description="The workspace's time zone.")
    satisfaction_with_bot: Satisfaction = Field(description="Scores of conversations in which no person took part.")
    satisfaction_with_people: Satisfaction = Field(description="Scores of the others.")
    charged_per_conversation_micro_usd: int | None = Field(
        description="Charged for each conversation; null without any."
    )
    charged_per_resolved_micro_usd: int | None = Field(
        description="Charged for each conversation that the chatbot resolved alone; null without any."
    )
    by_day: list[AnalyticsDay] = Field(description="Every day of the period, the first one first.")
    before: AnalyticsBefore | None = Field(description="With `compare`: the figures of the period before.")


class AnalyticsOverview(_Analytics):
    """The figures of a workspace's chatbots."""

    by_chatbot: list[AnalyticsOfChatbot] = Field(description="Each chatbot, the one with most conversations first.")


class Percentiles(BaseModel):
    """Milliseconds, to five percent."""

    p50: int | None = Field(description="The median; null without answers.")
    p95: int | None = Field(description="The 95th percentile.")


class Counted(BaseModel):
    """A language or a page, and how often it was counted."""

    name: str = Field(description="The language by BCP 47, or the page's address without its query.")
    conversations: int = Field(description="Conversations.")


class Topic(BaseModel):
    """Questions of at least five visitors that mean the same."""

    id: UUID = Field(description="Its id.")
    name: str = Field(description="Its most central question.")
    questions: int = Field(description="How many questions it has.")
    visitors: int = Field(description="How many visitors asked them.")
    answered: int = Field(description="How many of them were answered.")
    not_found: int = Field(description="To how many of them nothing was found.")
    examples: list[str] = Field(
        description="Up to five of its questions, the newest first, without addresses, links and long numbers."
    )


class UsedSource(BaseModel):
    """A document that visitors are answered from."""

    document_id: UUID = Field(description="The document.")
    name: str | None = Field(description="Its name; null if you do not read it, or it is gone.")
    answers: int = Field(description="How many answers showed it as a source; 0: none.")


class ChatbotAnalytics(_Analytics):
    """The figures of one chatbot."""

    chatbot_id: UUID = Field(description="The chatbot.")
    name: str = Field(description="Its name.")
    first_token_ms: Percentiles = Field(description="How long visitors waited for the first text of an answer.")
    answer_ms: Percentiles = Field(description="How long they waited for the whole answer.")
    to_person_ms: Percentiles = Field(description="How long they waited for a person who was asked for.")
    outcomes: dict[str, int] = Field(description="Answers by how they turned out.")
    languages: list[Counted] = Field(description="The languages of conversations, the most frequent first.")
    pages: list[Counted] = Field(description="The pages of their last questions, the most frequent first.")
    topics: list[Topic] = Field(
        description="What visitors asked about: the topics with most questions, and those with most that were not "
        "answered, by their number of questions."
    )
    sources: list[UsedSource] = Field(description="The documents, the most used first.")


@dataclass(frozen=True)
class _Period:
    """The days of a report, both included, in the workspace's time zone."""

    since: date
    until: date
    time_zone: str
    begins_at: datetime
    ends_at: datetime

    def days(self) -> list[date]:
        return [self.since + timedelta(days=n) for n in range((self.until - self.since).days + 1)]

    def before(self) -> date:
        """The first day of the period before, or that of the calendar."""
        return date.fromordinal(max(1, self.since.toordinal() - len(self.days())))


async def overview(
    principal: Principal, since: str | None, until: str | None, chatbot_ids: Sequence[UUID], *, compare: bool = False
) -> AnalyticsOverview:
    """Returns the figures of these chatbots, or without any of all that the workspace has; with `compare` also those of
    the period before. Raises RoleInsufficient for viewers, ChatbotNotFound, also for chatbots of several workspaces,
    and InvalidRequest for the period."""
    period, figures = await _read(principal, since, until, chatbot_ids, compare)
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for row in figures["by_chatbot"]:
        sums[row["chatbot_id"]][row["measure"]] = row["amount"]
    chatbots = [
        AnalyticsOfChatbot(
            chatbot_id=each["id"], name=each["name"], deleted=each["deleted"], **_figures(sums[each["id"]])
        )
        for each in figures["chatbots"]
    ]
    chatbots.sort(key=lambda each: -each.conversations)
    return AnalyticsOverview(**_fields(period, figures, compare), by_chatbot=chatbots)


async def of_chatbot(
    principal: Principal, chatbot_id: UUID, since: str | None, until: str | None, *, compare: bool = False
) -> ChatbotAnalytics:
    """Returns the figures of a chatbot. Raises as `overview` does."""
    period, figures = await _read(principal, since, until, [chatbot_id], compare)
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    for row in figures["keys"]:
        keys[row["measure"]][row["key"]] = row["amount"]
    (shown,) = figures["chatbots"]
    (asked,) = await db.call(
        "select oneai.read_chatbot_topics(%s, %s, %s, %s, %s)",
        [principal.user_id, chatbot_id, period.begins_at, period.ends_at, json.dumps(keys["source"])],
    )
    return ChatbotAnalytics(
        **_fields(period, figures, compare),
        chatbot_id=shown["id"],
        name=shown["name"],
        first_token_ms=_percentiles(keys["first_token"]),
        answer_ms=_percentiles(keys["answer"]),
        to_person_ms=_percentiles(keys["to_person"]),
        outcomes=dict(keys["outcome"]),
        languages=_counted(keys["language"]),
        pages=_counted(keys["page"]),
        topics=asked["topics"],
        sources=asked["sources"],
    )


async def roll_up() -> int:
    """Adds up everything new, and returns how many notes it added up. Safe to interrupt and to run concurrently."""
    total = 0
    while True:
        (added,) = await db.call("select oneai.roll_up_chatbot_figures(%s)", [BATCH])
        total += int(added)
        if added < BATCH:
            return total


async def _read(
    principal: Principal, since: str | None, until: str | None, chatbot_ids: Sequence[UUID], compare: bool
) -> tuple[_Period, dict[str, Any]]:
    (calendar,) = await db.call(
        "select oneai.analytics_calendar(%s, %s, %s::uuid[])",
        [principal.user_id, principal.workspace_id, list(chatbot_ids)],
    )
    found = parse_range(since, until, calendar["time_zone"], now=datetime.fromisoformat(calendar["at"]))
    last = (found.until - timedelta(microseconds=1)).astimezone(found.zone).date()
    first = found.since.astimezone(found.zone).date()
    begins_at = datetime.combine(first, time(), found.zone)
    ends_at = datetime.combine(last + timedelta(days=1), time(), found.zone)
    period = _Period(first, last, found.tz, begins_at, ends_at)
    (figures,) = await db.call(
        "select oneai.read_chatbot_figures(%s, %s, %s::uuid[], %s, %s, %s)",
        [
            *(principal.user_id, principal.workspace_id, list(chatbot_ids), period.since, period.until),
            period.before() if compare else None,
        ],
    )
    return period, figures


def _before(period: _Period, rows: list[dict[str, Any]]) -> AnalyticsBefore:
    sums = Counter({row["measure"]: row["amount"] for row in rows})
    last = date.fromordinal(max(1, period.since.toordinal() - 1))
    return AnalyticsBefore(since=period.before(), until=last, **_figures(sums))


def _fields(period: _Period, figures: dict[str, Any], compare: bool) -> dict[str, Any]:
    """The fields of _Analytics, with those of the period before where they were read."""
    days: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    for row in figures["days"]:
        days[row["day"]][row["measure"]] = row["amount"]
        total[row["measure"]] += row["amount"]
    return _figures(total) | {
        "since": period.since,
        "until": period.until,
        "time_zone": period.time_zone,
        "satisfaction_with_bot": _satisfaction(total, ["bot"]),
        "satisfaction_with_people": _satisfaction(total, ["member"]),
        "charged_per_conversation_micro_usd": _share(total["charged"], total["conversations"]),
        "charged_per_resolved_micro_usd": _share(total["charged"], total["resolved_by_bot"]),
        "before": _before(period, figures["before"]) if compare else None,
        "by_day": [AnalyticsDay(day=day, **_figures(days[day.isoformat()])) for day in period.days()],
    }


def _figures(sums: Counter[str]) -> dict[str, Any]:
    """The fields of AnalyticsSums."""
    names = ("conversations", "messages", "visitors_new", "visitors_returning", "answers", "handed_off")
    return {name: sums[name] for name in (*names, "resolved_by_bot")} | {
        "visitors": sums["visitors_new"] + sums["visitors_returning"],
        "satisfaction": _satisfaction(sums, ["bot", "member"]),
        "cost_micro_usd": sums["cost"],
        "charged_micro_usd": sums["charged"],
    }


def _satisfaction(sums: Counter[str], of: Iterable[str]) -> Satisfaction:
    votes = sum(sums[f"csat_votes_{each}"] for each in of)
    score = sum(sums[f"csat_score_{each}"] for each in of)
    return Satisfaction(score=round(score / votes, 2) if votes else None, votes=votes)


def _share(amount: int, of: int) -> int | None:
    return round(amount / of) if of else None


def _percentiles(counts: Counter[str]) -> Percentiles:
    buckets = Counter({int(bucket): count for bucket, count in counts.items()})
    return Percentiles(p50=percentile(buckets, 50), p95=percentile(buckets, 95))


def _counted(counts: Counter[str]) -> list[Counted]:
    return [Counted(name=name, conversations=count) for name, count in counts.most_common(MAX_LISTED)]
