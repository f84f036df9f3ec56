"""Conversations: their list, what one does with them, and the visible branch of each."""

from oneai.conversations.conversation import Conversation
from oneai.conversations.feedback import Feedback, rate
from oneai.conversations.history import History, HistoryPage, history
from oneai.conversations.list import ConversationPage, Filters, listed
from oneai.conversations.messages import Direction, Message, MessagePage, WholeConversation, page, whole
from oneai.conversations.organise import Changes, NewConversation, NewTitle, change, create
from oneai.conversations.remove import BulkRequest, BulkResults, bulk, delete, delete_all
from oneai.conversations.search import FoundPage, Search, search
from oneai.conversations.versions import Correction, Revision, RevisionList, activate, correct, revisions

__all__ = [
    "BulkRequest",
    "BulkResults",
    "Changes",
    "Conversation",
    "ConversationPage",
    "Correction",
    "Direction",
    "Feedback",
    "Filters",
    "FoundPage",
    "History",
    "HistoryPage",
    "Message",
    "MessagePage",
    "NewConversation",
    "NewTitle",
    "Revision",
    "RevisionList",
    "Search",
    "WholeConversation",
    "activate",
    "bulk",
    "change",
    "correct",
    "create",
    "delete",
    "delete_all",
    "history",
    "listed",
    "page",
    "rate",
    "revisions",
    "search",
    "whole",
]
