"""The kinds of mail about chatbots and to their visitors, as `payloads` describes those of all others."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class ChatbotAway:
    """A chatbot does not answer its visitors: its budget of an `hour`, `day` or `month` is spent, what visitors may use
    of the `plan` is used up, no `credits` are left where they alone could pay, their `spending_limit` of the month is
    reached, or it was `paused` because the plan has fewer."""

    chatbot_id: str
    chatbot: str
    cause: Literal["hour", "day", "month", "plan", "credits", "spending_limit", "paused"]


@dataclass(frozen=True)
class VisitorWaiting:
    """At least one visitor of the workspace's chatbots waits for a person; `conversation_id` and `chatbot` are those of
    the first of them."""

    workspace_id: str
    conversation_id: str
    chatbot: str


@dataclass(frozen=True)
class VisitorConfirmation:
    """To an address that a stranger left in a chat with `team`, None for a person without a name. It has no text of
    members or visitors. `link` confirms the address for 24 hours."""

    team: str | None
    link: str


@dataclass(frozen=True)
class VisitorMessages:
    """What people of `team` wrote in a chat, to the visitor who confirmed this address: `{name, text}`, in order."""

    team: str | None
    messages: list[dict[str, str | None]]


@dataclass(frozen=True)
class VisitorMailStopped:
    """Of `mails` to visitors of the workspace's chatbots, `failed` bounced or led to complaints, so that none is sent
    until `ends_at`. To its owner."""

    workspace_id: str
    mails: int
    failed: int
    ends_at: str


@dataclass(frozen=True)
class ChatbotsWeek:
    """A week of a workspace's chatbots, from the day `since` to the day `until` (`2026-11-22`). `score` is the sum of
    `votes` from 1 to 5. `topics` are those with most questions without a full answer, as `{name, questions}`.
    `workspace` is a team's name."""

    workspace_id: str
    workspace: str | None
    since: str
    until: str
    conversations: int
    visitors: int
    score: int
    votes: int
    handed_off: int
    charged_micro_usd: int
    topics: list[dict[str, Any]]
