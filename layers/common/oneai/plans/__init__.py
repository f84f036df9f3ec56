"""Plans: what each tier may use, what a model costs in quota, and which models are on offer."""

from oneai.plans.catalog import PLANS, Plan, QuotaKey, quota_key
from oneai.plans.ceiling import daily_ceiling, daily_spend_limit
from oneai.plans.model_list import ModelList, listed
from oneai.plans.model_terms import Offer, choose, first_on_offer, offer, offered
from oneai.plans.title_model import TitleSettings, thinks, title_model

__all__ = [
    "PLANS",
    "ModelList",
    "Offer",
    "Plan",
    "QuotaKey",
    "TitleSettings",
    "choose",
    "daily_ceiling",
    "daily_spend_limit",
    "first_on_offer",
    "listed",
    "offer",
    "offered",
    "quota_key",
    "thinks",
    "title_model",
]
