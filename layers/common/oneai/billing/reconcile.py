"""What no event told is made good, every five minutes: losing all of them changes nothing but the time it takes.

These are calls the provider did not hear, events that could not be applied, plans that were given until now, openings
whose answer nobody heard, and subscriptions that should have moved and did not. All of it is taken in small parts
and may be cut off anywhere; two runs at once do no harm. Nobody's row is locked while the provider is asked.

Each step has its share of a run, so that however much there is of one kind, all others are done: refunds and
cancellations before everything else. What a step leaves of its share, the next ones have.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from oneai import alerts, log
from oneai.billing import processing, provider, provider_operations
from oneai.billing.facts import Observation
from oneai.billing.provider import ProviderError
from oneai.errors import OneAIError, PaymentProviderUnavailable
from oneai.postgres import db

# A run takes up nothing new after so many seconds (see STEPS for their shares); what is left, the next one does.
SECONDS = 40.0
# Of every kind, so many are taken at once …
BATCH = 20
# … and about so many of them the provider is asked at the same time.
AT_ONCE = 4
# Where the provider could not be asked, or said something nobody understands.
SOON, LATER = 300, 6 * 3600


class _Look(BaseModel):
    """A subscription whose time has come, and whether to `ask` about it; `user_id` is None of somebody who is gone.

    `over`: invoices of which nothing is expected any more. `pending`: payments of which something is on its way back.
    `mandate`: it is to be asked what its mandate was given for.
    """

    id: UUID
    user_id: UUID | None
    ref: str
    ask: bool
    over: list[str] = []
    pending: list[str] = []
    mandate: bool = False


class _Opening(BaseModel):
    """A subscription that may have been opened; `late`: it was not, if the provider knows nothing of it by now."""

    id: UUID
    plan_ref: str
    created_at: datetime
    late: bool


class _Run:
    """One run: what it counted, when it has to end, and whether the provider can be asked."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.provider_away = False
        self._until = time.monotonic()

    def begin(self, share: float) -> None:
        """The next step: it has this share of the run, and what the steps before it left of theirs."""
        self._until = max(self._until, time.monotonic()) + share * SECONDS

    @property
    def left(self) -> float:
        """Seconds in which the step may begin something new."""
        return self._until - time.monotonic()


async def reconcile(*, everything: bool = False) -> dict[str, int]:
    """One run; counts what it did. `everything`: asks about all subscriptions that are not over for long, and all their
    invoices, and applies all events that could not be applied, whenever that was last tried.

    What fails is logged, and all else is done; then the first failure is raised.
    """
    run = _Run()
    failed: Exception | None = None
    for step, share in STEPS:
        run.begin(share)
        try:
            await step(run, everything)
        except Exception as error:  # noqa: BLE001  the other steps do not depend on this one
            log.exception("a step of the reconciliation failed", step=step.__name__)
            failed = failed or error
    if failed is not None:
        raise failed
    return dict(run.counts)


async def _look_at_all(run: _Run, everything: bool) -> None:  # noqa: ARG001  as all steps are called
    if everything:
        await db.call("select oneai.request_all_syncs()", [])


async def _apply_events(run: _Run, everything: bool) -> None:
    """Events that could not be applied, and those of which only later somebody knew what they speak of."""
    tried: list[str] = []
    while run.left > 0:
        (taken,) = await db.call("select oneai.claim_events(%s, %s, %s::text[])", [BATCH, everything, tried])
        for event_id in taken:
            if run.left <= 0:
                return
            outcome = await processing.apply_event(event_id, found_by="reconciliation")
            run.counts[f"events_{processing.REPORTED[outcome]}"] += 1
        tried += taken
        if not taken:
            return


async def _make_calls(run: _Run, everything: bool) -> None:  # noqa: ARG001
    if run.provider_away or run.left <= 0:
        return
    for outcome, count in (await provider_operations.make_due(seconds=run.left)).items():
        run.counts[f"calls_{outcome}"] += count


