"""The user documentation: its search and readers' feedback. Its pages are built into the web app."""

from oneai.documentation.feedback import DocsFeedback, store_feedback
from oneai.documentation.index import FILES, GuideLanguage, Index, Section
from oneai.documentation.search import DocsHit, DocsResults, DocsSearch, search

__all__ = [
    "FILES",
    "DocsFeedback",
    "DocsHit",
    "DocsResults",
    "DocsSearch",
    "GuideLanguage",
    "Index",
    "Section",
    "search",
    "store_feedback",
]
