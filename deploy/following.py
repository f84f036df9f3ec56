"""What an hour costs in which a page follows a conversation or an inbox by asking for what changed."""

from collections.abc import Mapping
from typing import Any

from deploy.billable import Deployment

# The seconds between two requests of a page: web/src/lib/inbox/live.ts and web/widget/frame/people.ts.
PAUSES: Mapping[str, int] = {
    "a conversation is open, or people answer": 3,
    "the list is open, or the conversation rests": 15,
    "hidden": 60,
}
# The same, by which a member's page says that a conversation is open: web/src/lib/inbox/presence.ts.
PRESENCE = 20


def an_hour(seconds: int, prices: Mapping[str, Any], deployed: Deployment) -> float:
    """Dollars for one page that asks every `seconds` for an hour."""
    price, request = prices["lambda"], prices["following"]
    working = request["seconds"] * deployed.request_gb * price["per_gb_second"]
    gateway = prices["api_gateway"]["tiers"][0][1] / 1e6
    sent = request["kb_sent"] / 1e6 * prices["data_transfer"]["per_gb"]
    logged = (
        request["kb_logged"]
        / 1e6
        * (prices["cloudwatch"]["per_gb_of_logs"] + prices["cloudwatch"]["per_gb_month_of_logs"])
    )
    return float(3600 / seconds * (price["per_million_requests"] / 1e6 + working + gateway + sent + logged))


def lines(prices: Mapping[str, Any], deployed: Deployment) -> list[str]:
    """A line for each pause and for presence, with the cost of a page and of 1,000 pages."""
    presence = "a member has a conversation open, which others see, in addition"
    return [
        f"  every {pause:2} s, {name}: {cost:.6f}; 1,000 at once {cost * 1000:.2f}"
        for name, pause in {**PAUSES, presence: PRESENCE}.items()
        for cost in (an_hour(pause, prices, deployed),)
    ]
