"""Plans: what each tier may use, the quota cost of a model, and the available models.

This package exports the catalogue, which imports nothing of ours. Everything that knows models is imported from its own
module, because that also imports their providers' clients.
"""

from oneai.plans.limits_and_prices import PLANS, Plan, QuotaKey, ladder_with, listed_plans, plan_of

__all__ = ["PLANS", "Plan", "QuotaKey", "ladder_with", "listed_plans", "plan_of"]
