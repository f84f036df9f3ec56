"""Users' operations on subscriptions: see plans, subscribe, change, cancel, undo, pause and resume."""

from oneai.billing.subscriptions.cancel import (
    Cancellation,
    CancellationPreview,
    cancel_subscription,
    end_subscription,
    preview_cancellation,
    undo_cancellation,
)
from oneai.billing.subscriptions.change import PlanChange, change_plan
from oneai.billing.subscriptions.change_preview import PlanChangePreview, preview_change
from oneai.billing.subscriptions.checkout import CheckoutSession
from oneai.billing.subscriptions.confirm import CheckoutConfirmation, confirm_checkout
from oneai.billing.subscriptions.current import CurrentSubscription, current_subscription
from oneai.billing.subscriptions.history import ChangePage, list_changes
from oneai.billing.subscriptions.pause import pause_subscription, resume_subscription
from oneai.billing.subscriptions.plan_list import OfferedPlan, PlanList, offered_plan, offered_plans
from oneai.billing.subscriptions.portal import Portal, find_portal
from oneai.billing.subscriptions.prices import Price, all_keys, all_prices, offers, on_sale
from oneai.billing.subscriptions.subscribe import NewSubscription, create_checkout

__all__ = [
    "Cancellation",
    "CancellationPreview",
    "ChangePage",
    "CheckoutConfirmation",
    "CheckoutSession",
    "CurrentSubscription",
    "NewSubscription",
    "OfferedPlan",
    "PlanChange",
    "PlanChangePreview",
    "PlanList",
    "Portal",
    "Price",
    "all_keys",
    "all_prices",
    "cancel_subscription",
    "change_plan",
    "confirm_checkout",
    "create_checkout",
    "current_subscription",
    "end_subscription",
    "find_portal",
    "list_changes",
    "offered_plan",
    "offered_plans",
    "offers",
    "on_sale",
    "pause_subscription",
    "preview_cancellation",
    "preview_change",
    "resume_subscription",
    "undo_cancellation",
]
