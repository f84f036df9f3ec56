"""`python -m tests.billing.any_order.sender HISTORY SEED PROVIDER`: one process that delivers what a provider says.

Each event of the life is a webhook to the database at DATABASE_URL. The state of each event is printed.
"""

import asyncio
import sys

import pytest

from oneai.postgres import db
from tests.billing.any_order.answers import Answers, headers_of
from tests.billing.any_order.histories import lived
from tests.patience import webhooks_take_their_time


async def deliver(history: str, seed: str, payment_provider: str) -> None:
    """All events of the provider, in their order."""
    from oneai.billing import webhook

    life, answers = lived(history, seed), Answers()
    answers.know(life)
    answers.now = life.now
    with pytest.MonkeyPatch.context() as patch:
        answers.set_up(patch)
        webhooks_take_their_time(patch)
        for sent in (each for each in life.events if each.payment_provider == payment_provider):
            body = sent.event.body.encode()
            print((await webhook.receive_webhook(payment_provider, body, headers_of(sent, body))).status)
        await db.close()


if __name__ == "__main__":
    asyncio.run(deliver(*sys.argv[1:]))
