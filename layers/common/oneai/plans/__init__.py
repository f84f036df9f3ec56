"""Plans: what each tier may use, the quota cost of a model, and the available models."""

from oneai.plans.catalog import PLANS, Plan, QuotaKey, quota_key
from oneai.plans.ceiling import daily_ceiling, daily_spend_limit
from oneai.plans.model_list import ModelList, list_models
from oneai.plans.model_sections import ModelFigures, SectionChoice, SectionKey
from oneai.plans.model_terms import (
    ModelTerms,
    answer_cap,
    available_embedding_models,
    available_models,
    first_available,
    resolve_models,
    terms_for,
)
from oneai.plans.request_terms import request_terms
from oneai.plans.title_model import TitleSettings, title_model

__all__ = [
    "PLANS",
    "ModelFigures",
    "ModelList",
    "ModelTerms",
    "Plan",
    "QuotaKey",
    "SectionChoice",
    "SectionKey",
    "TitleSettings",
    "answer_cap",
    "available_embedding_models",
    "available_models",
    "daily_ceiling",
    "daily_spend_limit",
    "first_available",
    "list_models",
    "quota_key",
    "request_terms",
    "resolve_models",
    "terms_for",
    "title_model",
]
