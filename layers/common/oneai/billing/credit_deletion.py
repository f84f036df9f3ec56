"""What becomes of credits if their workspaces are deleted: the sums that go back, and what is lost."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, Field

from oneai.postgres import db


class RefundedSum(BaseModel):
    """Money that goes back to payments."""

    amount: int = Field(description="The sum, in the smallest unit.")
    currency: str = Field(description="Its currency.")


class DeletedCredits(BaseModel):
    """What becomes of prepaid credits. Until the deletion they cannot be used."""

    refunds: list[RefundedSum] = Field(
        description="What goes back to payments of the last days soon after the request, less what was used. Restoring "
        "does not undo that."
    )
    lost_micro_usd: int = Field(description="The other credits, which are lost with the deletion, in micro-dollars.")


async def preview_deleted_credits(workspace_ids: Sequence[UUID]) -> DeletedCredits:
    """What would become of the credits of these workspaces, if their deletion were requested now."""
    (unspent,) = await db.call("select oneai.unspent_credits(%s)", [list(workspace_ids)], idempotent=True)
    refunds: Counter[str] = Counter()
    lost = 0
    for workspace_id, left in unspent.items():
        back, credit = await _refunds(UUID(workspace_id))
        refunds.update(back)
        lost += max(left - credit, 0)
    sums = [RefundedSum(amount=amount, currency=currency) for currency, amount in sorted(refunds.items())]
    return DeletedCredits(refunds=sums, lost_micro_usd=lost)


async def _refunds(workspace_id: UUID) -> tuple[Counter[str], int]:
    """What goes back of a workspace's purchases by currency, and the credits that it pays for."""
    from oneai import settings
    from oneai.billing.projection import bought_credits, offers, payments
    from oneai.billing.projection.policy import BillingPolicy
    from oneai.billing.record_rows import load_record, moment

    async with db.transaction() as tx:
        (loaded,) = await tx.call("select oneai.lock_and_load_billing(null, null, '{}', %s)", [workspace_id])
    record, now = load_record(loaded["workspaces"][0]), moment(loaded["at"])
    policy = settings.read(BillingPolicy)
    back: Counter[str] = Counter()
    credit = 0
    for order, payment in bought_credits.bought(record, offers.all_purchases(record)):
        ended = bought_credits.ended_by(record, order, payment, policy) is not None
        if ended or payments.disputed(record, payment) or now > payment.at + policy.refunded_within:
            continue
        terms = bought_credits.refund_terms(record, order, payment)
        if terms.amount > 0:
            back[payment.currency] += terms.amount
            credit += terms.credit_micro_usd
    return back, credit
