"""Plans: what each tier may use, what a model costs in quota, and which models are on offer."""

from oneai.plans.catalog import PLANS, Plan, QuotaKey, quota_key
from oneai.plans.listing import ModelList, listed
from oneai.plans.offers import Offer, choose, offer, offered

__all__ = ["PLANS", "ModelList", "Offer", "Plan", "QuotaKey", "choose", "listed", "offer", "offered", "quota_key"]