async def _find_openings(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """What was to be opened, and nobody heard whether it was: it could be paid, and nobody would know for what."""
    await _all_of(
        run,
        "select oneai.claim_unconfirmed_checkouts(%s, %s::uuid[])",
        _Opening,
        lambda opening: _find(run, opening),
        while_away=False,
    )


async def _find(run: _Run, opening: _Opening) -> None:
    found = await _asked(run, str(opening.id), provider.find_opened(opening.id, opening.plan_ref, opening.created_at))
    if found is not None:
        # Cancelled there, where it was withdrawn meanwhile: nobody was told its address.
        await db.call("select oneai.save_checkout(%s, %s, %s)", [opening.id, found.ref, found.short_url])
        await processing.observe(Observation(snapshots=(found,)), found_by="reconciliation")
        run.counts["openings_found"] += 1
    elif opening.late and not run.provider_away:
        (given_up,) = await db.call("select oneai.abandon_unconfirmed_checkout(%s)", [opening.id])
        run.counts["openings_given_up"] += given_up


async def _look(run: _Run, everything: bool) -> None:
    """Subscriptions whose time has come: the provider is asked, and then time does what time alone does."""

    async def one(look: _Look) -> None:
        over = () if everything else look.over
        await _look_at(run, look, over, ask=look.ask or everything)

    await _all_of(run, "select oneai.claim_syncs(%s, %s::uuid[])", _Look, one, while_away=True)


async def _look_at(run: _Run, look: _Look, over: Collection[str], *, ask: bool) -> None:
    seen = None
    if ask and not run.provider_away:
        question = provider.look(look.ref, deep=True, over=over, pending=look.pending, mandate=look.mandate)
        seen = await _asked(run, look.ref, question)
    if seen is not None:
        await processing.observe(seen, found_by="reconciliation")
        run.counts["looked_at"] += 1
    if look.user_id is not None:
        await processing.refresh(look.user_id, found_by="clock")
    if seen is None and ask:
        await db.call("select oneai.reschedule_sync(%s, %s)", [look.id, SOON if run.provider_away else LATER])
        run.counts["not_looked_at"] += 1


async def _settle_grants(run: _Run, everything: bool) -> None:  # noqa: ARG001
    """Plans that operators gave until now: there is no subscription whose time would come."""
    tried: list[str] = []
    failed: list[Exception] = []
    while run.left > 0:
        (found,) = await db.call("select oneai.grants_to_project(%s, %s::uuid[])", [BATCH, tried], idempotent=True)
        for person in found["people"]:
            try:
                await processing.refresh(UUID(person), found_by="clock")
                await db.call("select oneai.mark_grants_projected(%s, %s)", [person, found["at"]], idempotent=True)
                run.counts["grants_settled"] += 1
            except Exception as error:  # noqa: BLE001  the others are somebody else's
                log.exception("a given plan could not be settled", person=person)
                failed.append(error)
        tried += found["people"]
        if not found["people"]:
            break
    if failed:
        raise failed[0]


async def _all_of[T: (_Look, _Opening)](
    run: _Run, query: Any, kind: type[T], do: Callable[[T], Awaitable[None]], *, while_away: bool
) -> None:
    """Does it for all there are, a few at once and each once. One that fails is logged, and the first is raised."""
    tried: list[UUID] = []
    failed: list[Exception] = []
    few = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> None:
        async with few:
            try:
                await do(item)
            except Exception as error:  # noqa: BLE001  the others are somebody else's
                log.exception("a subscription could not be made good", subscription=str(item.id))
                failed.append(error)

    while run.left > 0 and (while_away or not run.provider_away):
        (rows,) = await db.call(query, [BATCH, tried])
        items = [kind.model_validate(row) for row in rows]
        await asyncio.gather(*(one(item) for item in items))
        tried += [item.id for item in items]
        if not items:
            break
    if failed:
        raise failed[0]


async def _asked[T](run: _Run, about: str, question: Awaitable[T]) -> T | None:
    """What the provider says; None where it says nothing that can be understood."""
    try:
        return await question
    except PaymentProviderUnavailable:
        run.provider_away = True
    except ProviderError as error:
        run.provider_away = error.status == 401
        subject = provider.PROVIDER if run.provider_away else about
        await alerts.raise_alert("provider_refused", subject, error=provider_operations.in_words(error))
    except OneAIError:
        raise
    except Exception as error:  # noqa: BLE001  one answer, whatever it is, must not cost the others theirs
        log.exception("the provider's answer could not be understood", about=about)
        await alerts.raise_alert("provider_refused", about, error=provider_operations.in_words(error))
    return None


# In their order, with their shares of a run. The last makes what the others found to be made.
STEPS = (
    (_look_at_all, 0.0),
    (_make_calls, 0.25),
    (_apply_events, 0.25),
    (_settle_grants, 0.1),
    (_find_openings, 0.1),
    (_look, 0.2),
    (_make_calls, 0.1),
)
